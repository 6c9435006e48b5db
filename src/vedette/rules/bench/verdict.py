"""What makes a run INVALID: every rule, its limit, and the sentence that a reader gets.

Summary, requests, what the generator cost, what the machine did -> Check, Check, ... -> Verdict

A check that does not apply says why; it never passes in silence.
"""

from __future__ import annotations

from collections.abc import Mapping

from vedette.rules.bench.backlog import piles_up
from vedette.rules.bench.circumstances import checks_of_circumstances, one_line
from vedette.rules.bench.evidence import Evidence
from vedette.values.evidence import Check, State, Summary, Verdict
from vedette.values.trial import TargetKind
from vedette.values.workload import LoadKind

_SHIFTING = (LoadKind.RAMP, LoadKind.TRACE, LoadKind.BURST, LoadKind.SCENARIO_1)


def judge(evidence: Evidence) -> Verdict:
    """Every check, in the order in which a reader asks."""
    checks = [
        _whole(evidence),
        _answered(evidence),
        *_quality(evidence),
        _lateness(evidence),
        _client(evidence),
        _backlog(evidence),
        _stationary(evidence),
        _little(evidence),
        _sample(evidence),
        *checks_of_circumstances(evidence),
    ]
    return Verdict(tuple(checks))


def _whole(evidence: Evidence) -> Check:
    name = "whole"
    if evidence.faults:
        return Check(name, State.FAIL, f"the run ended early: {one_line(evidence.faults[0])}")
    if evidence.planned is not None and evidence.summary.sent < evidence.planned:
        sent, planned = evidence.summary.sent, evidence.planned
        return Check(name, State.FAIL, f"{sent} of {planned} requests that were due were sent", sent, planned)
    return Check(name, State.PASS, "every request that was due was sent")


def _answered(evidence: Evidence) -> Check:
    summary, limit = evidence.summary, evidence.spec.limits.failed_share
    if not summary.sent:
        peak = evidence.spec.load.kind is LoadKind.PEAK
        told = (
            "no request counts: no rate held the limit" if peak else "no request was sent: none was due before the end"
        )
        return Check("answered", State.FAIL, told)
    if summary.latency is None:
        return Check("answered", State.FAIL, f"no right answer came to {summary.sent} requests{_by_reason(summary)}")
    judged = {"wrong"} if evidence.spec.quality else set()  # --quality says how many of these there may be
    failed = {name: count for name, count in summary.failed if name not in judged}
    share = _failed_share(evidence, failed)
    told = f"{sum(count for _, count in summary.failed)} of {summary.sent} requests failed{_by_reason(summary)}"
    if evidence.unchecked:
        told += (
            f"; {evidence.unchecked} answers were not kept to be checked: {share:.1%} fail if they are like the others"
        )
    if share > limit:
        return Check("answered", State.FAIL, f"{told}: more than {limit:.1%}", share, limit)
    return Check("answered", State.PASS, told, share, limit)


def _failed_share(evidence: Evidence, failed: Mapping[str, int]) -> float:
    """Of all that was sent; of answers that were not checked, as many are wrong or unreadable as of the others."""
    read = sum(failed.get(name, 0) for name in ("wrong", "garbage"))
    others = sum(failed.values()) - read
    checked = evidence.quality.checked
    unread = evidence.unchecked * read / checked if checked else 0.0
    return (others + read + unread) / evidence.summary.sent


def _by_reason(summary: Summary) -> str:
    kinds = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in summary.failed if count)
    return f" ({kinds})" if kinds else ""


def _quality(evidence: Evidence) -> list[Check]:
    quality = evidence.quality
    if quality.reference is None:
        return [Check("quality", State.WARN, "answers were not checked: name a reference with --reference")]
    if not quality.checked:
        return [Check("quality", State.FAIL, f"no answer could be compared with {quality.reference}")]
    reached = dict(quality.shares)
    checks = []
    for target in evidence.spec.quality:
        share = reached.get(target.metric)
        if share is None:
            sentence = f"{target.metric} could not be reckoned from the answers"
            checks.append(Check(f"quality {target.metric}", State.FAIL, sentence, None, target.share))
            continue
        met = share >= target.share
        told = f"{target.metric} {share:.4f} against {quality.reference} over {quality.checked} answers"
        sentence = f"{told}, {'at least' if met else 'below'} {target.share:g}"
        checks.append(
            Check(f"quality {target.metric}", State.PASS if met else State.FAIL, sentence, share, target.share)
        )
    return checks


def _lateness(evidence: Evidence) -> Check:
    name, limit = "lateness", evidence.spec.limits.lateness_p99_ms
    late = [each.lateness_p99_ms for each in evidence.summary.repeats if each.lateness_p99_ms is not None]
    if not late:
        return Check(name, State.SKIPPED, "clients that wait for answers have no schedule to be late for")
    worst = max(late)
    told = f"99 % of the requests were sent within {worst:.3g} ms of their time"
    if worst > limit:
        return Check(name, State.FAIL, f"{told}: the generator was too late (limit {limit:g} ms)", worst, limit)
    return Check(name, State.PASS, told, worst, limit)


def _client(evidence: Evidence) -> Check:
    name, limit = "client", evidence.spec.limits.client_cpu_share
    use = evidence.client
    share = use.cpu_s / use.wall_s if use.wall_s else 0.0
    if evidence.spec.target.kind is TargetKind.INPROCESS:
        return Check(name, State.SKIPPED, "the model runs in the generator's process: their CPU time is one")
    if evidence.spec.target.kind is TargetKind.NULL:
        return Check(name, State.SKIPPED, f"the generator used {share:.0%} of one core, and is what is measured", share)
    told = f"the generator used {share:.0%} of one core"
    if share > limit:
        return Check(name, State.FAIL, f"{told}: more than {limit:.0%}, it may have been the bottleneck", share, limit)
    return Check(name, State.PASS, told, share, limit)


def _backlog(evidence: Evidence) -> Check:
    name = "backlog"
    grown = [repeat for repeat in evidence.summary.repeats if piles_up(repeat)]
    if all(repeat.slope is None for repeat in evidence.summary.repeats):
        return Check(name, State.SKIPPED, "clients that wait for answers build no backlog")
    if grown:
        slope = grown[0].slope
        assert slope is not None
        assert slope.value is not None
        sentence = (
            f"requests pile up: {slope.value:.3g} more under way each second in repeat {grown[0].repeat}; the target "
            "cannot hold this rate, and its latency is that of a queue without end"
        )
        return Check(name, State.FAIL, sentence, slope.value, 0.0)
    return Check(name, State.PASS, "the number of requests under way does not grow")


def _stationary(evidence: Evidence) -> Check:
    name, kind = "stationary", evidence.spec.load.kind
    if kind in _SHIFTING:
        return Check(name, State.SKIPPED, f"a load of kind {kind} is meant to change")
    known = [repeat for repeat in evidence.summary.repeats if repeat.stationary is not None]
    if not known:
        return Check(name, State.WARN, "too few requests to tell whether the target was steady: measure longer")
    moved = [repeat for repeat in known if not repeat.stationary]
    told = f"{len(moved)} of {len(known)} repeats moved between their windows"
    if len(moved) * 2 > len(known):
        return Check(name, State.FAIL, f"{told}: the figures depend on when one looks", len(moved), len(known) / 2)
    if moved:
        return Check(name, State.WARN, told, len(moved), len(known) / 2)
    return Check(name, State.PASS, "the windows of each repeat agree")


def _little(evidence: Evidence) -> Check:
    """L = lambda W over all that was sent: the gauge of open requests gives L, the rows give lambda W."""
    name, limit, gap = "Little's law", evidence.spec.limits.little_gap, evidence.little_gap
    if gap is None:
        return Check(name, State.SKIPPED, "no request was sent")
    told = f"the rows tell of {gap:.2%} more or less time under way than a gauge of open requests"
    if gap > limit:
        return Check(name, State.FAIL, f"{told}: more than {limit:.0%}, rows or stamps are wrong", gap, limit)
    return Check(name, State.PASS, told, gap, limit)


def _sample(evidence: Evidence) -> Check:
    latency = evidence.summary.latency
    if latency is None:
        return Check("sample", State.SKIPPED, "no request was answered")
    p99 = dict(latency.percentiles).get(99.0)
    if p99 is None or p99.value is None:
        reason = p99.reason if p99 is not None else "it was not asked for"
        return Check("sample", State.WARN, f"there is no 99th percentile: {reason}", latency.count)
    return Check("sample", State.PASS, f"{latency.count} answers count", latency.count)
