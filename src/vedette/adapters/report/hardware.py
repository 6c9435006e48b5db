"""Charts of the machine on the time axis of the requests: a strip for each thing that may explain a latency.

counter   -> its growth a second, over steps of half a second at least (the kernel counts CPU time in 10 ms)
gauge     -> as it was read
both      -> on the axis of the repeats; what lies between repeats is left out
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.adapters.report.latency import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, TIME_NAME
from vedette.adapters.report.plot import Axis, Mark, Plot, Series, Shape
from vedette.adapters.report.thin import thinned
from vedette.adapters.report.times import Stretch
from vedette.values.reading import Reckoning, Samples

Column = NDArray[Any]
Track = tuple[Column, Column]
"""Instants (int64 ns) and values (float64), both of shape (n,), without NaN."""

STEP_NS = 500_000_000
MOST_POINTS = 3000
MOST_CORES = 8
_PAUSE = 4.0
_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY, "#4d4d4d")
_MIB = 1024.0**2
_ROLES = ("server", "client", "monitor")
_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")


@dataclass(frozen=True, slots=True)
class Rates:
    """Samples, and over how much time at least the growth of a counter is taken, in ns."""

    samples: Samples
    step_ns: int = STEP_NS


@dataclass(frozen=True, slots=True)
class Strip:
    """One chart: its name in the document, title, what y is and its unit, what finds its lines.

    `least_top` is the least value at the upper end of y, so that noise does not fill the chart.
    """

    key: str
    title: str
    name: str
    unit: str
    lines: Callable[[Rates], Iterator[tuple[str, Track]]]
    least_top: float = 0.0
    caption: str = ""


def hardware(samples: Samples | None, places: Sequence[Stretch], key: str) -> tuple[Plot, ...]:
    """The strips for which this machine gave anything, none where it was not monitored."""
    if samples is None or not len(samples.at_ns) or not places:
        return ()
    rates = rates_for(samples, places)
    plots = (_plot(strip, rates, places, key) for strip in STRIPS)
    return tuple(plot for plot in plots if plot is not None)


def _plot(strip: Strip, rates: Rates, places: Sequence[Stretch], key: str) -> Plot | None:
    series = [
        _series(label, _COLOURS[place % len(_COLOURS)], track, places)
        for place, (label, track) in enumerate(strip.lines(rates))
    ]
    series = [one for one in series if one.x]
    if not series:
        return None
    highest = max(max(one.y) for one in series)
    top = max(1.08 * highest, strip.least_top) if highest > strip.least_top else strip.least_top
    return Plot(
        key=f"{key}-{strip.key}",
        title=f"{strip.title}: {series[0].label}" if [one.label in _ROLES for one in series] == [True] else strip.title,
        x=Axis(TIME_NAME, "s", 0.0, places[-1].end_s),
        y=Axis(strip.name, strip.unit, 0.0, top if top > 0 else 1.0),
        series=tuple(series),
        marks=tuple(Mark(place.start_s, "") for place in places),
        caption=_caption(strip, series),
        group=key,
        height=110,
    )


def _caption(strip: Strip, series: Sequence[Series]) -> str:
    thinner = any(len(one.x) < one.total for one in series)
    words = "Thinned for display, lowest and highest of every stretch kept." if thinner else ""
    return f"{strip.caption} {words}".strip()


def _series(label: str, colour: str, track: Track, places: Sequence[Stretch]) -> Series:
    """A line that is broken between repeats."""
    at, values = track
    x: list[Column] = []
    y: list[Column] = []
    breaks, total = [], 0
    for place in places:
        inside = (at >= place.first_ns) & (at <= place.last_ns)
        kept = thinned(values[inside], max(2, MOST_POINTS // len(places)))
        breaks.append(sum(len(part) for part in x))
        x.append(place.at(at[inside])[kept])
        y.append(values[inside][kept])
        total += int(inside.sum())
    shown = [tuple(float(value) for value in np.concatenate(parts)) for parts in (x, y)]
    return Series(label, colour, Shape.LINE, shown[0], shown[1], total, tuple(breaks))


def rates_for(samples: Samples, places: Sequence[Stretch]) -> Rates:
    """Steps of half a second; of a fifth of the shortest repeat where that is less, or it would show nothing."""
    shortest = min(place.last_ns - place.first_ns for place in places)
    return Rates(samples, min(STEP_NS, shortest // 5))


def track(rates: Rates, name: str) -> Track | None:
    """A feature over time: the growth a second of a counter, a gauge as it is; None where it has no two readings.

    A counter that fell (a process ended and another took its place) tells nothing for that step, nor does a step over a
    pause between repeats.
    """
    samples = rates.samples
    values = samples.columns.get(name)
    if values is None:
        return None
    there = ~np.isnan(values)
    at, values = samples.at_ns[there], values[there]
    kinds = {feature.name: feature.reckoning for feature in samples.features}
    if kinds.get(name) is not Reckoning.COUNTER:
        return (at, values) if len(at) else None
    chosen = _apart(at, max(1, rates.step_ns))
    if len(chosen) < 2:  # noqa: PLR2004 - a difference has two ends
        return None
    at, values = at[chosen], values[chosen]
    passed = np.diff(at) / 1e9
    grown = np.diff(values) / passed
    told = (grown >= 0) & (passed <= _PAUSE * np.median(passed))
    return at[1:][told], grown[told]


def _apart(at: Column, step_ns: int) -> Column:
    """Indices of readings that lie a step apart, or as near to it as they were taken."""
    if not len(at):
        return np.empty(0, int)
    slots = (at - at[0]) // step_ns
    return np.flatnonzero(np.diff(slots, prepend=-1) > 0)


def _sum(rates: Rates, names: Sequence[str], scale: float = 1.0) -> Track | None:
    """The sum of features that are read together; None where one is missing."""
    tracks = [track(rates, name) for name in names]
    known = [one for one in tracks if one is not None]
    if not known or len(known) < len(names) or len({len(one[0]) for one in known}) > 1:
        return None
    return known[0][0], scale * np.sum([one[1] for one in known], axis=0)


def _cores(rates: Rates) -> Iterator[tuple[str, Track]]:
    names = [re.fullmatch(r"core\.(\d+)\.cpu\.idle", name) for name in rates.samples.columns]
    numbers = sorted(int(match[1]) for match in names if match)
    found = [(f"core {one}", _busy(rates, f"core.{one}.cpu")) for one in numbers]
    known = [(label, one) for label, one in found if one is not None]
    if len(known) <= MOST_CORES:
        yield from known
        return
    at, size = known[0][1][0], len(known[0][1][0])
    table = np.array([values for _, (_, values) in known if len(values) == size])
    yield "busiest core", (at, table.max(axis=0))
    yield f"mean of {len(table)} cores", (at, table.mean(axis=0))
    yield "idlest core", (at, table.min(axis=0))


def _busy(rates: Rates, prefix: str) -> Track | None:
    one = _sum(rates, [f"{prefix}.{state}" for state in _BUSY], 100.0)
    return None if one is None else (one[0], np.minimum(one[1], 100.0))


def _processes(rates: Rates) -> Iterator[tuple[str, Track]]:
    for role in _ROLES:
        found = _sum(rates, [f"process.{role}.tree.cpu_user", f"process.{role}.tree.cpu_system"])
        if found is not None:
            yield role, found


def _simple(*pairs: tuple[str, str], scale: float = 1.0) -> Callable[[Rates], Iterator[tuple[str, Track]]]:
    """Features by label, each multiplied by `scale`."""

    def lines(rates: Rates) -> Iterator[tuple[str, Track]]:
        for label, name in pairs:
            found = track(rates, name)
            if found is not None:
                yield label, (found[0], scale * found[1])

    return lines


def _steal(rates: Rates) -> Iterator[tuple[str, Track]]:
    """The part of all processor time that the host took."""
    states = [f"system.cpu.{state}" for state in (*_BUSY, "idle", "iowait")]
    stolen, whole = track(rates, "system.cpu.steal"), _sum(rates, states)
    if stolen is not None and whole is not None and len(stolen[0]) == len(whole[0]):
        yield "steal", (stolen[0], 100.0 * stolen[1] / np.maximum(whole[1], 1e-9))


def _pairs(pattern: str) -> tuple[tuple[str, str], ...]:
    return tuple((role, pattern.format(role)) for role in _ROLES)


STRIPS = (
    Strip("cores", "Cores", "busy", "%", _cores, 100.0),
    Strip("processes", "CPU of the processes", "used", "cores", _processes),
    Strip(
        "switches",
        "Context switches",
        "switches",
        "/s",
        _simple(("whole machine", "system.context_switches")),
    ),
    Strip(
        "memory",
        "Memory of the processes",
        "proportional set size",
        "MiB",
        _simple(*_pairs("process.{}.tree.pss"), scale=1 / _MIB),
    ),
    Strip(
        "available",
        "Memory of the machine",
        "available",
        "MiB",
        _simple(("available", "memory.available"), scale=1 / _MIB),
    ),
    Strip(
        "pressure",
        "Pressure",
        "time in which a task waited",
        "%",
        _simple(*((name, f"pressure.{name}.some.stalled") for name in ("cpu", "memory", "io")), scale=100.0),
        10.0,
    ),
    Strip("steal", "Taken by the host (steal)", "of all processor time", "%", _steal, 10.0),
)
"""What is shown, in this order."""
