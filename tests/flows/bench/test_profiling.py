"""A profile is what fresh processes did, in virtual time: the figures of a simulated machine come out exactly."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from virtual_time import VirtualClock, run

from vedette.errors import ExhaustedError, UnavailableError, UnsupportedError, VedetteError
from vedette.flows.bench.device import Device, DeviceOrder, DeviceWork, Loading
from vedette.flows.bench.profiling import ProfileOrder, ProfileSession, Profiling
from vedette.flows.bench.trial import Length
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Size
from vedette.values.profile import Failed, ProfilePoint

S = 1_000_000_000
SMALL, LARGE = Size(100, 100), Size(200, 200)
ORDER = ProfileOrder(
    "colour",
    "1",
    Execution(RuntimeName.ONNXRUNTIME),
    DeviceKind("cpu:1"),
    {None: ("a.jpg", "b.jpg")},
    (1, 2, 4, 8),
    length=Length(fewest=3, least_s=1.0, most_s=2.0),
)


@dataclass
class Machine:
    """Devices that take 10 ms a mini-batch and 20 ms an image, slower by a tenth beside each busy neighbour.

    `phases`: factor of each process under test, in turn; a process that needs over `memory` images is killed.
    """

    cores: Sequence[int] = (0, 1)
    memory: int = 10**6
    phases: Sequence[float] = (1.0,)
    error: VedetteError | None = None
    energy: bool = False
    load_peak: int = 0
    fixed_batch: int | None = None
    made: list[FakeDevice] = field(default_factory=list)
    busy: int = 0

    def make(self, order: DeviceOrder) -> Device:
        self.made.append(FakeDevice(self, order, len(self.made)))
        return self.made[-1]

    def free_cores(self) -> Sequence[int]:
        return self.cores

    @property
    def trials(self) -> list[FakeDevice]:
        """Without neighbours: all but the first, which counts for nothing."""
        return self.made[1:]


@dataclass
class FakeDevice:
    machine: Machine
    order: DeviceOrder
    number: int
    clock: VirtualClock = field(default_factory=VirtualClock)
    batches: list[int] = field(default_factory=list)
    images: int = 0
    closed: int = 0

    async def load(self) -> Loading:
        peak = self.machine.load_peak
        await self.clock.sleep_until(self.clock.now_ns() + S // 2)
        if self.machine.memory == 0:
            raise ExhaustedError("it was killed for want of memory", help="-")
        told = ("memory limit is not enforced: no rights",)
        return Loading(0.5, 100 + self.number, told, peak, max(0, peak - 1), self.machine.fixed_batch)

    async def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        if self.machine.error is not None:
            raise self.machine.error
        if batch > self.machine.memory:
            raise ExhaustedError("it was killed for want of memory", help="-")
        began, times = self.clock.now_ns(), []
        self.machine.busy += 1
        try:
            for _ in range(images // batch):
                phase = self.machine.phases[self.number % len(self.machine.phases)]
                slower = 1 + 0.1 * (self.machine.busy - 1)
                took = round((0.01 + 0.02 * batch) * (1 if self.batches else 3) * phase * slower * S)
                await self.clock.sleep_until(self.clock.now_ns() + took)
                times.append(took)
                self.batches.append(batch)
        finally:
            self.machine.busy -= 1
        self.images += images
        energy = 2.0 * len(times) if self.machine.energy else None
        peak = 1000 + batch
        return DeviceWork(began, self.clock.now_ns(), tuple(times), images, images, peak, peak - 1, energy)

    async def close(self) -> None:
        self.closed += 1


async def profile(machine: Machine, order: ProfileOrder, say: Callable[[str], None]) -> Profiling:
    """A whole session; it is made where virtual time runs."""
    return await ProfileSession(machine, order, VirtualClock(), say).run()


def profiled(machine: Machine, **changes: object) -> tuple[Profiling, list[str]]:
    said: list[str] = []
    return run(profile(machine, replace(ORDER, **changes), said.append)), said


def by_batch(found: Profiling) -> dict[int, ProfilePoint]:
    return {point.batch: point for point in found.points}


def test_the_figures_of_the_machine_come_out() -> None:
    """W is three times L here; each trial is a process of its own, loaded, used with one batch, and closed."""
    machine = Machine(energy=True)
    found, _ = profiled(machine)

    assert [point.batch for point in found.points] == [1, 2, 4, 8]
    for point in found.points:
        latency = 0.01 + 0.02 * point.batch
        assert point.latency_s is not None
        assert point.warm_up_s is not None
        assert point.load_s is not None
        assert point.energy_j is not None
        assert point.latency_s.mean == pytest.approx(latency)
        assert (point.latency_s.within, point.latency_s.between) == pytest.approx((0.0, 0.0))
        assert point.latency_s.trials == 3
        assert point.warm_up_s.mean == pytest.approx(3 * latency)
        assert (point.warm_up_s.count, point.warm_up_s.trials) == (3, 3)
        assert point.load_s.mean == 0.5
        assert (point.peak_bytes, point.sampled_peak_bytes) == (1000 + point.batch, 999 + point.batch)
        assert point.energy_j.mean == pytest.approx(2.0)
        assert point.longest_s == pytest.approx(latency)
    assert found.trials == len(machine.trials) == 12
    assert all(device.closed and len(set(device.batches)) == 1 for device in machine.trials)
    assert all(0.9 <= (len(device.batches) - 1) * (0.01 + 0.02 * device.batches[0]) <= 2.2 for device in machine.trials)
    assert found.notes == ("memory limit is not enforced: no rights",)


def test_loading_counts_for_the_most_memory() -> None:
    """A limit holds then as well: where loading takes more than a mini-batch, it is loading that must fit."""
    found, _ = profiled(Machine(load_peak=1004))

    peaks = [(point.peak_bytes, point.sampled_peak_bytes) for point in found.points]
    assert peaks == [(1004, 1003), (1004, 1003), (1004, 1003), (1008, 1007)]


def test_what_differs_between_processes_is_between_trials() -> None:
    """Phases 0.9, 1.0 and 1.1 of the three trials of the only point."""
    found, _ = profiled(Machine(phases=(0.9, 1.0, 1.1)), batches=(4,))

    latency = by_batch(found)[4].latency_s
    assert latency is not None
    assert latency.mean == pytest.approx(0.09)
    assert latency.between == pytest.approx(0.009)
    assert latency.within == pytest.approx(0.0, abs=1e-9)


def test_the_first_round_goes_upward_and_further_ones_are_shuffled_by_the_seed() -> None:
    """The same seed gives the same order, another one another."""

    def order(seed: int) -> list[int]:
        machine = Machine()
        profiled(machine, seed=seed, batches=tuple(range(1, 9)))
        return [device.batches[0] for device in machine.trials]

    assert order(0)[:8] == list(range(1, 9))
    assert sorted(order(0)[8:16]) == sorted(order(0)[16:]) == list(range(1, 9))
    assert order(0)[8:16] != order(0)[16:]
    assert order(0) == order(0) != order(1)


def test_the_first_process_of_all_counts_for_nothing() -> None:
    """It finds cold caches: here it is ten times slower. With neighbours they are the first, and none is added."""
    machine = Machine(phases=(10.0, *(1.0,) * 12))
    found, _ = profiled(machine)
    beside = Machine()
    profiled(beside, neighbours=1, trials=1, batches=(2,))

    assert machine.made[0].batches == [1]
    assert machine.made[0].closed
    assert all(point.warm_up_s.between == pytest.approx(0.0) for point in found.points if point.warm_up_s)
    assert len(beside.made) == 2


def test_running_out_of_memory_is_a_result_and_ends_the_column() -> None:
    """The batch that was killed is told with its reason, larger ones were not tried."""
    machine = Machine(memory=3)
    found, said = profiled(machine)

    assert {point.batch: point.failed for point in found.points} == {1: None, 2: None, 4: Failed.OUT_OF_MEMORY}
    assert by_batch(found)[4].reason == "it was killed for want of memory"
    assert len(machine.trials) == 2 * 3 + 1
    assert "colour: batch 4: out of memory: it was killed for want of memory" in said


def test_a_device_that_cannot_hold_the_model_is_an_error() -> None:
    """Nothing can be profiled; the message says what to change."""
    machine = Machine(memory=0)
    with pytest.raises(ExhaustedError, match="colour does not fit cpu:1") as caught:
        profiled(machine)

    assert "--memory-limit" in caught.value.help
    assert all(device.closed for device in machine.made)


def test_a_mini_batch_beyond_the_longest_time_ends_the_column() -> None:
    """The first mini-batch of 4 takes 0.27 s."""
    found, _ = profiled(Machine(), longest_s=0.2)

    assert {point.batch: point.failed for point in found.points} == {1: None, 2: None, 4: Failed.TOO_LONG}
    assert by_batch(found)[4].reason == "the first mini-batch took 0.27 s"


def test_a_batch_that_the_engine_refuses_is_told() -> None:
    """Another one is still tried: the engine may take it."""
    found, _ = profiled(Machine(error=UnsupportedError("the model takes 16 rows", help="-")))

    assert [point.failed for point in found.points] == [Failed.REFUSED] * 4
    assert found.points[0].reason == "the model takes 16 rows"


@pytest.mark.parametrize(("rows", "told"), [(1, "in parts of one row"), (4, "in parts of 4 rows, the last one filled")])
def test_a_fixed_batch_is_kept_and_told_once(rows: int, told: str) -> None:
    """Every mini-batch is measured: it runs."""
    found, _ = profiled(Machine(fixed_batch=rows))

    assert found.fixed_batch == rows
    assert [point.failed for point in found.points] == [None] * 4
    assert [note for note in found.notes if told in note] == [found.notes[1]]
    assert profiled(Machine())[0].fixed_batch is None


def test_another_error_ends_the_profile_and_every_process() -> None:
    """A device that is gone measures nothing."""
    machine = Machine(error=UnavailableError("the device is gone", help="-"))
    with pytest.raises(UnavailableError, match="the device is gone"):
        profiled(machine, neighbours=1)

    assert all(device.closed for device in machine.made)


def test_neighbours_run_the_same_load_on_other_cores_meanwhile() -> None:
    """Each has worked before the trial loads and works to its end: every mini-batch is slower by a tenth."""
    machine = Machine()
    found, _ = profiled(machine, neighbours=1, trials=1, batches=(2,))

    latency = by_batch(found)[2].latency_s
    assert latency is not None
    assert latency.mean == pytest.approx(0.05 * 1.1)
    assert {device.order.cores for device in machine.made} == {(0,), (1,)}
    assert all(device.closed and set(device.batches) == {2} for device in machine.made)
    assert found.trials == 1


def test_what_devices_do_at_the_same_time_tells_what_they_share() -> None:
    """Each trial has a phase of its own, the same for both devices: that is between trials, and nothing is apart.

    The neighbour is quicker while the device loads; those mini-batches do not count, nor does its slow first one.
    """
    found, _ = profiled(Machine(phases=(0.9, 0.9, 1.0, 1.0, 1.1, 1.1)), neighbours=1, batches=(4,))

    latency = by_batch(found)[4].latency_s
    assert latency is not None
    assert latency.between == pytest.approx(0.1 * 0.09 * 1.1)
    assert latency.apart == pytest.approx(0.0, abs=1e-4)


def test_devices_that_differ_at_the_same_time_are_apart() -> None:
    """One is 4 ms quicker than the other in each trial: 4 / sqrt(2) is the deviation of two."""
    found, _ = profiled(Machine(phases=(0.9, 0.94, 1.0, 1.04, 1.1, 1.14)), neighbours=1, batches=(4,))

    latency, warm_up = by_batch(found)[4].latency_s, by_batch(found)[4].warm_up_s
    assert latency is not None
    assert warm_up is not None
    assert latency.apart == pytest.approx(0.04 * 0.09 * 1.1 / math.sqrt(2), rel=0.03)
    assert latency.between == pytest.approx(0.1 * 0.09 * 1.1)
    assert warm_up.apart is None


def test_several_devices_beside_it_are_pooled_over_the_trials() -> None:
    """Two trials of three devices each; their sums of squares over 2 + 2 degrees of freedom."""
    machine = Machine(cores=(0, 1, 2), phases=(0.9, 1.0, 1.1, 1.0, 1.3, 1.3))
    found, _ = profiled(machine, neighbours=2, batches=(4,), trials=2)

    squares = 2 * 0.1**2 + 2 * 0.1**2 + 0.2**2
    latency = by_batch(found)[4].latency_s
    assert latency is not None
    assert latency.apart == pytest.approx(math.sqrt(squares / 4) * 0.09 * 1.2, rel=0.03)


def test_a_device_that_was_measured_alone_does_not_tell_what_devices_share() -> None:
    """Then plans take all that varies for its own."""
    found, _ = profiled(Machine(phases=(0.9, 1.0, 1.1)), batches=(4,))

    assert [point.latency_s.apart for point in found.points if point.latency_s] == [None]


def test_devices_of_half_a_core_share_one() -> None:
    """Two of them are on core 0, the third on core 1."""
    machine = Machine()
    profiled(machine, device=DeviceKind("cpu:0.5", 0.5), neighbours=2, trials=1, batches=(1,))

    assert sorted(device.order.cores for device in machine.made) == [(0,), (0,), (1,)]


def test_neighbours_need_cores() -> None:
    """Two neighbours and the device are three, two cores are free; nothing was started."""
    machine = Machine()
    with pytest.raises(UnsupportedError, match="3 devices have 3 cores together"):
        profiled(machine, neighbours=2)

    assert machine.made == []


def test_a_neighbour_that_runs_out_of_memory_is_as_good_as_the_device() -> None:
    """It carries the same load, so the batch does not fit this set-up."""
    found, _ = profiled(Machine(memory=3), neighbours=1)

    assert {point.batch: point.failed for point in found.points} == {1: None, 2: None, 4: Failed.OUT_OF_MEMORY}


def test_each_image_size_is_profiled_on_its_own_images() -> None:
    """Points come by size, then by batch."""
    machine = Machine()
    found, _ = profiled(machine, images={LARGE: ("large.jpg",), SMALL: ("small.jpg",)}, batches=(1, 2), trials=1)

    assert [(point.size, point.batch) for point in found.points] == [(SMALL, 1), (SMALL, 2), (LARGE, 1), (LARGE, 2)]
    assert {device.order.images for device in machine.made} == {("large.jpg",), ("small.jpg",)}


def test_the_budget_is_told_where_it_was_used_up() -> None:
    """What was measured by then is the profile, with fewer trials."""
    found, _ = profiled(Machine(), budget_s=9.6)

    assert "the 9.6 s were used up in round 2 of 3" in found.notes
    assert {point.latency_s.trials for point in found.points if point.latency_s} == {1, 2}
    assert found.seconds >= 9.6


def test_few_samples_take_fewer_trials_and_stop_when_certain() -> None:
    """A straight line without noise: four of 16 batches, the two smallest twice."""
    machine = Machine()
    found, said = profiled(machine, batches=tuple(range(1, 65, 4)), few=0.03)

    assert len(machine.trials) == found.trials == 6
    assert len(found.points) == 4
    assert said[-1] == "colour: certain enough; least certain batch: 0.0%"


def test_few_samples_tell_a_width_that_was_not_reached() -> None:
    """The note has both widths."""
    found, _ = profiled(Machine(), few=0.03, budget_s=4.0)

    assert any(note.startswith("the time is used up: the width wanted is 3.0%") for note in found.notes)


def broken_off_after(before: int, machine: Machine, **changes: object) -> Profiling | None:
    """What is left of a profile that is cancelled in the middle of a trial, so many having come before."""

    async def interrupted() -> Profiling | None:
        session = ProfileSession(machine, replace(ORDER, **changes), VirtualClock(), lambda _: None)
        work = asyncio.create_task(session.run())
        while len(machine.trials) <= before or machine.trials[-1].images == 0:
            await VirtualClock().sleep_until(VirtualClock().now_ns() + S // 100)
        work.cancel()
        await asyncio.wait([work])
        assert work.cancelled()
        return session.so_far()

    return run(interrupted())


def test_whole_trials_of_an_interrupted_profile_are_those_of_one_that_ended() -> None:
    """Six trials: a round of four and, by the seed, two of the next; the seventh was under way and does not count."""
    phases = (0.9, 1.0, 1.1, 1.05, 0.95)
    part = broken_off_after(6, Machine(phases=phases))
    whole, _ = profiled(Machine(phases=phases))
    one, _ = profiled(Machine(phases=phases), trials=1)

    assert part is not None
    assert part.trials == 6
    assert [point.batch for point in part.points] == [1, 2, 4, 8]
    counts = {point.batch: point.latency_s.trials for point in part.points if point.latency_s}
    assert sorted(counts.values()) == [1, 1, 2, 2]
    for batch, count in counts.items():
        if count == 1:
            assert by_batch(part)[batch] == by_batch(one)[batch]
    ones, twos = ([str(batch) for batch, count in counts.items() if count == wanted] for wanted in (1, 2))
    assert part.broken_off == (
        f"broken off: batch {', '.join(ones)} measured in 1 of 3 trials; "
        f"batch {', '.join(twos)} measured in 2 of 3 trials"
    )
    assert whole.broken_off == ""


def test_mini_batches_that_were_not_reached_are_named_and_those_that_failed_are_not() -> None:
    """Two trials and a failure: the second size was not reached at all."""
    sizes = {SMALL: ("a.jpg",), LARGE: ("b.jpg",)}
    part = broken_off_after(4, Machine(memory=2), images=sizes, batches=(1, 2, 4, 8), trials=1)

    assert part is not None
    assert {(point.batch, point.size): point.failed for point in part.points} == {
        (1, SMALL): None,
        (2, SMALL): None,
        (4, SMALL): Failed.OUT_OF_MEMORY,
        (1, LARGE): None,
    }
    assert part.broken_off == "broken off: batch 2, 4, 8 of 200x200 not measured"


@pytest.mark.parametrize(("trials", "kept"), [(0, False), (1, False), (2, True)])
def test_one_whole_trial_is_not_worth_keeping(trials: int, *, kept: bool) -> None:
    """It tells neither a slope nor a deviation."""
    assert (broken_off_after(trials, Machine()) is not None) is kept


def test_few_samples_that_are_interrupted_tell_what_they_have() -> None:
    """The smallest and the largest mini-batch come first."""
    part = broken_off_after(2, Machine(), batches=tuple(range(1, 65)), few=0.03)

    assert part is not None
    assert part.broken_off == (
        "broken off after 2 trials, before every mini-batch was certain to 3 %: only batch 1, 64 measured"
    )


def test_an_interrupted_profile_ends_every_process() -> None:
    """Ctrl-C cancels."""
    machine = Machine()

    async def interrupted() -> None:
        work = asyncio.create_task(profile(machine, replace(ORDER, neighbours=1), lambda _: None))
        await VirtualClock().sleep_until(5 * S)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    run(interrupted())

    assert machine.made
    assert all(device.closed for device in machine.made)
