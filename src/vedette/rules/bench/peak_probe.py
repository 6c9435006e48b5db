"""Whether a rate was held: the 99th percentile within the limit, no backlog, no failures, a generator in time."""

from __future__ import annotations

from vedette.rules.bench.backlog import piles_up
from vedette.rules.stats.summary import summarise
from vedette.values.evidence import Summary
from vedette.values.requests import Requests
from vedette.values.run import Probe
from vedette.values.trial import Limits
from vedette.values.workload import Load

_PERCENTILE = 99.0


def probe_of(requests: Requests, load: Load, seed: int, limit_ms: float, limits: Limits) -> Probe:
    """Judge the requests of one step of a search.

    Args:
        requests: of this step only.
        load: Poisson arrivals at the rate that was tried.
        seed: of its schedule.
        limit_ms: what the 99th percentile of the latency must hold.
        limits: beyond which a run would be INVALID.
    """
    assert load.rate is not None, "a step has a rate"
    summary = summarise(requests, load, (seed,))
    p99 = dict(summary.latency.percentiles).get(_PERCENTILE) if summary.latency else None
    value = None if p99 is None else p99.value
    reason = _objection(summary, value, "" if p99 is None else p99.reason, limit_ms, limits)
    return Probe(load.rate, not reason, value, reason or f"p99 {value:.4g} ms within {limit_ms:g} ms")


def _objection(summary: Summary, p99: float | None, missing: str, limit_ms: float, limits: Limits) -> str:
    """Why the rate was not held; empty if it was."""
    failed = sum(count for _, count in summary.failed)
    if summary.latency is None:
        return "no right answer came"
    if failed > limits.failed_share * summary.sent:
        return f"{failed} of {summary.sent} requests failed"
    (repeat,) = summary.repeats
    if repeat.lateness_p99_ms is not None and repeat.lateness_p99_ms > limits.lateness_p99_ms:
        return f"the generator itself was {repeat.lateness_p99_ms:.3g} ms late"
    if piles_up(repeat):
        return "requests pile up"
    if p99 is None:
        return f"the 99th percentile cannot be told: {missing or 'too few requests'}"
    return f"p99 {p99:.4g} ms is above {limit_ms:g} ms" if p99 > limit_ms else ""
