"""The figures of a run out of the rows of its requests.

    rows -> a repeat each -> cuts -> those that count -> right answers -> distributions, throughput
                                                      -> all rows      -> under way, backlog, lateness
         -> all repeats: right answers that count, pooled

It does not judge: whether the figures may be quoted is for the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.rules.stats.backlog import backlog_slope
from vedette.rules.stats.cuts import counting, cuts_of
from vedette.rules.stats.distribution import distribution
from vedette.rules.stats.intervals import repeats_estimate
from vedette.rules.stats.little import littles_law
from vedette.rules.stats.quantiles import nearest_rank
from vedette.rules.stats.steady import stationarity
from vedette.rules.stats.throughput import throughput
from vedette.values.evidence import Cuts, Estimate, RepeatSummary, Summary
from vedette.values.requests import Column, Requests, Status, joined
from vedette.values.workload import Load, LoadKind

_FIRST = 10


def summarise(requests: Requests, load: Load, seeds: Sequence[int]) -> Summary:
    """The figures of a run.

    Only right answers enter latencies, service times and throughput; failures are counted by name. Requests of the
    declared warm-up never count, though those still under way are part of the load that the first others met.

    Args:
        requests: rows of all repeats, in the order of `repeat`, then `scheduled`.
        load: what was asked.
        seeds: of the schedules: one for each repeat that has rows, in their order; or of repeats 0, 1, 2 ..., of which
            some may have no rows and are left out.

    Raises:
        ValueError: a repeat has no seed.
    """
    numbers = np.unique(requests.repeat).tolist()
    seed_of = _seeds_by_number(numbers, seeds)
    measured = requests.where(~requests.warm_up)
    tables = [requests.where(requests.repeat == number) for number in numbers]
    steady = [(table, cuts_of(table.where(~table.warm_up), load)) for table in tables]
    repeats = tuple(
        _repeat(table, load, cuts, seed_of[number]) for number, (table, cuts) in zip(numbers, steady, strict=True)
    )
    pooled = joined([_counted(table, cuts) for table, cuts in steady])
    right = pooled.where(pooled.ok)
    return Summary(
        sent=len(measured),
        failed=_failures(measured.status),
        latency=distribution(right.latency_ms),
        service=distribution(right.service_ms),
        throughput=_over_repeats(repeats),
        first_ten_ms=_first_ten(tables[0]) if tables else (),
        repeats=repeats,
    )


def _seeds_by_number(numbers: Sequence[int], seeds: Sequence[int]) -> dict[int, int]:
    if len(numbers) == len(seeds):
        return dict(zip(numbers, seeds, strict=True))
    if numbers and numbers[-1] >= len(seeds):
        raise ValueError(f"repeats {numbers} with {len(seeds)} seeds")
    return {number: seeds[number] for number in numbers}


def _repeat(table: Requests, load: Load, cuts: Cuts, seed: int) -> RepeatSummary:
    counts = _counted(table, cuts)
    right = counts.where(counts.ok)
    begin_s, end_s = _seconds(table, table.scheduled), _seconds(table, table.done)
    chosen = _chosen(table, cuts)
    law = littles_law(begin_s, end_s, chosen)
    paced = load.kind.is_open or load.kind in (LoadKind.PEAK, LoadKind.MLPERF_SERVER)
    return RepeatSummary(
        repeat=int(table.repeat[0]),
        seed=seed,
        cuts=cuts,
        latency=distribution(right.latency_ms),
        service=distribution(right.service_ms),
        throughput=throughput(_seconds(table, right.scheduled), _seconds(table, right.done)),
        in_flight=law.in_flight if law else 0.0,
        little_gap=law.gap if law else None,
        slope=backlog_slope(begin_s, end_s, chosen) if paced else None,
        stationary=stationarity(right.latency_ms),
        lateness_p99_ms=nearest_rank(counts.lateness_ms, 0.99) if paced and len(counts) else None,
    )


def _counted(table: Requests, cuts: Cuts) -> Requests:
    return counting(table.where(~table.warm_up), cuts)


def _chosen(table: Requests, cuts: Cuts) -> Column:
    """Mask of the rows of a repeat that count, its declared warm-up among the rows."""
    rows = np.flatnonzero(~table.warm_up)
    mask = np.zeros(len(table), np.bool_)
    mask[rows[cuts.warm_up : len(rows) - cuts.cool_down]] = True
    return mask


def _seconds(table: Requests, times_ns: Column) -> Column:
    """Seconds since the first request of the repeat was due: small numbers keep their nanoseconds as floats."""
    return np.asarray((times_ns - table.scheduled.min()) / 1e9)


def _failures(status: Column) -> tuple[tuple[str, int], ...]:
    counts = ((each.name.lower(), int((status == each).sum())) for each in Status if each is not Status.OK)
    return tuple((name, count) for name, count in counts if count)


def _over_repeats(repeats: Sequence[RepeatSummary]) -> Estimate:
    """A repeat without a right answer has no rate; it is left out here and fails the run elsewhere."""
    if len(repeats) == 1:
        return repeats[0].throughput
    known = [each.throughput.value for each in repeats if each.throughput.value is not None]
    if not known:
        return Estimate(None, reason=repeats[0].throughput.reason if repeats else "no request was sent")
    return repeats_estimate(known)


def _first_ten(table: Requests) -> tuple[float | None, ...]:
    measured = table.where(~table.warm_up)
    first = measured.where(np.argsort(measured.sent, kind="stable")[:_FIRST])
    pairs = zip(first.service_ms.tolist(), first.ok.tolist(), strict=True)
    return tuple(time_ms if ok else None for time_ms, ok in pairs)
