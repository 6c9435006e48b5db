"""The figures of a run as a flat list of names, units and estimates: what tables, CSV and other tools are filled from.

p50_ms ... max_ms: latency, from the scheduled time    service_p50_ms ...: from the send    throughput: answers a second
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vedette.rules.stats.quantiles import quantile_estimate
from vedette.values.evidence import Distribution, Estimate, Summary
from vedette.values.requests import Column

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)
"""Percentiles that every summary holds, or gives the reason why not."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, unit, and estimate."""

    name: str
    unit: str
    estimate: Estimate


def percentile_name(percent: float) -> str:
    """`p99.9` for 99.9."""
    return f"p{percent:g}"


def figures(summary: Summary) -> tuple[Figure, ...]:
    """Latency, service time and throughput of a run; figures that there are not are there with their reason."""
    return (
        *_of(summary.latency, "", _why_none(summary)),
        *_of(summary.service, "service_", _why_none(summary)),
        Figure("throughput", "1/s", summary.throughput),
    )


def percentile_estimates(times_ms: Column, wanted: Sequence[float]) -> tuple[tuple[float, Estimate], ...]:
    """Percentiles of a sample, whichever are wanted (0 to 100, ends excluded); refused where it is too small.

    Args:
        times_ms: milliseconds in order of sending, shape (n,).
        wanted: percents.
    """
    if not len(times_ms):
        return tuple((percent, Estimate(None, reason="no request was answered rightly")) for percent in wanted)
    return tuple((percent, quantile_estimate(times_ms, percent / 100)) for percent in wanted)


def _why_none(summary: Summary) -> str:
    nothing_sent = not summary.sent and summary.throughput.reason
    return nothing_sent or "no request was answered rightly"


def _of(times: Distribution | None, prefix: str, why_none: str) -> Iterator[Figure]:
    if times is None:
        none = Estimate(None, reason=why_none)
        names = (*map(percentile_name, PERCENTILES), "min", "quartile_1", "quartile_3", "max", "mean", "deviation")
        yield from (Figure(f"{prefix}{name}_ms", "ms", none) for name in names)
        return
    for percent, estimate in times.percentiles:
        yield Figure(f"{prefix}{percentile_name(percent)}_ms", "ms", estimate)
    found = "an extreme of this sample; it says nothing of others"
    yield Figure(f"{prefix}min_ms", "ms", Estimate(times.minimum, reason=found))
    yield Figure(f"{prefix}quartile_1_ms", "ms", Estimate(times.quartile_1, reason="no interval is reckoned"))
    yield Figure(f"{prefix}quartile_3_ms", "ms", Estimate(times.quartile_3, reason="no interval is reckoned"))
    yield Figure(f"{prefix}max_ms", "ms", Estimate(times.maximum, reason=found))
    yield Figure(f"{prefix}mean_ms", "ms", times.mean)
    why = "one value does not deviate" if times.deviation_ms is None else "no interval is reckoned"
    yield Figure(f"{prefix}deviation_ms", "ms", Estimate(times.deviation_ms, reason=why))
