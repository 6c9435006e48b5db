"""Charts of requests: over time with the cuts, and the distribution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import made_run
from report_runs import single, stalled, unanswered, unsent

from vedette.adapters.report import latency
from vedette.adapters.report.latency import distribution, latencies, over_time, together
from vedette.adapters.report.plot import Plot, Series, Shape
from vedette.adapters.report.times import stretches
from vedette.values.run import RunData


def timeline(data: RunData) -> Plot:
    plot = over_time(data, stretches(data.requests), "run1")
    assert plot is not None
    return plot


def series(plot: Plot, label: str) -> Series:
    return next(one for one in plot.series if one.label == label)


def test_every_request_of_every_repeat_is_there() -> None:
    """Latency and service time of the right answers, declared warm-up and failures apart."""
    data = made_run(repeats=3, count=50, warm_up=4, failed=2)

    plot = timeline(data)

    assert {one.label: one.total for one in plot.series} == {
        "declared warm-up": 12,
        "service time": 144,
        "latency": 144,
        "failure": 6,
    }
    right = data.requests.ok & ~data.requests.warm_up
    assert sorted(series(plot, "latency").y) == pytest.approx(sorted(data.requests.latency_ms[right]))
    assert sorted(series(plot, "service time").y) == pytest.approx(sorted(data.requests.service_ms[right]))
    assert series(plot, "failure").shape is Shape.RUG


def test_the_cuts_are_shaded_where_they_were_made() -> None:
    """Declared warm-up ends with the first request that counts; MSER-5's cut with the first that was kept."""
    data = made_run(repeats=2, count=100, warm_up=10, rate=50.0)
    first, second = data.run.summary.repeats
    cuts = replace(first.cuts, warm_up=20, cool_down=10)
    summary = replace(data.run.summary, repeats=(replace(first, cuts=cuts), second))
    data = replace(data, run=replace(data.run, summary=summary))

    bands = timeline(data).bands

    warm, cut, cool = bands[:3]
    assert (warm.low, warm.high) == (0.0, pytest.approx(10 / 50))
    assert (cut.low, cut.high) == (pytest.approx(10 / 50), pytest.approx(30 / 50))
    assert cool.low == pytest.approx(100 / 50)
    assert cool.high == stretches(data.requests)[0].end_s
    assert [band.kind for band in (warm, cut, cool)] == ["warm", "cut", "cut"]
    assert "20 requests" in cut.label


def test_a_stall_is_seen_in_full() -> None:
    """A second of standstill shows as latencies up to a second; service time is as ever."""
    plot = timeline(stalled())

    assert plot.y.log
    assert max(series(plot, "latency").y) > 1000
    assert max(series(plot, "service time").y) < 50


def test_a_thinned_chart_says_so_and_keeps_the_extremes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caption tells how many of how many are drawn."""
    monkeypatch.setattr(latency, "MOST_DOTS", 100)
    data = made_run(repeats=2, count=400)

    plot = timeline(data)

    drawn = series(plot, "latency")
    assert len(drawn.x) <= 100 < drawn.total == 800
    assert min(drawn.y) == pytest.approx(data.requests.latency_ms.min())
    assert max(drawn.y) == pytest.approx(data.requests.latency_ms.max())
    assert "Thinned for display" in plot.caption
    assert f"{len(drawn.x):,} of 800 (latency)" in plot.caption


def test_failures_alone_still_make_a_chart() -> None:
    """Ticks where requests failed, and nothing else; no distribution."""
    plot = timeline(unanswered())

    assert [one.label for one in plot.series] == ["failure"]
    assert distribution(unanswered(), "run1") is None


def test_nothing_sent_makes_no_chart() -> None:
    """There is no time axis."""
    assert over_time(unsent(), (), "run1") is None


def test_one_request_makes_a_chart() -> None:
    """A dot, and a distribution of one step."""
    plot = distribution(single(), "run1")

    assert len(series(timeline(single()), "latency").x) == 1
    assert plot is not None
    assert plot.series[0].y == (100.0,)


def test_the_distribution_is_of_the_answers_that_count() -> None:
    """What was cut is not in it; p50 and p99 stand with their intervals."""
    data = made_run(repeats=2, count=300)

    plot = distribution(data, "run1")

    assert plot is not None
    summary = data.run.summary.latency
    assert summary is not None
    assert plot.series[0].total == summary.count == len(latencies(data))
    shares = dict(summary.percentiles)
    assert [mark.x for mark in plot.marks] == [shares[50].value, shares[99].value]
    assert [(band.low, band.high) for band in plot.bands] == [(one.low, one.high) for one in (shares[50], shares[99])]
    assert max(plot.series[0].x) == summary.maximum


def test_a_refused_percentile_is_not_drawn() -> None:
    """Too few values for p99: no line for it."""
    plot = distribution(made_run(repeats=1, count=60), "run1")

    assert plot is not None
    assert [mark.label.split()[0] for mark in plot.marks] == ["p50"]


def test_runs_without_answers_are_not_laid_side_by_side() -> None:
    """Two curves at least make a comparison."""
    data = made_run(repeats=1)

    both = together([data, data], ["a", "b"])

    assert both is not None
    assert [one.label for one in both.series] == ["a", "b"]
    assert len({one.colour for one in both.series}) == 2
    assert together([data, unanswered()], ["a", "b"]) is None


def test_cuts_leave_at_most_all() -> None:
    """A run of which everything was cut has no distribution and does not break."""
    data = made_run(repeats=1, count=30)
    repeat = data.run.summary.repeats[0]
    cuts = replace(repeat.cuts, warm_up=30)
    summary = replace(data.run.summary, repeats=(replace(repeat, cuts=cuts),))
    data = replace(data, run=replace(data.run, summary=summary))

    assert distribution(data, "run1") is None
    assert timeline(data).bands[0].high == stretches(data.requests)[0].end_s
    assert np.isfinite(timeline(data).x.high)
