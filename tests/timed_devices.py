"""Devices that take the time they are told to, in virtual time, and plans for them.

devices = TimedDevices({"cpu:1": Timing(first_s=0.5, later_s=0.2)})    plan, duties = planned(("cpu:1", 4, 12), ...)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from virtual_time import VirtualClock

from vedette.errors import VedetteError
from vedette.flows.bench.device import DeviceOrder, DeviceWork, Loading
from vedette.flows.planning.verify import Duty
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, PlanKind, Start
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.execution import Execution, RuntimeName
from vedette.values.plan import Assignment, Objective, Plan, Prediction, Replicas, Status

EXECUTION = Execution(RuntimeName.ONNXRUNTIME)


@dataclass(frozen=True)
class Timing:
    """What a device takes: seconds, for mini-batches of any size."""

    load_s: float = 0.0
    first_s: float = 0.0
    later_s: float = 0.0
    fails: VedetteError | None = None
    fails_at: str = ""
    loses: int = 0
    not_enforced: tuple[str, ...] = ()


@dataclass
class TimedDevice:
    """A device that sleeps; what was asked of it is kept."""

    order: DeviceOrder
    timing: Timing
    events: list[tuple[str, ...]]
    runs: list[tuple[int, int, int | None]] = field(default_factory=list)
    closed: int = 0
    clock: VirtualClock = field(default_factory=VirtualClock)

    async def load(self) -> Loading:
        self._maybe_fail("load")
        await self._pass(self.timing.load_s)
        return Loading(self.timing.load_s, 1, self.timing.not_enforced)

    async def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        self._maybe_fail("run")
        self.runs.append((batch, images, at_ns))
        if at_ns is not None:
            assert at_ns > self.clock.now_ns(), "the common instant has not passed when a device hears of it"
            await self.clock.sleep_until(at_ns)
        began = self.clock.now_ns()
        fresh = len(self.runs) == 1
        times = [
            self.timing.first_s if fresh and not number else self.timing.later_s
            for number in range(-(-images // batch))
        ]
        for seconds in times:
            await self._pass(seconds)
        done = images - self.timing.loses
        stamps = tuple(round(seconds * 1e9) for seconds in times)
        return DeviceWork(began, self.clock.now_ns(), stamps, done, done, 1, 1)

    async def close(self) -> None:
        self.closed += 1
        self.events.append(("close", self.order.device.name))
        self._maybe_fail("close")

    def _maybe_fail(self, step: str) -> None:
        if self.timing.fails is not None and self.timing.fails_at == step:
            raise self.timing.fails

    async def _pass(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.now_ns() + round(seconds * 1e9))


class TimedDevices:
    """Implements `Devices`; `made` are all devices in the order they were made."""

    def __init__(self, timings: dict[str, Timing], change: Callable[[int, Timing], Timing] | None = None) -> None:
        self._timings, self._change = timings, change
        self.made: list[TimedDevice] = []
        self.events: list[tuple[str, ...]] = []

    def make(self, order: DeviceOrder) -> TimedDevice:
        timing = self._timings[order.device.name]
        if self._change is not None:
            timing = self._change(len(self.made), timing)
        self.made.append(TimedDevice(order, timing, self.events))
        return self.made[-1]

    def free_cores(self) -> list[int]:
        return [0, 1]


def planned(
    *parts: tuple[str, int, int],
    start: Start = Start.LOADED,
    within_s: float | None = 10.0,
    makespan: Prediction | None = None,
    later_s: float | None = None,
) -> tuple[Plan, list[Duty]]:
    """A plan whose devices are (kind, mini-batch, images), and the duties that carry it out."""
    kinds = {name: DeviceKind(name, float(name.rpartition(":")[2])) for name, _, _ in parts}
    assignments = []
    for name, batch, images in parts:
        number = 1 + sum(one.device.name == name for one in assignments)
        assignments.append(
            Assignment(kinds[name], number, "colour", "p-1", batch, -(-images // batch) - 1, images, Prediction(1.0))
        )
    total = sum(one.images for one in assignments)
    fleet = Fleet(tuple(Stock(kind, 8) for kind in kinds.values()))
    demand = Demand(PlanKind.DEADLINE, ("colour",), fleet, total, within_s, start=start, deadline=DeadlineClass.SOFT)
    plan = Plan(
        "plan-1",
        demand,
        Status.OPTIMAL,
        Objective(Goal.DEVICES, float(len(assignments)), float(len(assignments)), "devices"),
        "closed form",
        tuple(assignments),
        makespan_s=makespan or Prediction(1.0, 0.9, 1.1),
        probability=0.97,
        images=total,
        profiles=("p-1",),
    )
    orders = [DeviceOrder(one.device, (0,), one.model, "1", EXECUTION, ("a.jpg",)) for one in assignments]
    return plan, [Duty(one, order, later_s) for one, order in zip(assignments, orders, strict=True)]


def rate_plan(count: int = 1, rate: float = 20.0, p99_ms: float = 100.0) -> Plan:
    """A plan for a rate, on whole cores."""
    device = DeviceKind("cpu:1")
    demand = Demand(PlanKind.RATE, ("colour",), Fleet((Stock(device, 4),)), rate_per_s=rate, p99_ms=p99_ms)
    replicas = Replicas(
        device, "colour", "p-1", count, 4, 20.0, Prediction(30.0), Prediction(80.0, 70.0, 90.0), 0.4, 2 * rate
    )
    objective = Objective(Goal.REPLICAS, float(count), float(count), "replicas")
    return Plan("rate-1", demand, Status.OPTIMAL, objective, "simulation", replicas=replicas, probability=0.96)
