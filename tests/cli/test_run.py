"""The command `vedette run`, as a person types it: a process, its output, its exit code."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from fakes import colour_manifest, jpeg, write_colour_model

from vedette.adapters.config.repository import Repository

RED, GREEN, BLUE = (250, 5, 5), (5, 250, 5), (5, 5, 250)
SURE = ("--runtime", "onnxruntime", "--threads", "1")


@pytest.fixture(autouse=True)
def colour(home: Path, tmp_path_factory) -> None:
    """The models colour and tint in the home folder."""
    folder = tmp_path_factory.mktemp("model")
    for name, side in (("colour", 8), ("tint", 16)):
        file = write_colour_model(folder / f"{name}.onnx", side)
        Repository(home).save(colour_manifest(file.name, side, name=name), {file.name: file})


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "vedette", *map(str, words)]


def vedette(*words: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=60, **options)


def run(*words: object, **options) -> subprocess.CompletedProcess[str]:
    return vedette("run", *words, *SURE, **options)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colours in (("a.jpg", RED), ("b.jpg", GREEN), ("c.jpg", BLUE)):
        (folder / name).write_bytes(jpeg(colours, 64, 48))
    return folder


def test_a_table_shows_every_image_its_answer_and_the_time_of_every_stage(pictures) -> None:
    """What a person wants to see first."""
    done = run(pictures, "--model", "colour", "--top-k", 1)

    assert done.returncode == 0
    for word in ("a.jpg", "red 0.9", "green 0.9", "blue 0.9", "decode", "infer", "total", "onnxruntime fp32 on cpu"):
        assert word in done.stdout


def test_json_lines_are_the_contract_of_the_result(pictures) -> None:
    """One object a line, nothing else on standard output."""
    done = run(pictures / "a.jpg", "--model", "colour", "--format", "jsonl")

    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert list(result) == [
        "schema", "id", "source", "frame", "time_s", "width", "height", "model", "model_version", "runtime",
        "precision", "classes", "timeline_ms",
    ]  # fmt: skip
    assert (result["schema"], result["width"], result["height"]) == ("vedette.result/1", 64, 48)
    assert [found["label"] for found in result["classes"]] == ["red", "green", "blue"]
    assert list(result["timeline_ms"]) == ["acquire", "decode", "preprocess", "queue", "infer", "postprocess", "total"]


def test_json_is_an_array(pictures) -> None:
    """One valid document, for any number of images."""
    whole = json.loads(run(pictures, "-m", "colour", "--format", "json").stdout)
    assert [entry["classes"][0]["label"] for entry in whole] == ["red", "green", "blue"]
    assert len(json.loads(run(pictures / "a.jpg", "-m", "colour", "--format", "json").stdout)) == 1


def test_several_outputs_are_written_at_once(pictures, tmp_path) -> None:
    """JSON lines, CSV and pictures beside the table."""
    out = tmp_path / "out"

    done = run(pictures, "-m", "colour", "-o", out / "r.jsonl", "-o", out / "r.csv", "-o", f"annotated:{out / 'pics'}")

    assert done.returncode == 0
    assert len((out / "r.jsonl").read_text().splitlines()) == 3
    assert {row["label"] for row in csv.DictReader((out / "r.csv").read_text().splitlines())} == {
        "red",
        "green",
        "blue",
    }
    assert sorted(file.name for file in (out / "pics").iterdir()) == ["a.jpg", "b.jpg", "c.jpg"]


def test_several_models_answer_for_each_image(pictures) -> None:
    """Kept apart by model."""
    done = run(pictures, "-m", "colour", "-m", "tint", "--format", "jsonl")

    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["model"] for result in results] == ["colour", "tint"] * 3


def test_the_image_may_come_from_standard_input() -> None:
    """`cat cat.jpg | vedette run -`."""
    done = subprocess.run(
        command("run", "-", "-m", "colour", *SURE, "--format", "jsonl"),
        input=jpeg(BLUE),
        capture_output=True,
        check=True,
    )

    result = json.loads(done.stdout)
    assert (result["source"], result["classes"][0]["label"]) == ("stdin", "blue")


def test_a_failing_image_among_good_ones_is_exit_code_1(pictures) -> None:
    """The rest is answered; the reason is in the output."""
    (pictures / "broken.jpg").write_bytes(jpeg(RED, 64, 64)[:200])

    done = run(pictures, "-m", "colour", "--format", "jsonl")

    failed = [json.loads(line) for line in done.stdout.splitlines() if "error" in line]
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 4
    assert failed[0]["error"]["kind"] == "invalid"
    assert failed[0]["source"].endswith("broken.jpg")


def test_nothing_that_worked_is_exit_code_3() -> None:
    """A missing file, and only that."""
    done = run("/nowhere/gone.jpg", "-m", "colour")

    assert done.returncode == 3
    assert "is not there" in done.stdout


@pytest.mark.parametrize(
    ("words", "message", "help_"),
    [
        (("x.jpg", "-m", "colour", "--runtime", "onnxrutime"), "--runtime onnxrutime is not known", "onnxruntime"),
        (("x.jpg", "-m", "colour", "--precision", "fp23"), "--precision fp23 is not known", "did you mean fp32?"),
        (("x.jpg", "-m", "colour", "--device", "gpuu"), "unknown device 'gpuu'", "gpu:N"),
        (("x.jpg", "-m", "colour", "-o", "x.xlsx"), "no output of this kind: 'x.xlsx'", "NAME.jsonl"),
        (("x.jpg", "-m", "colur"), "colur", "colour"),
        (("ftp://x/y.jpg", "-m", "colour"), "ftp is no source", "http(s)://"),
        (("synthetic://big", "-m", "colour"), "names no size", "synthetic://WIDTHxHEIGHT"),
    ],
)  # fmt: skip
def test_bad_usage_is_exit_code_2_with_the_value_and_the_next_step(words, message, help_) -> None:
    """Nothing is guessed, nothing is a traceback."""
    done = vedette("run", *words)

    assert done.returncode == 2
    assert message in done.stderr
    assert help_ in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_is_exit_code_130_and_leaves_whole_records_under_a_partial_name(tmp_path) -> None:
    """Nothing half-written, nothing lost."""
    out = tmp_path / "out" / "results.jsonl"
    words = ("synthetic://64x64?count=1000000", "-m", "colour", "-o", out, "--format", "jsonl", *SURE)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a job in the background of a shell ignores it
    with subprocess.Popen(command("run", *words), **pipes, text=True, preexec_fn=heed) as process:  # noqa: PLW1509
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.stdout.read(), process.stderr.read()

    assert process.returncode == 130
    assert "Traceback" not in errors
    assert [file.name for file in out.parent.iterdir()] == ["results.jsonl.partial"]
    lines = (out.parent / "results.jsonl.partial").read_text().splitlines()
    assert len(lines) == 20 + len(rest.splitlines())
    assert all(json.loads(line)["model"] == "colour" for line in lines)


def test_a_reader_that_closes_the_pipe_ends_the_run_without_a_traceback() -> None:
    """`vedette run ... | head`."""
    words = ("synthetic://64x64?count=1000000", "-m", "colour", "--format", "jsonl", *SURE)
    with subprocess.Popen(command("run", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert "Traceback" not in errors
    assert process.returncode != 0


def test_no_progress_bar_is_shown_when_standard_error_is_no_terminal(pictures) -> None:
    """Logs stay readable."""
    assert run(pictures, "-m", "colour").stderr == ""


def test_the_start_profile_tells_where_the_time_went(pictures) -> None:
    """On standard error, so that the answer stays clean."""
    done = run(pictures / "a.jpg", "-m", "colour", "--format", "jsonl", "--profile-start")

    assert len(done.stdout.splitlines()) == 1
    for step in ("python and command line", "libraries", "models loaded", "process start to answer"):
        assert step in done.stderr


def test_the_same_command_gives_the_same_answers_whatever_the_batch(pictures) -> None:
    """Everything but the times is equal."""

    def answers(*words: object) -> list[dict[str, object]]:
        lines = run(pictures, "-m", "colour", "--format", "jsonl", *words).stdout.splitlines()
        return [{k: v for k, v in json.loads(line).items() if k != "timeline_ms"} for line in lines]

    assert answers("--batch", 1) == answers("--batch", 8)


def test_the_null_runtime_needs_no_model_file_to_be_read(pictures, home) -> None:
    """It measures everything but inference."""
    done = vedette("run", pictures, "-m", "colour", "--runtime", "null", "--format", "jsonl")

    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[0])["runtime"] == "null"


def test_a_threshold_leaves_out_what_is_below_it(pictures) -> None:
    """An image may have no class at all."""
    done = run(pictures / "a.jpg", "-m", "colour", "--format", "jsonl", "--threshold", "0.5")
    none = run(pictures / "a.jpg", "-m", "colour", "--threshold", "0.999")

    assert [found["label"] for found in json.loads(done.stdout)["classes"]] == ["red"]
    assert "nothing above the threshold" in none.stdout


def test_names_that_are_no_utf_8_are_read_and_shown(tmp_path) -> None:
    """Old disks have them."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")).write_bytes(jpeg(GREEN))

    done = run(tmp_path, "-m", "colour", "--format", "jsonl")

    result = json.loads(done.stdout)
    assert result["source"].endswith("caf\\xe9.jpg")
    assert result["classes"][0]["label"] == "green"
