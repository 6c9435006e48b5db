"""`vedette models`, as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pulled import pulled_home
from tiny_models import classifier, detector, save
from typer.testing import CliRunner

from vedette.cli.models import app
from vedette.errors import ConflictError, NotFoundError, UsageError


def run(*words: str) -> str:
    """Standard output of a command that goes well."""
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def run_json(*words: str) -> object:
    return json.loads(run(*words, "--format", "json"))


def fails(*words: str) -> BaseException:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code != 0
    return done.exception


@pytest.fixture
def net(tmp_path: Path) -> Path:
    return save(classifier(), tmp_path / "net.onnx")


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VEDETTE_HOME", str(pulled_home()))
    return pulled_home()


def test_the_list_shows_the_catalogue() -> None:
    """Before anything is pulled."""
    listed = {model["name"]: model for model in run_json("list")}

    assert listed["efficientnet-lite0"]["state"] == "available"
    assert listed["efficientnet-lite0"]["input_size"] == "224x224"
    assert listed["efficientnet-lite0"]["download_mb"] == 17.9
    assert listed["efficientnet-lite0"]["licence"] == "Apache-2.0"
    assert listed["mnist-softmax"]["reported_quality"] is None


def test_the_table_fits_the_eye() -> None:
    """State, size and quality of each model on its line."""
    line = next(line for line in run("list").splitlines() if "efficientnet-lite1" in line)

    assert line.split(maxsplit=4)[1:4] == ["available", "240x240", "20.7"]
    assert "reported: 76.7 % ImageNet top-1" in line


def test_show_tells_everything(pulled: Path) -> None:
    """Input, preprocessing, licence, source, size, quality and hash."""
    shown = run_json("show", "efficientnet-lite0")

    assert Path(shown["file"]).is_file()
    assert Path(shown["file"]).is_absolute()
    assert shown["input"] == {"name": "input", "layout": "NCHW", "width": 224, "height": 224, "channels": 3}
    assert shown["preprocessing"]["resize_type"] == "crop"
    assert shown["preprocessing"]["mean_values"] == [127.0, 127.0, 127.0]
    assert len(shown["labels"]) == 1000
    assert shown["parameters"] == pytest.approx(4.65e6, rel=0.01)
    assert shown["gflops"] == pytest.approx(0.77, rel=0.01)
    assert "authors" in shown["reported_quality"]
    assert shown["measured_quality"] is None
    assert len(shown["sha256"]) == 64


def test_show_for_people(pulled: Path) -> None:
    """A line a key; the measured quality with its circumstances."""
    lines = run("show", "mnist-softmax").splitlines()

    assert "input                 input: 28x28, NCHW, grey" in lines
    assert "normalise             (pixel - 0) / 255" in lines
    assert any(line.startswith("measured_quality") and "held-out" in line for line in lines)


def test_show_before_the_pull() -> None:
    """What the catalogue knows, and how to get it."""
    done = CliRunner().invoke(app, ["show", "efficientnet-lite2"])

    assert done.exit_code == 0
    assert "77.6 % ImageNet top-1" in done.stdout
    assert "help: vedette models pull efficientnet-lite2" in done.stderr
    assert run_json("show", "efficientnet-lite2")["state"] == "available"


def test_pull_of_what_is_there_does_nothing(pulled: Path) -> None:
    """It says so."""
    assert run("pull", "mnist-softmax") == "mnist-softmax is there already\n"
    assert run_json("pull", "mnist-softmax")[0]["already"] is True


def test_pull_of_nothing_known() -> None:
    """The nearest name is in the error; nothing is asked of any registry."""
    assert "the nearest: mnist-softmax" in str(fails("pull", "mnist"))
    assert isinstance(fails("pull", "mnist"), NotFoundError)


def test_add_show_check_remove(net: Path) -> None:
    """The life of a model of one's own."""
    added = run("add", str(net))
    assert "net is ready" in added
    assert "input_size" in added

    assert run_json("show", "net")["state"] == "own"
    assert run("check") == "net: all well\n"
    assert run("remove", "net") == "net is removed\n"
    assert "all well" not in run("check")


def test_the_life_of_a_detector(tmp_path: Path) -> None:
    """Who said what, how its boxes are chosen, and that its decoder never ran with real weights."""
    properties = {"task": "detect", "names": "{0: 'ant', 1: 'bee'}"}
    file = save(detector({"y": (1, 6, 126)}, (1, 3, 64, 96), properties=properties), tmp_path / "best.onnx")
    done = CliRunner().invoke(app, ["add", str(file)])
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}

    assert rows["model_type"].split()[1:] == ["yolov8", "the", "model's", "metadata"]
    assert rows["scale_values"].split()[1:] == ["255", "the", "family"]
    assert done.stderr == ""
    assert "never run here with real weights" in run("show", "best")
    assert run_json("show", "best")["detector"]["iou_threshold"] == 0.7
    assert run("check") == "best: all well\n"


def test_add_tells_who_said_what(net: Path) -> None:
    """Each key with its origin; a normalisation that nobody named is pointed at."""
    done = CliRunner().invoke(app, ["add", str(net), "--format", "json", "--set", "title=Mine"])
    origins = {setting["key"]: setting["origin"] for setting in json.loads(done.stdout)["settings"]}

    assert origins["title"] == "you"
    assert origins["layout"] == "the graph"
    again = CliRunner().invoke(app, ["add", str(net), "--name", "again"])
    assert "nobody said how pixels are normalised" in again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--set", "input_size"], "is no KEY=VALUE"),
        (["--set", "=3"], "is no KEY=VALUE"),
        (["--set", "title=a", "--set", "title=b"], "given twice"),
        (["--set", "inputsize=3x3"], "did you mean input_size"),
    ],
)
def test_settings_are_key_and_value(net: Path, words: list[str], told: str) -> None:
    """Anything else is refused with the right form."""
    error = fails("add", str(net), *words)

    assert isinstance(error, UsageError)
    assert told in str(error)


def test_a_value_may_hold_an_equals_sign(net: Path) -> None:
    """Only the first one separates."""
    run("add", str(net), "--set", "source=https=x")

    assert run_json("show", "net")["source"] == "https=x"


def test_names_of_the_catalogue_are_taken(net: Path) -> None:
    """The user's model gets another name."""
    assert isinstance(fails("add", str(net), "--name", "mnist-softmax"), ConflictError)


def test_check_reports_every_problem_and_exits_with_2(net: Path, home: Path) -> None:
    """All models are looked at, whatever is wrong with the first."""
    for name in ("aaa", "bbb", "ccc"):
        run("add", str(net), "--name", name)
    (home / "aaa/1/model.onnx").unlink()
    (home / "bbb/model.yaml").write_text("model_type: clasifier\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["check"])
    document = json.loads(CliRunner().invoke(app, ["check", "--format", "json"]).stdout)

    assert done.exit_code == 2
    assert "aaa: not well\n  model 'aaa' is damaged" in done.stdout
    assert "clasifier: expected 'classifier', 'ssd'" in done.stdout
    assert "ccc: all well" in done.stdout
    assert [finding["model"] for finding in document["findings"]] == ["aaa", "bbb"]


def test_the_list_survives_a_damaged_model(net: Path, home: Path) -> None:
    """It is named, with the next step."""
    run("add", str(net))
    (home / "net/1/model.onnx").write_bytes(b"")
    done = CliRunner().invoke(app, ["list"])

    assert done.exit_code == 0
    assert "help: `vedette models check net` tells more" in done.stderr


def test_an_error_is_two_lines_and_an_exit_code(tmp_path: Path, home: Path) -> None:
    """The whole program: no traceback, the message, the help, exit code 2."""
    environment = {**os.environ, "VEDETTE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "vedette", "models", "add", str(tmp_path / "gone.onnx")],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "help"]


def test_pull_at_another_size() -> None:
    """`--size` puts the size into the name; the model is built at once and is one of the catalogue."""
    assert "mobilenet-v3-large-96x64-untrained is ready" in run(
        "pull", "mobilenet-v3-large-untrained", "--size", "96x64"
    )
    assert run("pull", "mobilenet-v3-large-96x64-untrained") == "mobilenet-v3-large-96x64-untrained is there already\n"
    shown = run_json("show", "mobilenet-v3-large-96x64-untrained")

    assert (shown["state"], shown["untrained"]) == ("pulled", True)
    assert (shown["input"]["width"], shown["input"]["height"]) == (96, 64)
    listed = {model["name"]: model for model in run_json("list")}
    assert listed["mobilenet-v3-large-96x64-untrained"]["state"] == "pulled"
    assert listed["mobilenet-v3-large-untrained"]["state"] == "available"


@pytest.mark.parametrize(
    ("words", "message", "help_text"),
    [
        (("resnet-50-untrained", "--size", "wide"), "--size wide is no size", "300x300"),
        (("resnet-50-untrained", "--size", "0x64"), "--size 0x64 is no size", "300x300"),
        (("resnet-50-untrained", "--size", "16x64"), "cannot take 16x64", "from 32 to 8192"),
        (("resnet-50-16x64-untrained",), "cannot take 16x64", "from 32 to 8192"),
        (("efficientnet-lite0", "--size", "64x64"), "an input of its own size", "resnet-50-untrained"),
    ],
)
def test_pull_at_a_size_that_cannot_be(words: tuple[str, ...], message: str, help_text: str) -> None:
    """Nothing is pulled; the error tells which sizes or models there are."""
    error = fails("pull", *words)

    assert isinstance(error, UsageError)
    assert message in error.message
    assert help_text in error.help
