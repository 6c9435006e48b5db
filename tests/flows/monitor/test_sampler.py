"""The sampler keeps its schedule, its paces and its peaks whatever the reading takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from vedette.errors import UsageError
from vedette.flows.monitor.sampler import Watched, WatchOrder, watch
from vedette.values.reading import Absence, Feature, Pace, Reckoning

MS = 1_000_000
S = 1000 * MS
START = 5 * S


@dataclass
class Machine:
    """A clock and the wait for it; it ends the watch after `until_ns`."""

    until_ns: int
    now: int = START

    def now_ns(self) -> int:
        return self.now

    def until(self, instant_ns: int) -> bool:
        self.now = max(self.now, instant_ns)
        return self.now > self.until_ns


@dataclass
class Recorded:
    rows: dict[Pace, list[tuple[int, int, list[float]]]] = field(default_factory=lambda: {pace: [] for pace in Pace})
    told: list[tuple[Pace, list[str]]] = field(default_factory=list)
    remarks: list[tuple[list[Absence], dict[str, float]]] = field(default_factory=list)
    flushes: int = 0

    def columns(self, pace: Pace, features: Sequence[Feature]) -> None:
        self.told.append((pace, [one.name for one in features]))

    def row(self, pace: Pace, at_ns: int, took_ns: int, values: Sequence[float]) -> None:
        self.rows[pace].append((at_ns, took_ns, list(values)))

    def remark(self, absences, peaks, cpu_s: float) -> None:
        self.remarks.append((list(absences), dict(peaks)))

    def flush(self) -> None:
        self.flushes += 1


@dataclass
class Scripted:
    """A probe that gives a value after the other and takes `takes_ns` for the readings that are named."""

    pace: Pace
    machine: Machine
    values: Sequence[float] = (1.0,)
    takes_ns: dict[int, int] = field(default_factory=dict)
    grows_at: int = -1
    absences: tuple[Absence, ...] = ()
    reads: int = 0
    features: tuple[Feature, ...] = ()

    def __post_init__(self) -> None:
        self.features = (named(f"{self.pace}.0", self.pace),)

    def read(self) -> Sequence[float]:
        self.machine.now += self.takes_ns.get(self.reads, 0)
        if self.reads == self.grows_at:
            self.features = (*self.features, named(f"{self.pace}.1", self.pace))
        value = self.values[min(self.reads, len(self.values) - 1)]
        self.reads += 1
        return [value] * len(self.features)


def named(name: str, pace: Pace) -> Feature:
    return Feature(name, "count", "here", "a figure", pace, Reckoning.GAUGE)


def watched(order: WatchOrder, machine: Machine, *probes: Scripted) -> Recorded:
    log = Recorded()
    watch(order, probes, log, machine, machine)
    return log


def test_samples_stand_at_absolute_instants() -> None:
    """What the reading takes does not add up: the k-th sample begins at t0 + k / hz."""
    machine = Machine(START + S)
    probe = Scripted(Pace.FAST, machine, takes_ns=dict.fromkeys(range(20), 7 * MS))

    log = watched(WatchOrder(hz=10), machine, probe)

    assert [at - START for at, _, _ in log.rows[Pace.FAST]] == [k * 100 * MS for k in range(11)]
    assert {took for _, took, _ in log.rows[Pace.FAST]} == {7 * MS}


def test_a_slot_that_passed_is_left_out() -> None:
    """After a stall of 350 ms the next sample stands in the next slot, not in a burst."""
    machine = Machine(START + 800 * MS)
    probe = Scripted(Pace.FAST, machine, takes_ns={2: 350 * MS})

    log = watched(WatchOrder(hz=10), machine, probe)

    assert [(at - START) // MS for at, _, _ in log.rows[Pace.FAST]] == [0, 100, 200, 600, 700, 800]


def test_the_slow_set_keeps_its_own_pace() -> None:
    """At 10 Hz and a slow pace of 2 Hz every fifth sample has a slow row, the first one included."""
    machine = Machine(START + 2 * S)
    fast, slow = Scripted(Pace.FAST, machine), Scripted(Pace.SLOW, machine)

    log = watched(WatchOrder(hz=10, slow_hz=2), machine, fast, slow)

    assert [(at - START) // MS for at, _, _ in log.rows[Pace.SLOW]] == [0, 500, 1000, 1500, 2000]


def test_a_slow_slot_that_passed_is_made_up_for_once() -> None:
    """A stall over a slow slot moves its row to the next sample, or a slow machine would have none."""
    machine = Machine(START + 1700 * MS)
    fast, slow = Scripted(Pace.FAST, machine, takes_ns={3: 450 * MS}), Scripted(Pace.SLOW, machine)

    log = watched(WatchOrder(hz=10, slow_hz=2), machine, fast, slow)

    assert [(at - START) // MS for at, _, _ in log.rows[Pace.SLOW]] == [0, 800, 1000, 1500]


def test_the_slow_pace_is_never_above_the_order() -> None:
    """3 Hz cannot be halved into 2 Hz: every second sample is 1.5 Hz."""
    machine = Machine(START + 1900 * MS)
    slow = Scripted(Pace.SLOW, machine)

    log = watched(WatchOrder(hz=3, slow_hz=2), machine, slow)

    assert len(log.rows[Pace.FAST]) == 6
    assert len(log.rows[Pace.SLOW]) == 3


def test_columns_are_told_at_the_start_and_when_they_change() -> None:
    """A process that appears gives new columns from the row on in which it is."""
    machine = Machine(START + 400 * MS)
    probe = Scripted(Pace.FAST, machine, grows_at=3)

    log = watched(WatchOrder(hz=10), machine, probe)

    assert [names for pace, names in log.told if pace is Pace.FAST] == [["fast.0"], ["fast.0", "fast.1"]]
    assert [len(values) for _, _, values in log.rows[Pace.FAST]] == [1, 1, 1, 2, 2]


def test_peaks_keep_the_highest_mark() -> None:
    """A mark that can no longer be read, or starts anew, does not undo what was seen; NaN alone gives none."""
    machine = Machine(START + 3 * S)
    peak = Scripted(Pace.PEAK, machine, values=(5.0, 9.0, float("nan"), 2.0))
    never = Scripted(Pace.PEAK, machine, values=(float("nan"),))
    never.features = (named("peak.never", Pace.PEAK),)

    log = watched(WatchOrder(hz=1), machine, peak, never)

    assert log.remarks[-1][1] == {"peak.0": 9.0}


def test_absences_reach_the_log_and_everything_is_written_at_the_end() -> None:
    """What is known last counts; there is a flush a second and one at the end."""
    machine = Machine(START + 2 * S)
    probe = Scripted(Pace.FAST, machine, absences=(Absence("gpu", "none here"),))

    log = watched(WatchOrder(hz=10), machine, probe)

    assert log.remarks[-1][0] == [Absence("gpu", "none here")]
    assert log.flushes == 4


def test_a_watch_that_is_ended_at_once_has_no_sample() -> None:
    """It still closes its log in order."""
    machine = Machine(START - 1)

    log = watched(WatchOrder(), machine, Scripted(Pace.FAST, machine))

    assert not log.rows[Pace.FAST]
    assert log.flushes == 1


@pytest.mark.parametrize(
    "fields", [{"hz": 0}, {"hz": 101}, {"hz": float("nan")}, {"hz": -1}, {"slow_hz": 2.5}, {"slow_hz": 0}]
)
def test_a_pace_out_of_bounds_is_refused(fields: dict[str, float]) -> None:
    """The message names the value and the bounds."""
    with pytest.raises(UsageError, match=r"pace is .* Hz"):
        WatchOrder(**fields)


def test_a_role_stands_for_one_process() -> None:
    """Two processes under one name could not be told apart."""
    with pytest.raises(UsageError, match="server, server"):
        WatchOrder((Watched("server", 1), Watched("server", 2)))
