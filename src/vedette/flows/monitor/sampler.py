"""Probes read at t0 + k / hz, whatever the reading itself takes; rows go to a log that stays readable at every moment.

    tick k:  FAST probes -> a row            every tick
             SLOW probes -> a row            at the slow pace, right after the fast row of the same tick
             PEAK probes -> high-water marks at the slow pace and at the end, so that a process that ends leaves its own

Schedule, pace and end are decided here; what is read and how it is kept is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vedette.clock import Clock, cpu_ns
from vedette.errors import UsageError
from vedette.values.reading import Absence, Feature, Pace

MOST_HZ = 100.0
MOST_SLOW_HZ = 2.0
FLUSH_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A process to follow with all that descend from it; `role` names it in features: server, client, monitor."""

    role: str
    pid: int


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """What is to be watched.

    Attributes:
        watched: processes; one role each.
        hz: samples a second of the fast set, above 0 and at most 100.
        slow_hz: samples a second of the slow set, above 0 and at most 2.
        metrics_url: Prometheus text of the server, scraped at the slow pace.

    Raises:
        UsageError: a pace out of these bounds, or a role that stands twice.
    """

    watched: tuple[Watched, ...] = ()
    hz: float = 10.0
    slow_hz: float = 1.0
    metrics_url: str | None = None

    def __post_init__(self) -> None:
        _within("the monitor's pace", self.hz, MOST_HZ)
        _within("the monitor's slow pace", self.slow_hz, MOST_SLOW_HZ)
        roles = [one.role for one in self.watched]
        if len(set(roles)) < len(roles):
            raise UsageError(f"a role is watched twice: {', '.join(roles)}", help="give each process a role of its own")


def _within(name: str, hz: float, most: float) -> None:
    if not (math.isfinite(hz) and 0 < hz <= most):
        raise UsageError(f"{name} is {hz:g} Hz", help=f"choose one above 0 and at most {most:g} Hz")


class Probe(Protocol):
    """Reads a group of features of one pace. It never raises for what is not there: that is NaN, and an absence."""

    @property
    def pace(self) -> Pace:
        """When it is read."""

    @property
    def features(self) -> Sequence[Feature]:
        """What `read` gives, in its order; another object once they have changed."""

    @property
    def absences(self) -> Sequence[Absence]:
        """What it cannot read, so far."""

    def read(self) -> Sequence[float]:
        """A value for each of `features` as they are after the call; NaN for what is not there now."""


class SampleLog(Protocol):
    """Keeps rows; what was flushed stays readable if the monitor is killed."""

    def columns(self, pace: Pace, features: Sequence[Feature]) -> None:
        """From now on, rows of this pace have these columns; of PEAK: what the peaks mean."""

    def row(self, pace: Pace, at_ns: int, took_ns: int, values: Sequence[float]) -> None:
        """Add a row. A slow row belongs to the fast row before it."""

    def remark(self, absences: Sequence[Absence], peaks: Mapping[str, float], cpu_s: float) -> None:
        """What is known so far beside the rows; the last remark counts."""

    def flush(self) -> None:
        """Write what was added."""


class Wait(Protocol):
    """Lets time pass between two samples."""

    def until(self, instant_ns: int) -> bool:
        """Return False at `instant_ns` of the clock, at once if it has passed; True as soon as the watch is to end."""


def watch(order: WatchOrder, probes: Sequence[Probe], log: SampleLog, clock: Clock, wait: Wait) -> None:
    """Sample until `wait` says that it is time to end; the peaks are read a last time then.

    It blocks, and needs no event loop: one would cost as much as a third of the sampling.

    Raises:
        OSError: what the log raises, such as a full disk; what was flushed before stays readable.
    """
    sampler = _Sampler(order, probes, log, clock)
    sampler.run(wait)
    sampler.end()


class _Sampler:
    """The state between two ticks."""

    def __init__(self, order: WatchOrder, probes: Sequence[Probe], log: SampleLog, clock: Clock) -> None:
        self._period_ns = round(1e9 / order.hz)
        self._slow_every = max(1, math.ceil(order.hz / order.slow_hz))
        self._by_pace = {pace: [probe for probe in probes if probe.pace is pace] for pace in Pace}
        self._known: dict[Pace, list[Sequence[Feature]]] = {}
        self._log, self._clock = log, clock
        self._peaks: dict[str, float] = {}
        self._flushed_ns = 0

    def run(self, wait: Wait) -> None:
        """Tick at absolute instants; a slot that has passed is left out, never made up for in a burst."""
        start, tick, slow_turn = self._clock.now_ns(), 0, -1
        while not wait.until(start + tick * self._period_ns):
            turn = tick // self._slow_every
            self._tick(slow=turn > slow_turn)  # a slow slot that was missed is made up for by the next tick
            slow_turn = turn
            tick = max(tick, (self._clock.now_ns() - start) // self._period_ns) + 1

    def end(self) -> None:
        """Read the peaks and write everything."""
        self._read_peaks()
        self._remark()
        self._log.flush()

    def _tick(self, *, slow: bool) -> None:
        began = self._row(Pace.FAST)
        if slow:
            self._row(Pace.SLOW)
            self._read_peaks()
            self._remark()
        if began - self._flushed_ns >= FLUSH_NS:
            self._flushed_ns = began
            self._log.flush()

    def _row(self, pace: Pace) -> int:
        began = self._clock.now_ns()
        values: list[float] = []
        for probe in self._by_pace[pace]:
            values += probe.read()
        took = self._clock.now_ns() - began
        self._tell_columns(pace)
        self._log.row(pace, began, took, values)
        return began

    def _tell_columns(self, pace: Pace) -> None:
        now = [probe.features for probe in self._by_pace[pace]]
        known = self._known.get(pace)
        if known is None or any(new is not old for new, old in zip(now, known, strict=True)):
            self._known[pace] = now
            self._log.columns(pace, [feature for features in now for feature in features])

    def _read_peaks(self) -> None:
        for probe in self._by_pace[Pace.PEAK]:
            for value, feature in zip(probe.read(), probe.features, strict=True):
                if not math.isnan(value):
                    self._peaks[feature.name] = max(value, self._peaks.get(feature.name, value))
        self._tell_columns(Pace.PEAK)

    def _remark(self) -> None:
        absences = [absence for probes in self._by_pace.values() for probe in probes for absence in probe.absences]
        self._log.remark(absences, self._peaks, cpu_ns() / 1e9)
