"""From what was recorded to what it is worth: rows and answers and samples become a Run.

rows -> answers judged -> wrong ones are failures -> Summary    samples -> Surroundings    both -> Verdict -> Run
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vedette.adapters.store.answer_file import read_answers
from vedette.adapters.store.request_table import read_requests
from vedette.errors import InvalidError, NotFoundError
from vedette.flows.bench.campaign import Trial
from vedette.rules.bench.evidence import Evidence, Surroundings
from vedette.rules.bench.judge import judge as judge_answers
from vedette.rules.bench.repeated import again_ratio
from vedette.rules.bench.verdict import judge
from vedette.rules.monitor.joining import joined_samples
from vedette.rules.monitor.rates import other_cpu_share, steal_share, throttled_share
from vedette.rules.stats.summary import summarise
from vedette.rules.wire.answer import read_answer
from vedette.values.answer import Answer
from vedette.values.environment import Environment
from vedette.values.reading import Samples
from vedette.values.requests import Requests, Status, joined
from vedette.values.run import ClientUse, Quality, Run, RunData
from vedette.values.workload import LoadKind
from vedette.wiring.instruments import ProcessInstrument, Site


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a run beside its trial: id, start, campaign, environment, right answers, cold start."""

    id: str
    started: str
    campaign: str | None
    environment: Environment
    references: Sequence[Answer] | None
    cold_start_s: float | None = None


def conclude(trial: Trial, site: Site, known: Circumstances) -> RunData:
    """The run of a trial whose parts have ended, or broken off."""
    assert trial.introduction is not None, "a trial that never began has no run"
    assert isinstance(trial.instrument, ProcessInstrument)
    requests = _rows(site)
    requests, quality = _judged(requests, trial, site, known.references)
    requests = requests.ordered()
    counted = requests.where(np.isin(requests.repeat, trial.counted))
    seeds = tuple(part.seed for part, _ in trial.parts if part.repeat in trial.counted)
    load = replace(trial.spec.load, kind=LoadKind.POISSON) if trial.spec.load.kind is LoadKind.PEAK else trial.spec.load
    summary = summarise(counted, load, seeds)
    samples = trial.instrument.samples([part.repeat for part, _ in trial.parts])
    reports = [report for part, report in trial.parts if part.repeat in trial.counted]
    client = _sum([report.client for report in reports])
    planned = [report.planned for report in reports]
    referees = sorted((each.referee for each in reports if each.referee is not None), key=lambda each: each.valid)
    referee = referees[0] if referees else None  # one repeat that it calls INVALID speaks for all
    evidence = Evidence(
        spec=trial.spec,
        introduction=trial.introduction,
        placement=known.environment.placement,
        summary=summary,
        client=client,
        quality=quality,
        surroundings=_surroundings(samples),
        planned=None if None in planned else sum(number or 0 for number in planned),
        faults=tuple(report.fault for report in reports if report.fault),
        little_gap=_little_gap(counted, [report.under_way_s for report in reports]),
        unchecked=_unchecked(counted, quality),
        again_ratio=again_ratio(counted, {repeat.repeat: repeat.cuts.warm_up for repeat in summary.repeats}),
        referee=referee,
    )
    run = Run(
        id=known.id,
        started=known.started,
        campaign=known.campaign,
        order=tuple(trial.order),
        spec=trial.spec,
        environment=known.environment,
        introduction=trial.introduction,
        summary=summary,
        verdict=judge(evidence),
        quality=quality,
        client=client,
        referee=referee,
        probes=tuple(trial.probes),
        notes=(*trial.notes, *trial.instrument.notes, *_reasons(trial)),
        cold_start_s=known.cold_start_s,
    )
    return RunData(run, requests, joined_samples(samples))


def _rows(site: Site) -> Requests:
    try:
        return read_requests(site.rows)
    except NotFoundError:
        return joined([])


def _judged(
    requests: Requests, trial: Trial, site: Site, references: Sequence[Answer] | None
) -> tuple[Requests, Quality]:
    """The requests with wrong and unreadable answers as failures, and how answers agreed with the reference."""
    reference = trial.spec.reference
    if references is None or reference is None or not site.answers.exists():
        return requests, Quality(None, 0, ())
    status = requests.status.copy()
    rows: list[int] = []
    answers: list[Answer | None] = []
    for row, body in read_answers(site.answers):
        if row < len(requests):  # a full disk may have kept an answer and not its row
            rows.append(row)
            answers.append(_readable(body))
    images = [int(requests.image[row]) for row in rows]
    judged = judge_answers(images, answers, dict(enumerate(references)), trial.spec.quality)
    for row, answer, is_right in zip(rows, answers, judged.right, strict=True):
        if not is_right:
            status[row] = Status.GARBAGE if answer is None else Status.WRONG
    shares = tuple((metric, share.value) for metric, share in judged.shares if share.value is not None)
    return replace(requests, status=status), Quality(reference, len(rows), shares, judged.examples)


def _readable(body: bytes) -> Answer | None:
    try:
        return read_answer(body)
    except InvalidError:
        return None


def _surroundings(parts: Sequence[Samples]) -> Surroundings:
    """The worst of all parts."""
    if not parts:
        return Surroundings(None, None, None, "nothing was monitored")
    return Surroundings(
        _worst(steal_share(part) for part in parts),
        _worst(throttled_share(part) for part in parts),
        _worst(other_cpu_share(part) for part in parts),
        "this system does not tell, or the run was too short for two readings",
    )


def _worst(shares: Iterable[float | None]) -> float | None:
    return max((share for share in shares if share is not None), default=None)


def _unchecked(requests: Requests, quality: Quality) -> int:
    """Answers of the requests that count, beyond those that were checked (of which some may be of the warm-up)."""
    if quality.reference is None:
        return 0
    came = np.isin(requests.status, (Status.OK, Status.WRONG, Status.GARBAGE)) & ~requests.warm_up
    return max(0, int(came.sum()) - quality.checked)


def _little_gap(requests: Requests, under_way_s: Sequence[float]) -> float | None:
    """Seconds under way by the gauge against those of the rows, of everything that was sent but the warm-up."""
    sent = requests.where(~requests.warm_up)
    gauge = sum(under_way_s)
    return abs(float(sent.service_ms.sum()) / 1e3 - gauge) / gauge if gauge else None


def _sum(uses: Sequence[ClientUse]) -> ClientUse:
    return ClientUse(sum(use.cpu_s for use in uses), sum(use.wall_s for use in uses), sum(use.requests for use in uses))


def _reasons(trial: Trial) -> tuple[str, ...]:
    """The first reason in words for every kind of failure."""
    found: dict[str, str] = {}
    for _, report in trial.parts:
        for status, reason in report.reasons:
            found.setdefault(status, reason)
    return tuple(f"{status.replace('_', ' ')}: {reason}" for status, reason in found.items() if reason)
