"""The run of a trial whose parts have ended: from rows, bodies of answers and logs to figures and a verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_runs import made_environment, made_requests, made_spec

from vedette.adapters.store.answer_file import AnswerFile
from vedette.adapters.store.request_table import RequestStream
from vedette.adapters.store.samples_log import MAGIC
from vedette.flows.bench.campaign import Trial
from vedette.flows.bench.generator import Part, PartReport
from vedette.rules.wire.answer import read_answer
from vedette.values.requests import Requests, Status
from vedette.values.run import ClientUse, Probe, RefereeReport, RunData
from vedette.values.trial import Introduction, QualityTarget, Scope, TrialSpec
from vedette.values.workload import Load, LoadKind
from vedette.wiring.concluding import Circumstances, conclude
from vedette.wiring.instruments import ProcessInstrument, Site

RED, BLUE = (json.dumps([{"label": label, "score": 0.9}]).encode() for label in ("red", "blue"))


def report_of(rows: Requests, repeat: int, **changes) -> PartReport:
    mine = rows.where(rows.repeat == repeat)
    sent = mine.where(~mine.warm_up)
    use = ClientUse(cpu_s=0.25, wall_s=2.0, requests=len(sent))
    whole = PartReport(use, (), len(sent), under_way_s=float(sent.service_ms.sum()) / 1e3)
    return replace(whole, **changes)


def concluded(
    folder: Path,
    rows: Requests,
    *,
    spec: TrialSpec | None = None,
    answers: Mapping[int, bytes] | None = None,
    reports: Sequence[Mapping[str, object]] = ({},),
    counted: Sequence[int] | None = None,
    probes: Sequence[Probe] = (),
    logs: Mapping[int, bytes] | None = None,
) -> RunData:
    """A run of two images whose right answers are red and blue; a report a repeat, with these fields of its own."""
    spec = spec or replace(made_spec(), quality=(), reference=None)
    site = Site(folder / "rows.arrows", folder / "log", folder / "mlperf", folder / "images", folder)
    stream = RequestStream(site.rows)
    stream.append(rows)
    stream.close()
    kept = AnswerFile(site.answers)
    kept.append(answers or {})
    kept.close()
    for repeat, log in (logs or {}).items():
        site.samples(repeat).write_bytes(log)
    trial = Trial(spec, ProcessInstrument(spec, site, (), None, None, None), Introduction(Scope.IMAGE, "server 1"))
    for repeat, changes in enumerate(reports):
        trial.parts.append((Part(repeat, 100 + repeat, spec.load), report_of(rows, repeat, **changes)))
        trial.order.append(repeat)
    trial.counted = list(range(len(reports)) if counted is None else counted)
    trial.probes = list(probes)
    references = None if spec.reference is None else [read_answer(RED), read_answer(BLUE)]
    return conclude(trial, site, Circumstances("id", "2026-01-02T03:04:05", None, made_environment(), references))


def states(run: RunData) -> dict[str, str]:
    return {check.name: str(check.state) for check in run.run.verdict.checks}


def checked(*quality: QualityTarget) -> TrialSpec:
    return replace(made_spec(), quality=quality, reference="right.jsonl")


def test_rows_become_figures_in_the_order_of_their_due_times(tmp_path: Path) -> None:
    """A recorder has them in the order of their answers."""
    rows = made_requests(repeats=2, count=60)

    data = concluded(tmp_path, rows.where(np.random.default_rng(1).permutation(len(rows))), reports=({}, {}))

    assert np.array_equal(data.requests.scheduled, rows.scheduled)
    assert data.run.summary.sent == 120
    assert [(one.repeat, one.seed) for one in data.run.summary.repeats] == [(0, 100), (1, 101)]
    assert (data.run.client.cpu_s, data.run.client.requests) == (0.5, 120)
    assert data.run.order == (0, 1)


def test_each_body_is_held_against_the_answer_of_its_own_image(tmp_path: Path) -> None:
    """Bodies lie by the number of the row as it was written: right, wrong, garbage, and one whose row was lost."""
    rows = made_requests(repeats=1, count=40, images=2)
    shuffled = rows.where(np.random.default_rng(1).permutation(40))
    answers = {row: (RED, BLUE)[image] for row, image in enumerate(shuffled.image.tolist())}
    answers |= {3: (BLUE, RED)[shuffled.image[3]], 5: b"<html>", 40: RED}

    data = concluded(tmp_path, shuffled, spec=checked(), answers=answers)

    found = dict(zip(data.requests.scheduled.tolist(), data.requests.status.tolist(), strict=True))
    assert found[int(shuffled.scheduled[3])] == Status.WRONG
    assert found[int(shuffled.scheduled[5])] == Status.GARBAGE
    assert list(found.values()).count(Status.OK) == 38
    assert dict(data.run.summary.failed) == {"garbage": 1, "wrong": 1}
    assert data.run.quality.checked == 40
    assert dict(data.run.quality.shares) == {"top1": 0.95}
    assert states(data)["answered"] == "fail"


@pytest.mark.parametrize(("share", "state"), [(0.9, "pass"), (0.96, "fail")])
def test_quality_decides_how_many_may_be_wrong(share: float, state: str, tmp_path: Path) -> None:
    """Two of forty are wrong: 0.95."""
    rows = made_requests(repeats=1, count=40, images=2)
    answers = {row: (RED, BLUE)[image] for row, image in enumerate(rows.image.tolist())} | {0: BLUE, 1: RED}

    data = concluded(tmp_path, rows, spec=checked(QualityTarget("top1", share)), answers=answers)

    assert (states(data)["quality top1"], states(data)["answered"]) == (state, "pass")


def test_a_reference_that_nothing_could_be_compared_with_fails(tmp_path: Path) -> None:
    """No body was kept."""
    data = concluded(tmp_path, made_requests(repeats=1, count=40), spec=checked())

    assert data.run.quality.checked == 0
    assert states(data)["quality"] == "fail"


def test_without_a_row_there_is_a_run_without_a_figure(tmp_path: Path) -> None:
    """Nothing was due."""
    data = concluded(tmp_path, made_requests(repeats=1, count=1).where(slice(0, 0)))

    assert data.run.summary.latency is None
    assert states(data)["answered"] == "fail"
    assert "no request was sent" in data.run.verdict.reasons[0]


def test_a_fault_and_requests_that_were_due_and_not_sent_make_a_run_invalid(tmp_path: Path) -> None:
    """The fault is told; without one the number is."""
    rows = made_requests(repeats=1, count=40)
    for name, changes, told in (("a", {"fault": "disk was full"}, "disk was full"), ("b", {"planned": 41}, "40 of 41")):
        (tmp_path / name).mkdir()
        data = concluded(tmp_path / name, rows, reports=(changes,))

        assert states(data)["whole"] == "fail"
        assert told in data.run.verdict.reasons[0]


def test_a_gauge_that_counted_other_time_than_the_rows_fails(tmp_path: Path) -> None:
    """A row that was lost, as one of ten times its neighbours, is missed by Little's law."""
    rows = made_requests(repeats=1, count=40)
    whole = float(rows.service_ms.sum()) / 1e3
    for name, under_way_s, state in (("a", whole, "pass"), ("b", whole * 1.2, "fail"), ("c", 0.0, "skipped")):
        (tmp_path / name).mkdir()
        data = concluded(tmp_path / name, rows, reports=({"under_way_s": under_way_s},))

        assert states(data)["Little's law"] == state


def test_a_search_counts_the_steps_at_the_rate_that_it_found(tmp_path: Path) -> None:
    """Three steps, of which one counts; all rows are kept; the figures are those of a Poisson load."""
    rows = made_requests(repeats=3, count=120)
    load = Load(LoadKind.PEAK, limit_ms=50.0, rate=100.0, duration_s=10.0)
    probes = [Probe(50.0, True, 20.0, "held"), Probe(100.0, False, 90.0, "no"), Probe(70.0, True, 30.0, "held")]

    data = concluded(
        tmp_path,
        rows,
        spec=replace(made_spec(), load=load, quality=(), reference=None),
        reports=({}, {}, {}),
        counted=[2],
        probes=probes,
    )

    assert len(data.requests) == 360
    assert [one.repeat for one in data.run.summary.repeats] == [2]
    assert data.run.summary.repeats[0].seed == 102
    assert data.run.summary.repeats[0].slope is not None
    assert data.run.probes == tuple(probes)
    assert data.run.spec.load.kind is LoadKind.PEAK


def test_a_referee_that_calls_one_repeat_invalid_is_heard(tmp_path: Path) -> None:
    """Though the first repeat was well."""
    good, bad = (RefereeReport("LoadGen", valid, (), (("QPS", 1.0),)) for valid in (True, False))

    data = concluded(tmp_path, made_requests(repeats=2, count=60), reports=({"referee": good}, {"referee": bad}))

    assert data.run.referee == bad
    assert states(data)["referee"] == "warn"


def test_the_first_reason_of_each_kind_is_a_note(tmp_path: Path) -> None:
    """Over all repeats."""
    reports = (
        {"reasons": (("http_error", "500"),)},
        {"reasons": (("http_error", "503"), ("timeout", "no answer within 1 s"))},
    )

    data = concluded(tmp_path, made_requests(repeats=2, count=20), reports=reports)

    assert data.run.notes == ("http error: 500", "timeout: no answer within 1 s")


def test_a_log_of_the_monitor_that_is_damaged_costs_its_samples_and_no_figure(tmp_path: Path) -> None:
    """Empty, or cut off right after its first bytes: the run says what is missing."""
    rows = made_requests(repeats=2, count=20)

    data = concluded(tmp_path, rows, reports=({}, {}), logs={0: b"", 1: MAGIC})

    assert data.run.summary.sent == 40
    assert [note for note in data.run.notes if "not watched in repeat 0" in note]
    assert data.samples is not None
    assert len(data.samples.at_ns) == 0
    assert states(data)["steal"] == "skipped"
