"""Every load of `vedette bench run`, held against what the server saw: it shares the clock of the rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from bench_command import measured
from fakes import jpeg
from servers import Call, Canned, Server, serving_here

from vedette.values.requests import Requests
from vedette.values.run import RunData

PICTURES = (("a.jpg", (250, 5, 5)), ("b.jpg", (5, 250, 5)), ("c.jpg", (5, 5, 250)))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, pixels in PICTURES:
        (folder / name).write_bytes(jpeg(pixels, 64, 48))
    return folder


def loaded(pictures: Path, *words: object) -> tuple[dict, RunData, list[Call]]:
    """A run against a server that answers at once, and the images that arrived there."""
    with serving_here(Canned()) as server:
        found, stored = measured(server.url, "--input", pictures, "--monitor-hz", 0, *words)
        return found, stored, posts_of(server)


def posts_of(server: Server) -> list[Call]:
    return [call for call in server.calls if call.method == "POST"]


def due_s(requests: Requests) -> list[float]:
    """Seconds from the first request that counts to each."""
    counted = requests.where(~requests.warm_up)
    return ((counted.scheduled - counted.scheduled.min()) / 1e9).tolist()


def stamps_hold_the_arrivals(requests: Requests, calls: Sequence[Call]) -> bool:
    """As many rows as images arrived; each was sent before it arrived and done after, none before it was due."""
    arrived = np.sort([call.arrived * 1e9 for call in calls])
    assert len(requests) == len(arrived)
    sent, done = np.sort(requests.sent), np.sort(requests.done)
    on_time = requests.sent >= requests.scheduled
    return bool(np.all(sent <= arrived) and np.all(arrived <= done) and np.all(on_time))


# --- open loops -------------------------------------------------------------------------------------------------------


def test_constant_requests_are_due_at_even_distances(pictures: Path) -> None:
    """One every 20 ms before the end of the second, each image in turn."""
    found, stored, calls = loaded(pictures, "--load", "constant", "--rate", 50, "--duration", "1s")

    assert due_s(stored.requests) == pytest.approx([number * 0.02 for number in range(50)])
    assert stamps_hold_the_arrivals(stored.requests, calls)
    assert stored.requests.image.tolist() == [number % 3 for number in range(50)]
    assert (found["requests"], found["failed"]) == (50, 0)
    assert found["repeats"][0]["lateness_p99_ms"] >= 0


def test_poisson_repeats_have_arrivals_of_their_own(pictures: Path) -> None:
    """Two repeats of 100 at 200 a second: other gaps in each, exponential by their mean and spread."""
    found, stored, calls = loaded(
        pictures, *("--load", "poisson", "--rate", 200, "--requests", 100, "--repeats", 2, "--seed", 5)
    )

    rows = stored.requests
    gaps = [np.diff(due_s(rows.where(rows.repeat == repeat))) for repeat in (0, 1)]
    assert stamps_hold_the_arrivals(rows, calls)
    assert len(found["repeats"]) == 2
    assert not np.allclose(*gaps)
    for each in gaps:  # of 99 exponential gaps, mean and deviation lie this near in all but one of 10,000 seeds
        assert each.mean() == pytest.approx(0.005, rel=0.4)
        assert each.std() == pytest.approx(0.005, rel=0.6)


def test_bursts_are_due_at_one_instant(pictures: Path) -> None:
    """Four at once, 20 a second: every 0.2 s; no check asks a burst to be steady."""
    found, stored, calls = loaded(
        pictures, "--load", "burst", "--rate", 20, "--burst", 4, "--requests", 16, "--order", "shuffled"
    )

    assert due_s(stored.requests) == pytest.approx([number // 4 * 0.2 for number in range(16)])
    assert stamps_hold_the_arrivals(stored.requests, calls)
    assert {check["name"]: check["state"] for check in found["checks"]}["stationary"] == "skipped"


def test_a_ramp_sends_more_and_more(pictures: Path) -> None:
    """From 20 to 180 a second over one second: 100 are expected, 30 of them in the first half."""
    _, stored, calls = loaded(
        pictures, "--load", "ramp", "--rate", 20, "--rate-to", 180, "--duration", "1s", "--seed", 1
    )

    due = np.array(due_s(stored.requests))
    assert stamps_hold_the_arrivals(stored.requests, calls)
    assert 60 < len(due) < 140  # four deviations of a Poisson number
    assert np.mean(due < 0.5) < 0.5


def test_a_trace_is_walked_as_it_is_written(pictures: Path, tmp_path: Path) -> None:
    """Comments are left out, two at once are two; the record names the file."""
    trace = tmp_path / "trace.txt"
    trace.write_text("# at the gate\n0.0\n0.1\n0.1  # two\n\n0.25\n0.4\n")

    found, stored, calls = loaded(pictures, "--load", "trace", "--trace", trace)

    assert due_s(stored.requests) == pytest.approx([0.0, 0.1, 0.1, 0.25, 0.4])
    assert stamps_hold_the_arrivals(stored.requests, calls)
    assert found["spec"]["load"]["trace"] == str(trace)


# --- closed loops -----------------------------------------------------------------------------------------------------


def test_clients_think_between_an_answer_and_the_next_request(pictures: Path) -> None:
    """Two clients that pause for 30 ms; a request is due when its client is ready, and thinking is no latency."""
    found, stored, calls = loaded(pictures, "--clients", 2, "--think", "30ms", "--requests", 20)

    rows = stored.requests
    assert stamps_hold_the_arrivals(rows, calls)
    assert sorted(set(rows.client.tolist())) == [0, 1]
    for client in (0, 1):
        mine = rows.where(rows.client == client)
        pause_ms = (mine.scheduled[1:] - mine.done[:-1]) / 1e6
        assert np.all(pause_ms >= 30)
    assert found["throughput"] < 20 / (9 * 0.030)


def test_scenario_2_sends_one_image_after_a_warm_up(pictures: Path) -> None:
    """Ten requests before those that count; the same image in all; one under way at a time."""
    found, stored, calls = loaded(pictures, "--load", "scenario-2", "--requests", 30)

    rows = stored.requests
    assert stamps_hold_the_arrivals(rows, calls)
    assert (found["requests"], int(rows.warm_up.sum())) == (30, 10)
    assert set(rows.image.tolist()) == {0}
    assert len({call.body for call in calls}) == 1
    assert rows.sent[rows.warm_up].max() < rows.sent[~rows.warm_up].min()
    assert np.all(rows.sent[1:] >= rows.done[:-1])


# --- MLPerf LoadGen ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "words", "images", "queries"),
    [
        ("mlperf-single-stream", ("--requests", 70), 70, 70),
        ("mlperf-multi-stream", ("--requests", 40), 40, 5),
        ("mlperf-server", ("--rate", 100, "--limit-ms", 500, "--requests", 60), 60, 60),
        ("mlperf-offline", ("--requests", 60, "--clients", 4), 60, 1),
    ],
)
def test_the_referee_counts_what_the_server_saw(
    load: str, words: tuple[object, ...], images: int, queries: int, pictures: Path
) -> None:
    """Rows, arrivals and LoadGen's own log agree; its verdict and figures are in the JSON and in the stored run."""
    found, stored, calls = loaded(pictures, "--load", load, *words)

    log = Path(found["folder"]) / "mlperf" / "repeat-0" / "mlperf_log_detail.txt"
    told = {entry["key"]: entry["value"] for entry in map(read_entry, log.read_text().splitlines())}
    figures = dict(stored.run.referee.figures)
    assert stamps_hold_the_arrivals(stored.requests, calls)
    assert (found["requests"], found["failed"], told["result_query_count"]) == (images, 0, queries)
    assert found["referee"]["figures"] == [list(figure) for figure in figures.items()]
    assert found["referee"]["valid"] is stored.run.referee.valid
    assert stored.run.referee.name.startswith("MLPerf LoadGen")
    states = {check["name"]: check for check in found["checks"]}
    assert states["referee"]["state"] == ("pass" if stored.run.referee.valid else "warn")
    assert ("INVALID" in states["referee"]["sentence"]) is not stored.run.referee.valid
    if load != "mlperf-multi-stream":  # whose latencies are of queries, of eight images each
        assert found["mean_ms"] <= figures["Mean latency (ms)"] + 0.5
        assert found["max_ms"] <= figures["Max latency (ms)"] + 0.5
        assert found["min_ms"] <= figures["Min latency (ms)"] + 0.5


def read_entry(line: str) -> dict:
    """A line of LoadGen's log."""
    return json.loads(line.partition(" ")[2])


def test_warm_up_and_repeats_of_a_referee(pictures: Path) -> None:
    """The warm-up is ours and never LoadGen's; each repeat has a log of its own."""
    found, stored, calls = loaded(
        pictures, *("--load", "mlperf-offline", "--requests", 20, "--warm-up", 3, "--repeats", 2)
    )

    assert stamps_hold_the_arrivals(stored.requests, calls)
    assert int(stored.requests.warm_up.sum()) == 6
    assert found["requests"] == 40
    logs = sorted((Path(found["folder"]) / "mlperf").iterdir())
    assert [log.name for log in logs] == ["repeat-0", "repeat-1"]
