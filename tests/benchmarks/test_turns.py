"""Two measurements in turns: nobody beside another, each as often as its weight says, each billed for its own time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # benchmarks are programs of the repository, not of the package

from benchmarks.turns import TurnDevices, Turns
from vedette.flows.bench.device import DeviceOrder, DeviceWork, Loading
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName

ORDER = DeviceOrder(DeviceKind("cpu:1"), (0,), "m", "", Execution(RuntimeName.NULL), ("a.jpg",))


@dataclass
class SteppedClock:
    """A second passes whenever a device runs."""

    now: int = 0

    def now_ns(self) -> int:
        return self.now

    def wall(self) -> datetime:
        return datetime(2000, 1, 1, tzinfo=UTC)

    async def sleep_until(self, at_ns: int) -> None:
        self.now = at_ns


@dataclass
class Machine:
    """Devices of one measurement; `order` is common to all, and so is `at_work`."""

    name: str
    clock: SteppedClock
    order: list[str]
    at_work: set[str] = field(default_factory=set)
    fails: bool = False

    def make(self, order: DeviceOrder) -> Machine:
        del order
        return self

    def free_cores(self) -> Sequence[int]:
        return (0, 1)

    async def load(self) -> Loading:
        assert not self.at_work, "one process at a time"
        self.at_work.add(self.name)
        self.order.append(self.name)
        if self.fails:
            raise RuntimeError("it cannot be loaded")
        return Loading(0.5, 1)

    async def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        await self.clock.sleep_until(self.clock.now_ns() + 1_000_000_000)
        return DeviceWork(0, 1, (1,), images, batch, 1, 1) if at_ns is None else await self.run(batch, images)

    async def close(self) -> None:
        self.at_work.discard(self.name)


def together(counts: dict[str, int], weights: dict[str, float]) -> tuple[str, Turns]:
    """The order of the processes of two measurements with so many of them each."""
    clock, order, at_work = SteppedClock(), list[str](), set[str]()
    turns = Turns(weights, clock)

    async def measure(name: str) -> None:
        devices = TurnDevices(Machine(name, clock, order, at_work), turns, name)
        for _ in range(counts[name]):
            device = devices.make(ORDER)
            await device.load()
            await device.run(1, 1)
            await device.close()
            await device.close()
        turns.leave(name)

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(asyncio.run, measure(name)) for name in counts]:
            future.result(timeout=30)
    return "".join(order), turns


def test_processes_take_turns_by_their_weights() -> None:
    """One to three, and the rest of the longer one alone; each is billed a second for each of its processes."""
    order, turns = together({"a": 3, "b": 12}, {"a": 1.0, "b": 3.0})

    assert order == "abbbabbbabbbbbb"
    assert (turns.spent_s("a"), turns.spent_s("b")) == (3.0, 12.0)


def test_a_measurement_that_ends_early_holds_nobody_up() -> None:
    """The heavier one has nothing left after its first process."""
    order, _ = together({"a": 4, "b": 1}, {"a": 1.0, "b": 3.0})

    assert sorted(order) == ["a", "a", "a", "a", "b"]
    assert order.startswith("ab")


def test_a_process_that_cannot_be_loaded_gives_its_turn_back() -> None:
    """When it is closed, as every process is."""
    clock = SteppedClock()
    turns = Turns({"a": 1.0}, clock)
    failing = TurnDevices(Machine("a", clock, [], fails=True), turns, "a").make(ORDER)
    next_one = TurnDevices(Machine("a", clock, []), turns, "a").make(ORDER)

    async def go() -> Loading:
        try:
            await failing.load()
        except RuntimeError:
            await failing.close()
        return await next_one.load()

    assert asyncio.run(go()).load_s == 0.5
