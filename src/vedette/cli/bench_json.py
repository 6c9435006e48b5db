"""A run for programs: one object, `vedette.run-figures/1`. A figure that is not there is null; `absent` says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any

from vedette.rules.bench.figures import PERCENTILES, Figure, figures, percentile_estimates, percentile_name
from vedette.values.evidence import Distribution, Estimate, RepeatSummary
from vedette.values.run import Run, RunData

SCHEMA = "vedette.run-figures/1"


def run_json(data: RunData, percentiles: Sequence[float] | None = None) -> dict[str, Any]:
    """The figures of a run as plain data: `p50_ms`, `service_p50_ms`, `throughput`, ... at the top.

    `intervals` has the ends of each figure's interval or null; `absent` says, by the name of a figure, why it or its
    interval is not there; `reasons` says why the run is INVALID.

    Args:
        data: the run.
        percentiles: reckoned anew from the requests that count, instead of those that are stored.
    """
    run = data.run
    found = chosen_figures(data, percentiles)
    return {
        "schema": SCHEMA,
        "run": run.id,
        "started": run.started,
        "verdict": verdict_word(run),
        "reasons": list(run.verdict.reasons),
        "requests": run.summary.sent,
        "failed": sum(count for _, count in run.summary.failed),
        **{figure.name: figure.estimate.value for figure in found},
        "intervals": {figure.name: interval(figure.estimate) for figure in found},
        "absent": {
            figure.name: figure.estimate.reason for figure in found if figure.estimate.reason and _lacks(figure)
        },
        "confidence": run.summary.throughput.confidence,
        "failures": dict(run.summary.failed),
        "first_ten_ms": list(run.summary.first_ten_ms),
        "repeats": [_repeat(one) for one in run.summary.repeats],
        **_plain(_circumstances(run)),
    }


def chosen_figures(data: RunData, percentiles: Sequence[float] | None) -> tuple[Figure, ...]:
    """The figures of a run; with `percentiles` those instead of the ones that are stored."""
    stored = figures(data.run.summary)
    if percentiles is None:
        return stored
    from vedette.rules.stats.counted import counted
    from vedette.values.requests import joined

    rows = joined(list(counted(data)))
    wanted = [
        Figure(f"{prefix}{percentile_name(percent)}_ms", "ms", estimate)
        for prefix, times in (("", rows.latency_ms), ("service_", rows.service_ms))
        for percent, estimate in percentile_estimates(times, percentiles)
    ]
    usual = {f"{prefix}{percentile_name(one)}_ms" for prefix in ("", "service_") for one in PERCENTILES}
    return (*wanted, *(figure for figure in stored if figure.name not in usual))


def verdict_word(run: Run) -> str:
    """VALID or INVALID."""
    return "VALID" if run.verdict.valid else "INVALID"


def interval(estimate: Estimate) -> list[float] | None:
    """Both ends, or None where one is not there."""
    return None if estimate.low is None or estimate.high is None else [estimate.low, estimate.high]


def _lacks(figure: Figure) -> bool:
    return figure.estimate.value is None or interval(figure.estimate) is None


def _circumstances(run: Run) -> dict[str, Any]:
    return {
        "checks": run.verdict.checks,
        "quality": run.quality,
        "referee": run.referee,
        "probes": run.probes,
        "client": run.client,
        "cold_start_s": run.cold_start_s,
        "campaign": run.campaign,
        "order": run.order,
        "spec": run.spec,
        "introduction": run.introduction,
        "environment": run.environment,
        "notes": run.notes,
    }


def _repeat(one: RepeatSummary) -> dict[str, Any]:
    flat = {**_times(one.latency, ""), **_times(one.service, "service_")}
    return {
        "repeat": one.repeat,
        "seed": one.seed,
        **flat,
        "throughput": one.throughput.value,
        "throughput_interval": interval(one.throughput),
        "in_flight": one.in_flight,
        "little_gap": one.little_gap,
        "slope": None if one.slope is None else one.slope.value,
        "slope_interval": None if one.slope is None else interval(one.slope),
        "stationary": one.stationary,
        "lateness_p99_ms": one.lateness_p99_ms,
        "cuts": asdict(one.cuts),
    }


def _times(times: Distribution | None, prefix: str) -> dict[str, Any]:
    if times is None:
        return {f"{prefix}{name}": None for name in ("count", "p50_ms", "p90_ms", "p99_ms", "max_ms", "mean_ms")}
    tail = dict(times.percentiles)
    return {
        f"{prefix}count": times.count,
        **{f"{prefix}p{percent:g}_ms": tail[percent].value for percent in (50.0, 90.0, 99.0) if percent in tail},
        f"{prefix}max_ms": times.maximum,
        f"{prefix}mean_ms": times.mean.value,
    }


def _plain(value: Any) -> Any:
    """Values as objects, arrays and words."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value
