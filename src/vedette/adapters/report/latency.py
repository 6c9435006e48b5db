"""Charts of the requests of a run: latency over time with what was cut, and its distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.adapters.report.plot import Axis, Band, Mark, Plot, Series, Shape, value_axis
from vedette.adapters.report.thin import steps, thinned
from vedette.adapters.report.times import Stretch
from vedette.adapters.report.words import number, plural
from vedette.rules.stats.counted import counted
from vedette.values.evidence import Distribution
from vedette.values.requests import Requests
from vedette.values.run import RunData

Column = NDArray[Any]

BLUE, ORANGE, RED, GREEN, PURPLE, SKY, GREY = (
    "#0072b2",
    "#e69f00",
    "#c43c00",
    "#009e73",
    "#b1569a",
    "#56b4e9",
    "#8a8f98",
)
"""Colours that stay apart for colour-blind eyes (after Okabe and Ito 2008)."""
RUN_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)

MOST_DOTS = 5000
MOST_STEPS = 900
TIME_NAME = "time, pauses between repeats left out"


def in_order(requests: Requests, repeat: int) -> Column:
    """Indices of the requests of a repeat in their order, without the declared warm-up."""
    return np.flatnonzero((requests.repeat == repeat) & ~requests.warm_up)


def over_time(data: RunData, places: Sequence[Stretch], key: str) -> Plot | None:
    """Latency and service time of every request, all repeats side by side; None without a request that ended."""
    requests = data.requests
    shown = np.concatenate([requests.latency_ms[requests.ok], requests.service_ms[requests.ok]])
    if not len(places):
        return None
    extremes = (_positive_low(shown), float(np.median(shown)), float(shown.max())) if len(shown) else (0.0, 0.0, 0.0)
    dots = _dots(requests, places)
    return Plot(
        key=f"{key}-time",
        title="Latency over time",
        x=Axis(TIME_NAME, "s", 0.0, places[-1].end_s),
        y=value_axis("time to the answer", "ms", extremes, headroom=0.12),
        series=dots,
        bands=tuple(band for place in places for band in _cut_bands(data, place)),
        marks=tuple(Mark(place.start_s, _named(data, place.repeat)) for place in places),
        caption=_caption(dots),
        group=key,
    )


def _named(data: RunData, repeat: int) -> str:
    """A repeat by its number; a step of a search by what was tried, and what came of it."""
    probes = data.run.probes
    if repeat < len(probes):
        return f"{number(probes[repeat].rate)}/s {'held' if probes[repeat].held else 'not held'}"
    return f"repeat {repeat + 1}"


def _positive_low(values: Column) -> float:
    """The smallest value, or 0 where one is not above 0: a logarithmic axis cannot show it."""
    return max(0.0, float(values.min()))


def _dots(requests: Requests, places: Sequence[Stretch]) -> tuple[Series, ...]:
    counted = requests.ok & ~requests.warm_up
    everything = np.ones(len(requests), bool)
    found = (
        _series("declared warm-up", GREY, requests.where(requests.ok & requests.warm_up), places),
        _series("service time", ORANGE, requests.where(counted), places),
        _series("latency", BLUE, requests.where(counted), places),
        _series("failure", RED, requests.where(everything & ~requests.ok), places),
    )
    return tuple(series for series in found if series.total)


def _series(label: str, colour: str, rows: Requests, places: Sequence[Stretch]) -> Series:
    """The dots of one label; failures become ticks, which have no height."""
    shape = Shape.RUG if label == "failure" else Shape.DOTS
    x, y = [np.empty(0)], [np.empty(0)]
    for place in places:
        part = rows.where(rows.repeat == place.repeat)
        part = part.where(np.argsort(part.scheduled, kind="stable"))
        values = part.service_ms if label == "service time" else part.latency_ms
        chosen = thinned(values, max(2, MOST_DOTS // len(places)))
        x.append(place.at(part.scheduled)[chosen])
        y.append(np.zeros(len(chosen)) if shape is Shape.RUG else values[chosen])
    return Series(label, colour, shape, _floats(np.concatenate(x)), _floats(np.concatenate(y)), len(rows))


def _floats(values: Column) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _cut_bands(data: RunData, place: Stretch) -> tuple[Band, ...]:
    """The declared warm-up, what MSER-5 cut, and the cool-down of one repeat, in seconds of the axis."""
    requests, bands = data.requests, []
    declared = (requests.repeat == place.repeat) & requests.warm_up
    rows = in_order(requests, place.repeat)
    due = place.at(requests.scheduled[rows])
    if declared.any():
        end = float(due[0]) if len(rows) else place.end_s
        bands.append(Band(place.start_s, end, f"{plural(int(declared.sum()), 'warm-up request')} as declared", "warm"))
    cuts = next((one.cuts for one in data.run.summary.repeats if one.repeat == place.repeat), None)
    if cuts is not None and cuts.warm_up:
        end = float(due[cuts.warm_up]) if cuts.warm_up < len(rows) else place.end_s
        bands.append(Band(float(due[0]), end, f"cut by MSER-5: {plural(cuts.warm_up, 'request')}", "cut"))
    if cuts is not None and cuts.cool_down:
        first = float(due[max(0, len(rows) - cuts.cool_down)])
        bands.append(Band(first, place.end_s, f"cool-down: {plural(cuts.cool_down, 'request')}", "cut"))
    return tuple(bands)


def _caption(series: tuple[Series, ...]) -> str:
    words = [
        "Each dot is a request at the time when it was due.",
        "Blue counts from then, orange from the real send: where blue lies above orange, requests waited to be sent.",
    ]
    fewer = [f"{len(one.x):,} of {one.total:,} ({one.label})" for one in series if len(one.x) < one.total]
    if fewer:
        words.append(f"Thinned for display, lowest and highest of every stretch kept: {', '.join(fewer)} are drawn.")
    if any(one.shape is Shape.RUG for one in series):
        words.append("Ticks at the upper edge are requests that failed.")
    return " ".join(words)


def distribution(data: RunData, key: str) -> Plot | None:
    """The empirical distribution of the latencies that count, with p50 and p99; None where nothing was answered."""
    values, latency = latencies(data), data.run.summary.latency
    if not len(values) or latency is None:
        return None
    bands, marks = _percentile_marks(latency)
    return Plot(
        key=f"{key}-ecdf",
        title="Distribution of latency",
        x=_latency_axis([values]),
        y=Axis("answers within this time", "%", 0.0, 100.0),
        series=(_ecdf("latency", BLUE, values),),
        bands=bands,
        marks=marks,
        caption=f"Share of {plural(len(values), 'right answer')} that came within a time; shaded: "
        f"{latency.median.confidence:.0%} intervals.{_thinned_words([values])}",
    )


def together(runs: Sequence[RunData], labels: Sequence[str]) -> Plot | None:
    """The distributions of several runs in one chart; None where fewer than two have answers."""
    found = [(label, values) for label, data in zip(labels, runs, strict=True) if len(values := latencies(data))]
    if len(found) < 2:  # noqa: PLR2004 - one is no comparison
        return None
    return Plot(
        key="together",
        title="Distributions side by side",
        x=_latency_axis([values for _, values in found]),
        y=Axis("answers within this time", "%", 0.0, 100.0),
        series=tuple(
            _ecdf(label, RUN_COLOURS[place % len(RUN_COLOURS)], values) for place, (label, values) in enumerate(found)
        ),
        caption="A curve further to the left is quicker. All repeats of a run are pooled."
        + _thinned_words([values for _, values in found]),
    )


def latencies(data: RunData) -> Column:
    """Latencies in ms of the requests that count and were answered rightly."""
    return np.concatenate([np.empty(0), *(rows.latency_ms for rows in counted(data))])


def _latency_axis(samples: Sequence[Column]) -> Axis:
    low = min(_positive_low(values) for values in samples)
    middle = min(float(np.median(values)) for values in samples)
    axis = value_axis("latency", "ms", (low, middle, max(float(values.max()) for values in samples)))
    if axis.log:
        return axis
    return Axis(axis.name, axis.unit, 0.9 * low if low > axis.high / 2 else 0.0, axis.high)


def _ecdf(label: str, colour: str, values: Column) -> Series:
    x, shares = steps(values, MOST_STEPS)
    return Series(label, colour, Shape.STEPS, _floats(x), _floats(100 * shares), len(values))


def _thinned_words(samples: Sequence[Column]) -> str:
    if all(len(values) <= MOST_STEPS for values in samples):
        return ""
    return f" Thinned to {MOST_STEPS} steps for display; the {MOST_STEPS // 3} largest values are all kept."


def _percentile_marks(latency: Distribution) -> tuple[tuple[Band, ...], tuple[Mark, ...]]:
    bands, marks = [], []
    for share, estimate in latency.percentiles:
        if share not in {50, 99} or estimate.value is None:
            continue
        marks.append(Mark(estimate.value, f"p{share:g} {number(estimate.value)} ms"))
        if estimate.low is not None and estimate.high is not None and estimate.high > estimate.low:
            bands.append(Band(estimate.low, estimate.high, "", "interval"))
    return tuple(bands), tuple(marks)
