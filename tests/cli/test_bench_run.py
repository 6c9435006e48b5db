"""The command `vedette bench run` against real servers, as a person types it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import colour_manifest, jpeg, write_colour_model
from servers import Canned, Queue, answer, free_port, posts, service, serving, serving_here

from vedette.adapters.config.repository import Repository
from vedette.wiring.runs import open_run

MACHINE = ("generator", "taken by its host", "windows", "pile up")
RED, GREEN, BLUE = (250, 5, 5), (5, 250, 5), (5, 5, 250)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "vedette", "bench", *map(str, words)]


def bench(*words: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=100, **options)


def measured(*words: object, code: int | None = None) -> dict:
    """The figures; without `code` the run is valid but for what a busy machine does to it."""
    ran = bench("run", *words, "--format", "json")
    assert ran.returncode in ((0, 1) if code is None else (code,)), ran.stderr
    found = json.loads(ran.stdout)
    assert code is not None or not objections(found), found["reasons"]
    return found


def objections(found: dict) -> list[str]:
    """Reasons for INVALID that a busy machine cannot be the cause of."""
    return [reason for reason in found["reasons"] if not any(word in reason for word in MACHINE)]


@pytest.fixture
def colour(home: Path, tmp_path: Path) -> None:
    """The model `colour`, which tells red from green from blue."""
    file = write_colour_model(tmp_path / "colour.onnx", 8)
    Repository(home).save(colour_manifest(file.name, 8, name="colour"), {file.name: file})


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, pixels in (("a.jpg", RED), ("b.jpg", GREEN), ("c.jpg", BLUE)):
        (folder / name).write_bytes(jpeg(pixels, 64, 48))
    return folder


def test_wrong_answers_are_failures(colour: None, pictures: Path) -> None:
    """A server that calls everything red is right for one image of three: the rest fails, and the run is INVALID."""
    body = json.dumps([{"label": "red", "score": 0.9}]).encode()

    with serving(Canned(body)) as url:
        found = measured(
            url, "--requests", 9, "--input", pictures, "--reference", "colour", "--quality", "top1=0.99", code=1
        )

    assert found["verdict"] == "INVALID"
    assert found["failures"]["wrong"] == 6
    assert any("top1 0.3333" in reason for reason in found["reasons"])


def test_a_model_in_process_agrees_with_itself(colour: None, pictures: Path) -> None:
    """Vedette's own model as a target: right answers, its input tensor told, no network."""
    found = measured(
        "inprocess:colour?runtime=onnxruntime&threads=1",
        *("--requests", 30, "--input", pictures, "--reference", "colour", "--runtime", "onnxruntime"),
        *("--quality", "top1=1,top5=1", "--monitor-hz", 0),
    )

    run = open_run(Path(found["folder"])).run
    assert dict(run.quality.shares) == {"top1": 1.0, "top5": 1.0}
    assert run.introduction.tensors is not None
    assert run.introduction.tensors[0].shape == (1, 8, 8, 3)


@pytest.mark.parametrize(
    ("behaviour", "failure", "told"),
    [
        (lambda call: call.reset(), "reset", "reset"),
        (lambda call: answer(b"no", "500 Internal Server Error"), "http_error", "500"),
        (lambda call: answer(b"", "307 Temporary Redirect", ("Location: /there",)), "redirect", "redirects"),
    ],
)
def test_a_server_that_answers_no_request_gives_an_invalid_run(behaviour, failure: str, told: str) -> None:
    """Exit code 3, the failures by kind, and the first reason in words."""
    with serving(posts(behaviour)) as url:
        found = measured(url, "--requests", 5, "--monitor-hz", 0, code=3)

    assert found["failures"][failure] == 5
    assert found["p50_ms"] is None
    assert "no right answer" in found["reasons"][0]
    assert any(told in note for note in found["notes"])


def test_an_answer_that_never_comes_is_a_timeout() -> None:
    """The client gives up after --timeout; the run ends."""
    with serving(service(Queue([3_000.0]))) as url:
        found = measured(url, "--requests", 2, "--timeout", "200ms", "--monitor-hz", 0, code=3)

    assert found["failures"]["timeout"] == 2


def test_a_server_that_dies_midway_leaves_what_was_measured() -> None:
    """Requests before it are answered, those after are failures of the network, and the run says so."""
    behaviours = iter([answer(b"{}")] * 10)

    def dying(call):
        found = next(behaviours, None)
        return call.reset() if found is None else found

    with serving_here(posts(dying)) as server:
        found = measured(server.url, "--requests", 30, "--monitor-hz", 0, code=1)

    assert found["failures"]["reset"] == 20
    assert found["verdict"] == "INVALID"
    assert found["p50_ms"] is not None


def test_nothing_at_the_address_is_told_before_anything_is_stored(home: Path) -> None:
    """An error with a next step, and no folder of a run that never was."""
    ran = bench("run", f"http://127.0.0.1:{free_port()}/", "--requests", 5)

    assert ran.returncode == 3
    assert "help:" in ran.stderr
    assert list((home / "runs").iterdir()) == []


def test_a_run_can_be_replayed_and_other_bytes_are_refused(pictures: Path) -> None:
    """The same schedule and images; a changed image is a conflict."""
    with serving(service(Queue([2.0]))) as url:
        found = measured(
            *(url, "--load", "poisson", "--rate", 100, "--requests", 50, "--input", pictures),
            *("--seed", 7, "--monitor-hz", 0),
        )
        again = bench("replay", found["run"], "--format", "json")
        (pictures / "a.jpg").write_bytes(jpeg(BLUE, 64, 48))
        changed = bench("replay", found["run"])

    assert again.returncode in (0, 1), again.stderr
    assert "schedule: the same as" in again.stderr
    assert changed.returncode == 2
    assert "the images differ" in changed.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_keeps_what_was_measured(home: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM: exit code 130, a folder named .partial that can be shown."""
    with serving_here(service(Queue([1.0]))) as server:
        process = subprocess.Popen(  # a background shell ignores Ctrl-C; the command must not
            ["env", "--default-signal=INT", *command("run", server.url, "--duration", "60s")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while len(server.calls) < 300:
            assert process.poll() is None
        process.send_signal(number)
        _, told = process.communicate(timeout=30)

    (folder,) = (home / "runs").iterdir()
    assert process.returncode == 130, told
    assert folder.name.endswith(".partial")
    shown = bench("show", folder, "--format", "json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["verdict"] == "INVALID"
    kept = open_run(folder)
    assert len(kept.requests) >= 100
    assert kept.samples is not None


def test_a_server_that_vedette_starts_has_its_cold_start_measured() -> None:
    """From the start of the process to the first right answer; the server is ended after the run."""
    port = free_port()
    server = Path(__file__).parent.parent.parent / "examples" / "plain_server.py"

    found = measured(
        f"http://127.0.0.1:{port}/",
        *("--start", f"{sys.executable} {server} --port {port}", "--requests", 10, "--monitor-hz", 0),
    )

    assert 0.01 < found["cold_start_s"] < 60
    ran = bench("run", f"http://127.0.0.1:{port}/", "--requests", 1)
    assert ran.returncode == 3


def test_scenarios_send_what_they_are_about() -> None:
    """1: one image, no warm-up. 3: as many different images of one size as requests, after a warm-up."""
    first = measured("null", "--load", "scenario-1", "--requests", 20, "--monitor-hz", 0)
    third = measured("null", "--load", "scenario-3", "--requests", 20, "--monitor-hz", 0)
    fourth = measured("null", "--load", "scenario-4", "--requests", 20, "--monitor-hz", 0)

    runs = [open_run(Path(found["folder"])) for found in (first, third, fourth)]
    assert [data.run.spec.inputs.count for data in runs] == [1, 20, 20]
    assert [len(data.run.spec.inputs.sizes) for data in runs] == [1, 1, 20]
    assert [int(data.requests.warm_up.sum()) for data in runs] == [0, 10, 10]
    assert len(set(runs[1].requests.image[~runs[1].requests.warm_up].tolist())) == 20
