"""`vedette bench show`."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import typer
from made_runs import made_run
from typer.testing import CliRunner

from vedette.adapters.store.runs import RunsFolder
from vedette.cli import bench_show
from vedette.errors import NotFoundError, UsageError
from vedette.rules.stats.counted import counted
from vedette.values.evidence import Check, State
from vedette.values.requests import joined
from vedette.values.run import Probe, RefereeReport, RunData
from vedette.wiring.runs import home_runs

app = typer.Typer()
app.command()(bench_show.show)


def stored(data: RunData) -> RunData:
    RunsFolder(home_runs()).create(data.run.id).finish(data)
    return data


def shown(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_invalid_run_begins_with_its_reasons() -> None:
    """The first word is the verdict, and the lines after it are the sentences of the checks that failed."""
    checks = (
        Check("a", State.PASS, "all was well here"),
        Check("b", State.FAIL, "the generator sent 9 ms late, the limit is 5 ms", 9.0, 5.0),
        Check("c", State.FAIL, "3 % of the requests failed"),
        Check("d", State.WARN, "few repeats"),
    )
    stored(made_run(id="a", checks=checks, notes=("the disk was slow",)))

    assert shown("a").splitlines()[:5] == [
        "INVALID  a",
        "  because the generator sent 9 ms late, the limit is 5 ms",
        "  because 3 % of the requests failed",
        "  mind: few repeats",
        "  note: the disk was slow",
    ]


def test_table_holds_figures_with_their_intervals() -> None:
    """A line a figure, with latency, service time and both intervals; what is refused is `-`, its reason below."""
    summary = stored(made_run(id="a", failed=4)).run.summary
    assert summary.latency is not None
    assert summary.service is not None
    latency, service, rate = summary.latency.mean, summary.service.mean, summary.throughput
    text = shown("a")
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}

    assert lines["mean"][1:4] == [f"{latency.value:.2f}", f"{latency.low:.3f}", "to"]
    assert lines["mean"][4:7] == [f"{latency.high:.2f}", f"{service.value:.2f}", f"{service.low:.3f}"]
    assert lines["p99.9"] == ["p99.9", "-", "-", "-", "-"]
    assert "p99.9: p99.9 needs 3688 values, there are 955" in text
    around = f"95% interval {rate.low:.2f} to {rate.high:.2f}"
    assert f"throughput: {rate.value:.2f} right answers/s ({around})" in text
    assert lines["refused"] == ["refused", "20", "2.00%"]
    assert f"first requests, service time in ms: {summary.first_ten_ms[0]:.3f}  " in text
    assert "top1 99.50% of 100 answers agree with reference.jsonl" in text
    assert "client   on the same cores as the target" in text


def test_run_without_an_answer_has_no_figure() -> None:
    """Where nothing was answered no table of zeros is printed, but how the requests failed."""
    stored(made_run(id="a", repeats=1, count=5, failed=5))
    text = shown("a")

    assert "p50" not in text.split("repeats;")[0]
    assert "5 of 5 requests failed" in text
    assert "failed  failed  failed  failed  failed" in text


def test_json_has_figures_at_the_top() -> None:
    """A program finds each figure, its interval and its absence by one name, and the verdict in a word."""
    data = stored(made_run(id="a", failed=4))
    found = json.loads(shown("a", "--format", "json"))
    latency, service = data.run.summary.latency, data.run.summary.service
    assert latency is not None
    assert service is not None

    assert (found["run"], found["verdict"], found["reasons"]) == ("a", "VALID", [])
    assert (found["requests"], found["failed"], found["failures"]) == (1000, 20, {"refused": 20})
    assert found["p50_ms"] == latency.median.value
    assert found["intervals"]["p50_ms"] == [latency.median.low, latency.median.high]
    assert found["max_ms"] == latency.maximum
    assert found["service_p99_ms"] == dict(service.percentiles)[99.0].value
    assert found["throughput"] == data.run.summary.throughput.value
    assert found["p99.9_ms"] is None
    assert found["intervals"]["p99.9_ms"] is None
    assert found["absent"]["p99.9_ms"].startswith("p99.9 needs")
    assert len(found["repeats"]) == 5
    assert found["spec"]["load"]["kind"] == "constant"
    assert [check["state"] for check in found["checks"]] == ["pass", "pass", "pass", "warn", "skipped"]


def test_every_figure_without_value_or_interval_says_why() -> None:
    """Nothing is null without a reason, whether requests were answered or not."""
    for data in (made_run(), made_run(repeats=1, count=1), made_run(repeats=1, count=5, failed=5)):
        found = bench_show.run_json(data)

        silent = [name for name, ends in found["intervals"].items() if ends is None and not found["absent"].get(name)]
        assert silent == []


def test_json_is_figures_whatever_the_run_holds() -> None:
    """A run with all its optional parts is JSON without NaN."""
    data = made_run()
    run = replace(
        data.run,
        referee=RefereeReport("LoadGen", valid=False, reasons=("too short",), figures=(("qps", 1.0),)),
        probes=(Probe(50.0, held=True, p99_ms=None, reason="no p99"),),
    )

    found = json.loads(json.dumps(bench_show.run_json(replace(data, run=run)), allow_nan=False))

    assert found["referee"]["valid"] is False
    assert found["probes"][0]["p99_ms"] is None


def test_other_percentiles_are_reckoned_from_the_requests() -> None:
    """Percentiles that are asked for come from the rows that count, as numpy has them."""
    data = stored(made_run(id="a", failed=4))
    found = json.loads(shown("a", "--percentiles", "75,12.5", "--format", "json"))
    times = joined(list(counted(data))).latency_ms

    assert found["p75_ms"] == np.quantile(times, 0.75, method="inverted_cdf")
    assert found["p12.5_ms"] == np.quantile(times, 0.125, method="inverted_cdf")
    assert "p50_ms" not in found
    assert list(found)[7:9] == ["p12.5_ms", "p75_ms"]


def test_percentile_that_the_sample_cannot_give_is_a_dash_with_its_reason() -> None:
    """p99.99 of a thousand requests is never printed."""
    stored(made_run(id="a"))
    text = shown("a", "--percentiles", "50,99.99")

    assert [line.split() for line in text.splitlines() if line.split()[:1] == ["p99.99"]] == [
        ["p99.99", "-", "-", "-", "-"]
    ]
    assert "p99.99: 975 values are too few" in text


@pytest.mark.parametrize("text", ["", "0", "100", "-1", "nan", "inf", "p99", "50,,99", "1e3"])
def test_word_that_is_no_percentile_is_refused(text: str) -> None:
    """Only numbers between 0 and 100 are percentiles."""
    with pytest.raises(UsageError, match="is no percentile"):
        bench_show.parse_percentiles(text)


def test_unknown_run_is_an_error_with_a_next_step() -> None:
    """A run that is not there is told, with those that are near."""
    stored(made_run(id="20260102-a", repeats=1, count=20))

    with pytest.raises(NotFoundError) as caught:
        CliRunner().invoke(app, ["20260102-b"], catch_exceptions=False)
    assert "20260102-a" in caught.value.help


def test_names_that_servers_give_do_not_steer_the_terminal() -> None:
    """Control characters in what a target or a note says are not printed."""
    stored(made_run(id="a", server="evil\x1b[2J server", notes=("line\nbreak\x07",)))
    text = shown("a")

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "evil?[2J server" in text
    assert "note: line?break?" in text


def test_cold_start_is_told_where_it_was_measured() -> None:
    """The time from the start of the server to its first right answer is shown only if there is one."""
    data = made_run(id="a")
    stored(data)
    stored(replace(data, run=replace(data.run, id="b", cold_start_s=1.25)))

    assert "cold start" not in shown("a")
    assert "cold start: 1.250 s" in shown("b")
    assert json.loads(shown("b", "--format", "json"))["cold_start_s"] == 1.25


def test_referee_and_search_are_told() -> None:
    """LoadGen's own verdict stands beside ours, and each step of a search for the peak has a line."""
    data = made_run(id="a")
    referee = RefereeReport("MLPerf LoadGen", valid=False, reasons=("min duration",), figures=())
    probes = (Probe(50.0, held=True, p99_ms=9.0, reason="held"), Probe(99.0, held=False, p99_ms=None, reason="late"))
    stored(replace(data, run=replace(data.run, referee=referee, probes=probes)))
    text = shown("a")

    assert "MLPerf LoadGen says INVALID: min duration" in text
    assert ["99.00", "no", "-", "late"] in [line.split() for line in text.splitlines()]
