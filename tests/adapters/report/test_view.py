"""A report as plain data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_runs import made_run
from report_runs import closed, hostile, monitored, nothing_of, single, unanswered, unsent

from vedette.adapters.report.view import Pair, build_view
from vedette.values.evidence import Check, State, Verdict
from vedette.values.run import Probe, RefereeReport, RunData
from vedette.values.trial import Placement
from vedette.values.workload import Load, LoadKind


def judged(data: RunData, *checks: Check) -> RunData:
    return replace(data, run=replace(data.run, verdict=Verdict(checks)))


def test_the_figures_are_those_of_the_run() -> None:
    """Values and intervals are the summary's, unrounded."""
    data = made_run()
    latency = data.run.summary.latency
    assert latency is not None
    shares = dict(latency.percentiles)

    figures = {one.key: one.estimate for one in build_view([data]).runs[0].figures}

    assert list(figures) == ["p50", "p90", "p99", "max", "service-p50", "service-p99", "throughput"]
    assert (figures["p50"], figures["p90"], figures["p99"]) == (shares[50], shares[90], shares[99])
    assert figures["max"].value == latency.maximum
    assert figures["throughput"] == data.run.summary.throughput


@pytest.mark.parametrize("make", [made_run, single, unanswered, unsent, hostile])
def test_no_figure_stands_without_interval_or_reason(make: object) -> None:
    """In every kind of run each key figure carries one of both."""
    view = build_view([make()]).runs[0]  # type: ignore[operator]

    for one in view.figures:
        assert one.estimate.low is not None or one.estimate.reason, one.key
        assert one.estimate.value is not None or one.estimate.reason, one.key


def test_an_invalid_run_says_so_first() -> None:
    """Reasons are the failed checks' sentences; nothing may be said; failed checks stand above the others."""
    data = judged(
        made_run(),
        Check("lateness", State.PASS, "on time"),
        Check("backlog", State.FAIL, "requests pile up"),
        Check("steal", State.SKIPPED, "not told"),
        Check("repeats", State.WARN, "few repeats"),
    )

    run = build_view([data]).runs[0]

    assert not run.valid
    assert run.reasons == ("requests pile up",)
    assert run.warnings == ("few repeats",)
    assert [check.name for check in run.checks] == ["backlog", "repeats", "lateness", "steal"]
    assert run.advice.may == ()
    assert "INVALID" in run.advice.may_not[0]
    assert any("vedette bench replay" in step for step in run.advice.next_steps)


def test_a_run_without_samples_has_no_hardware() -> None:
    """The monitor was off: nothing is drawn of the machine."""
    run = build_view([made_run(monitored=False)]).runs[0]

    assert run.hardware == ()
    assert run.absences == ()
    assert run.over_time is not None


def test_a_run_without_answers() -> None:
    """No distribution; failures are counted by reason."""
    data = unanswered()
    assert nothing_of(data.run.summary)

    run = build_view([data]).runs[0]

    assert run.ecdf is None
    assert run.median_ms is None
    assert run.failed_count == 30
    assert run.failed == "30 of 30 requests (100 %): 30 refused"
    assert run.first_ten == (None,) * 10


def test_a_run_in_which_nothing_was_sent() -> None:
    """No chart at all, and no division by zero."""
    run = build_view([unsent()]).runs[0]

    assert run.over_time is None
    assert run.first_ten == ()
    assert run.failed == "none of 0 requests"


def test_a_run_of_one_request() -> None:
    """It has a figure, no interval, and says why."""
    run = build_view([single()]).runs[0]

    p50 = next(one.estimate for one in run.figures if one.key == "p50")
    assert p50.value is not None
    assert p50.low is None
    assert p50.reason


def test_several_runs_stand_side_by_side() -> None:
    """A row and an anchor each, in their order; the title counts them."""
    runs = [made_run(id="a"), made_run(id="b", mean_ms=12.0)]

    view = build_view(runs)

    assert view.title == "2 runs measured"
    assert view.side_by_side is not None
    assert [row[0] for row in view.side_by_side.rows] == ["a", "b"]
    assert len({run.key for run in view.runs}) == 2
    assert view.together is not None
    assert build_view(runs[:1]).side_by_side is None


def test_advice_follows_from_how_it_was_measured() -> None:
    """A closed loop, shared cores, no reference and a single image each take something away."""
    data = closed(made_run(repeats=1))
    run = data.run
    spec = replace(run.spec, inputs=replace(run.spec.inputs, count=1))
    quality = replace(run.quality, reference=None, shares=())
    data = replace(data, run=replace(run, spec=spec, quality=quality))

    advice = build_view([data]).runs[0].advice

    told = " ".join(advice.may_not)
    for words in ("closed loop", "cores to itself", "answers are right", "a cache may answer", "5 or more repeats"):
        assert words in told
    assert any("--load poisson --rate " in step for step in advice.next_steps)


def test_advice_takes_nothing_away_that_was_shown() -> None:
    """Open loop, own cores, checked answers, a campaign of five repeats: none of these doubts."""
    data = made_run(campaign="c", count=1500)
    environment = replace(data.run.environment, placement=Placement.DISJOINT)
    data = replace(data, run=replace(data.run, environment=environment))

    told = " ".join(build_view([data]).runs[0].advice.may_not)

    for words in ("closed loop", "cores to itself", "answers are right", "cache", "repeats", "p99:"):
        assert words not in told


def test_a_search_tells_its_answer_and_its_steps() -> None:
    """The highest rate that held is said, every step is listed."""
    data = made_run()
    probes = (Probe(50.0, True, 20.0, ""), Probe(100.0, False, 900.0, "p99 above 100 ms"), Probe(75.0, True, 60.0, ""))
    spec = replace(data.run.spec, load=Load(LoadKind.PEAK, limit_ms=100.0, duration_s=5.0))
    data = replace(data, run=replace(data.run, probes=probes, spec=spec))

    run = build_view([data]).runs[0]

    assert "The highest rate tried that held was 75.0 requests/s." in run.advice.may
    sheet = next(sheet for sheet in run.sheets if sheet.title == "Search for the highest rate")
    assert [row[1] for row in sheet.rows] == ["held", "not held", "held"]


def test_the_referee_stands_beside_our_verdict() -> None:
    """LoadGen's verdict and figures are shown by its own names."""
    data = made_run()
    referee = RefereeReport("MLPerf LoadGen", False, ("Min queries not met",), (("Mean latency (ns)", 1e7),))

    run = build_view([replace(data, run=replace(data.run, referee=referee))]).runs[0]

    assert run.referee == referee
    assert any(
        "MLPerf LoadGen" in sheet.title and sheet.rows == (("Mean latency (ns)", "10,000,000"),) for sheet in run.sheets
    )


def test_what_the_monitor_could_not_read_is_told() -> None:
    """With the reason."""
    run = build_view([monitored(made_run())]).runs[0]

    assert [(fact.name, fact.text) for fact in run.absences] == [
        ("energy.rapl", "this machine has no /sys/class/powercap")
    ]


def test_the_same_runs_give_the_same_view() -> None:
    """Nothing in it depends on when it is made."""
    assert build_view([monitored(made_run())]) == build_view([monitored(made_run())])


def test_incomparable_runs_share_no_chart() -> None:
    """A picture of both would be a comparison."""
    runs = [made_run(id="a"), made_run(id="b"), made_run(id="c")]
    apart = Pair("a", "b", incomparable=("another machine",))

    assert build_view(runs[:2], pairs=(apart,)).together is None
    both = build_view(runs, pairs=(apart,)).together
    assert both is not None
    assert [one.label[-2:] for one in both.series] == ["a)", "c)"]


def test_steps_of_a_search_are_named_by_their_rate() -> None:
    """A reader sees what was tried where."""
    data = made_run(repeats=2)
    probes = (Probe(50.0, True, 20.0, ""), Probe(100.0, False, 900.0, "p99 above 100 ms"))

    plot = build_view([replace(data, run=replace(data.run, probes=probes))]).runs[0].over_time

    assert plot is not None
    assert [mark.label for mark in plot.marks] == ["50.0/s held", "100/s not held"]
