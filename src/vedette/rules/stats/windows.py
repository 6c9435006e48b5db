"""What the monitor read, brought together with requests: window by window, request by request, run by run.

    readings  o  o  o  o  o  o          the monitor's pace
    requests  x xx   x  xxx  x          as they came
    windows  |------|------|------|     one row each: mean of the readings, mean of the times

Counters are taken per second. Where a run gives several rows its own means are taken away, so that what differs between
runs is not taken for what goes together within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError, UsageError
from vedette.rules.monitor.rates import rate
from vedette.rules.stats.contrast import monitored
from vedette.rules.stats.counted import counted
from vedette.values.comparison import Metric
from vedette.values.reading import Reckoning, Samples
from vedette.values.requests import Requests
from vedette.values.run import RunData

Series = NDArray[np.float64]


class Row(StrEnum):
    """What one pair of values stands for."""

    WINDOW = "window"
    REQUEST = "request"
    RUN = "run"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Features beside times.

    Attributes:
        features: by name, shape (rows,); NaN where one was not read.
        target: times in ms, shape (rows,).
        groups: runs whose own means were taken away; 1 where none were.
    """

    features: dict[str, Series]
    target: Series
    groups: int


def table(runs: Sequence[RunData], row: Row, metric: Metric = Metric.LATENCY, window_s: float = 1.0) -> Table:
    """Rows of all runs, one below the other.

    Args:
        runs: one or more, all monitored.
        row: what a row is.
        metric: latency or service.
        window_s: length of a window.

    Raises:
        InvalidError: a run was not monitored, or none has a row.
        UsageError: the metric is no time of a request.
    """
    if metric is Metric.THROUGHPUT:
        raise UsageError("a throughput is no time of a request", help="take --metric latency or service")
    parts = [_of_run(data, row, metric, window_s) for data in runs]
    parts = [(features, target) for features, target in parts if len(target)]
    if not parts:
        raise InvalidError("no request of these runs counts", help="take runs with right answers")
    names = dict.fromkeys(name for features, _ in parts for name in features)
    centred = row is not Row.RUN
    features = {
        name: np.concatenate([_centred(own.get(name, np.full(len(target), np.nan)), centred) for own, target in parts])
        for name in names
    }
    target = np.concatenate([_centred(target, centred) for _, target in parts])
    return Table(features, target, len(parts) if centred else 1)


def first_requests(runs: Sequence[RunData]) -> Table:
    """The first request of each run against the features around it, a row a run.

    The time is its service time; a run whose first request failed, or that was not monitored at all, gives no row.
    A feature is the mean of its readings from the last one before the request was sent to the first one after its
    answer; of a counter, its growth per second between these two.
    """
    rows = [_first(data) for data in runs]
    found = [(request, samples) for request, samples in rows if request is not None and samples is not None]
    around = [_around(samples, int(request.sent[0]), int(request.done[0])) for request, samples in found]
    names = dict.fromkeys(name for one in around for name in one)
    features = {name: np.array([one.get(name, np.nan) for one in around]) for name in names}
    return Table(features, np.array([float(request.service_ms[0]) for request, _ in found]), 1)


def _of_run(data: RunData, row: Row, metric: Metric, window_s: float) -> tuple[dict[str, Series], Series]:
    series = _series(monitored(data))
    repeats = [rows for rows in counted(data) if len(rows)]
    if row is Row.RUN:
        return _whole(series, repeats, metric)
    parts = [
        _requests(series, rows, metric) if row is Row.REQUEST else _windows(series, rows, metric, window_s)
        for rows in repeats
    ]
    return (
        {name: np.concatenate([features[name] for features, _ in parts]) for name in series if parts},
        np.concatenate([np.empty(0), *(target for _, target in parts)]),
    )


def _series(samples: Samples) -> dict[str, tuple[NDArray[np.int64], Series]]:
    """When and what was read of each feature, without gaps; counters per second."""
    found = {}
    for feature in samples.features:
        if feature.name not in samples.columns:
            continue
        counter = feature.reckoning is Reckoning.COUNTER
        at_ns, values = rate(samples, feature.name) if counter else (samples.at_ns, samples.columns[feature.name])
        read = np.isfinite(values)
        if read.any():
            found[feature.name] = (at_ns[read], np.asarray(values[read], np.float64))
    return found


def _windows(
    series: dict[str, tuple[NDArray[np.int64], Series]], rows: Requests, metric: Metric, window_s: float
) -> tuple[dict[str, Series], Series]:
    """Means over windows of one repeat in which a request was due."""
    begin, width = int(rows.scheduled.min()), round(window_s * 1e9)
    count = int((int(rows.scheduled.max()) - begin) // width) + 1
    due = _means((rows.scheduled - begin) // width, _times(rows, metric), count)
    used = np.isfinite(due)
    features = {name: _means((at_ns - begin) // width, values, count)[used] for name, (at_ns, values) in series.items()}
    return features, due[used]


def _requests(
    series: dict[str, tuple[NDArray[np.int64], Series]], rows: Requests, metric: Metric
) -> tuple[dict[str, Series], Series]:
    """The last reading before each request was sent."""
    features = {}
    for name, (at_ns, values) in series.items():
        place = np.searchsorted(at_ns, rows.sent, side="right") - 1
        features[name] = np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
    return features, _times(rows, metric)


def _whole(
    series: dict[str, tuple[NDArray[np.int64], Series]], repeats: list[Requests], metric: Metric
) -> tuple[dict[str, Series], Series]:
    """Means over one run, while its requests counted."""
    if not repeats:
        return {}, np.empty(0)
    features = {}
    for name, (at_ns, values) in series.items():
        inside = np.zeros(len(at_ns), np.bool_)
        for rows in repeats:
            inside |= (at_ns >= rows.scheduled.min()) & (at_ns <= rows.done.max())
        features[name] = np.array([values[inside].mean() if inside.any() else np.nan])
    return features, np.array([np.concatenate([_times(rows, metric) for rows in repeats]).mean()])


def _means(places: NDArray[np.int64], values: Series, count: int) -> Series:
    """Mean of the values of each place 0 .. count - 1; NaN of none."""
    inside = (places >= 0) & (places < count)
    sums = np.bincount(places[inside], values[inside], minlength=count)
    numbers = np.bincount(places[inside], minlength=count)
    return np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)


def _times(rows: Requests, metric: Metric) -> Series:
    return np.asarray(rows.latency_ms if metric is Metric.LATENCY else rows.service_ms, np.float64)


def _centred(values: Series, wanted: bool) -> Series:  # noqa: FBT001 - private, named at the definition
    read = values[np.isfinite(values)]
    return values - read.mean() if wanted and len(read) else values


def _first(data: RunData) -> tuple[Requests | None, Samples | None]:
    """The request that was sent first, declared warm-up or not; None where it failed."""
    rows = data.requests.where(data.requests.repeat == 0)
    if not len(rows):
        return None, None
    first = rows.where(np.array([int(rows.sent.argmin())]))
    return (first if first.ok[0] else None), data.samples


def _around(samples: Samples, sent: int, done: int) -> dict[str, float]:
    found = {}
    for feature in samples.features:
        values = samples.columns.get(feature.name)
        if values is None:
            continue
        read = np.isfinite(values)
        at_ns, own = samples.at_ns[read], values[read]
        begin = max(0, int(np.searchsorted(at_ns, sent, side="right")) - 1)
        end = min(len(at_ns) - 1, int(np.searchsorted(at_ns, done, side="left")))
        if begin > end:
            continue
        if feature.reckoning is Reckoning.GAUGE:
            found[feature.name] = float(own[begin : end + 1].mean())
        elif end > begin:
            found[feature.name] = float((own[end] - own[begin]) / ((at_ns[end] - at_ns[begin]) / 1e9))
    return found
