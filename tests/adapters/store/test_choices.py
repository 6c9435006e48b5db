"""Choices come back as they were kept; whatever cannot be understood counts as none."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vedette.adapters.store.choices import ChoiceFolder
from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.execution import Choice, Execution, Optimise, Precision, RuntimeName, Trial

TAKEN = Execution(RuntimeName.OPENVINO, Precision.BF16, "cpu", 2, 1)
OTHER = Execution(RuntimeName.ONNXRUNTIME, Precision.FP32, "cuda:0", 1, 4)
CHOICE = Choice(
    TAKEN,
    Optimise.LATENCY,
    (Trial(TAKEN, 512.25, 1.5, 0.98), Trial(OTHER, None, None, reason='no "GPU",\nnowhere: Käse')),
    cached=False,
    curve=BatchCurve((BatchPoint(1, 1.5, 2.25, 310), BatchPoint(2, 2.875, 4.0, 52))),
)


def kept(folder: Path) -> Path:
    """The file of a choice that was put."""
    ChoiceFolder(folder).put("key", CHOICE)
    return folder / "key.json"


def test_a_choice_comes_back_equal_and_says_that_it_is_remembered(tmp_path: Path) -> None:
    """Only `cached` differs, and the types are those of the values."""
    kept(tmp_path)
    found = ChoiceFolder(tmp_path).get("key")

    assert found == replace(CHOICE, cached=True)
    assert type(found.execution.runtime) is RuntimeName
    assert type(found.execution.precision) is Precision
    assert type(found.optimise) is Optimise


def test_the_file_is_json_with_its_schema(tmp_path: Path) -> None:
    """Other tools can read it."""
    data = json.loads(kept(tmp_path).read_text(encoding="utf-8"))

    assert data["schema"] == "vedette.choice/2"
    assert data["execution"] == {
        "runtime": "openvino",
        "precision": "bf16",
        "device": "cpu",
        "streams": 2,
        "threads": 1,
    }


def test_a_choice_of_the_time_before_batch_curves_counts_as_none(tmp_path: Path) -> None:
    """It is measured anew, with its curve."""
    file = kept(tmp_path)
    data = json.loads(file.read_text()) | {"schema": "vedette.choice/1"}
    file.write_text(json.dumps(data))

    assert ChoiceFolder(tmp_path).get("key") is None


def test_a_choice_without_a_curve_comes_back_without_one(tmp_path: Path) -> None:
    """Where nothing was measured, nothing is kept."""
    ChoiceFolder(tmp_path).put("key", replace(CHOICE, curve=BatchCurve()))

    assert ChoiceFolder(tmp_path).get("key").curve == BatchCurve()


def test_a_later_choice_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    """One file for each key, and nothing beside it."""
    kept(tmp_path)
    later = replace(CHOICE, execution=OTHER, optimise=Optimise.THROUGHPUT)
    ChoiceFolder(tmp_path).put("key", later)

    assert ChoiceFolder(tmp_path).get("key") == replace(later, cached=True)
    assert [path.name for path in tmp_path.iterdir()] == ["key.json"]


def test_other_keys_and_no_folder_give_none(tmp_path: Path) -> None:
    """Nothing is made by asking."""
    kept(tmp_path / "here")

    assert ChoiceFolder(tmp_path / "here").get("other") is None
    assert ChoiceFolder(tmp_path / "nowhere").get("key") is None
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"null", b"[]", b"7", b'"vedette.choice/2"', b"{}", b"\xff\xfe", b"[" * 100_000),
        *(b'{"schema": "vedette.choice/1"}', b'{"schema": "vedette.choice/2"}', b"<html></html>"),
    ],
)
def test_a_file_that_is_no_choice_counts_as_none(tmp_path: Path, content: bytes) -> None:
    """Neither a crash nor half a choice."""
    kept(tmp_path).write_bytes(content)

    assert ChoiceFolder(tmp_path).get("key") is None


def test_every_file_that_was_cut_off_counts_as_none(tmp_path: Path) -> None:
    """After any number of bytes."""
    file = kept(tmp_path)
    whole = file.read_bytes()
    for size in range(0, len(whole), 5):
        file.write_bytes(whole[:size])

        assert ChoiceFolder(tmp_path).get("key") is None


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("execution", "runtime"), "caffe"),
        (("execution", "precision"), 32),
        (("execution", "device"), None),
        (("execution", "streams"), 0),
        (("execution", "streams"), "2"),
        (("execution", "threads"), 1.5),
        (("execution", "threads"), True),
        (("optimise",), "power"),
        (("trials",), None),
        (("trials", 0), "trial"),
        (("trials", 0, "images_per_s"), "fast"),
        (("trials", 0, "latency_ms"), [1]),
        (("trials", 0, "agreement"), True),
        (("trials", 0, "reason"), None),
        (("curve",), None),
        (("curve", "points"), None),
        (("curve", "points", 0), 1),
        (("curve", "points", 0, "batch"), 2),
        (("curve", "points", 0, "latency_ms"), None),
        (("curve", "points", 0, "latency_ms"), 3.0),
        (("curve", "points", 1, "high_ms"), True),
        (("curve", "points", 1, "count"), 0),
        (("schema",), "other.choice/1"),
    ],
)
def test_one_value_of_another_kind_makes_it_none(tmp_path: Path, place: tuple[Any, ...], value: Any) -> None:
    """What is read back is as sound as what was written."""
    file = kept(tmp_path)
    data = json.loads(file.read_text())
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    file.write_text(json.dumps(data))

    assert ChoiceFolder(tmp_path).get("key") is None


def test_writers_at_the_same_time_do_not_collide(tmp_path: Path) -> None:
    """Four processes put 30 choices each under one key while this one reads: every reading is whole."""
    script = (
        "import sys; from pathlib import Path\n"
        "from vedette.adapters.store.choices import ChoiceFolder\n"
        "from vedette.values.execution import *\n"
        "execution = Execution(RuntimeName.NULL, streams=int(sys.argv[2]))\n"
        "choice = Choice(execution, Optimise.LATENCY, (Trial(execution, 1.0, 1.0),) * 50, False)\n"
        "for _ in range(30): ChoiceFolder(Path(sys.argv[1])).put('key', choice)"
    )
    store = ChoiceFolder(tmp_path)
    store.put("key", CHOICE)
    writers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)]) for n in range(1, 5)]
    readings = [store.get("key")]
    while any(writer.poll() is None for writer in writers):
        readings.append(store.get("key"))

    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert None not in readings
    assert store.get("key").execution.streams in {1, 2, 3, 4}
    assert [path.name for path in tmp_path.iterdir()] == ["key.json"]


def test_a_folder_that_cannot_be_made_is_no_reason_to_stop(tmp_path: Path) -> None:
    """The choice was measured and can be used; the next run measures again."""
    (tmp_path / "file").touch()
    store = ChoiceFolder(tmp_path / "file/choices")
    store.put("key", CHOICE)

    assert store.get("key") is None


def test_a_full_disk_keeps_the_earlier_choice(tmp_path: Path) -> None:
    """No half file takes its place, and no remains are left."""
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from vedette.adapters.store.choices import ChoiceFolder\n"
        "from vedette.values.execution import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))\n"
        "ChoiceFolder(Path(sys.argv[1])).put('key', Choice(Execution(RuntimeName.NULL), Optimise.LATENCY, (), False))"
    )
    before = kept(tmp_path).read_bytes()
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)

    assert [path.name for path in tmp_path.iterdir()] == ["key.json"]
    assert (tmp_path / "key.json").read_bytes() == before
