"""The command `vedette evaluate`, as a person types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cell_detector import install_cell_detector, write_picture, write_truth
from fakes import colour_manifest, jpeg, write_colour_model

from vedette.adapters.config.repository import Repository
from vedette.values.frame import Size

RED, GREEN, BLUE = 0, 1, 2
SURE = ("--runtime", "onnxruntime", "--threads", "1")


@pytest.fixture(autouse=True)
def models(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The detectors cells and dim, the classifier colour."""
    install_cell_detector(home)
    install_cell_detector(home, "dim", gain=0.6)
    file = write_colour_model(tmp_path_factory.mktemp("model") / "colour.onnx")
    Repository(home).save(colour_manifest(file.name), {file.name: file})


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """One red is found, one green is missed; purple is nothing that the model knows."""
    write_picture(tmp_path / "a.png", [(0, 0, RED)])
    write_picture(tmp_path / "b.png", [(3, 3, BLUE)])
    marked = {"a.png": [(0, 0, RED), (5, 5, GREEN)], "b.png": [(3, 3, BLUE)]}
    write_truth(tmp_path / "truth.json", marked, categories=("red", "green", "purple"))
    return tmp_path / "truth.json"


def evaluate(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vedette", "evaluate", *map(str, words), *SURE]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def test_a_table_tells_the_figures_the_classes_and_the_circumstances(truth: Path) -> None:
    """AP is a third: of three categories one is found, one missed, and one unknown."""
    done = evaluate("cells", "--data", truth)

    assert done.returncode == 0, done.stderr
    rows = lines(done.stdout)
    assert ["max", "dets", "AP", "AP50", "AP75", "AP", "small", "AP", "medium", "AP", "large"] in rows
    assert ["100", "0.333", "0.333", "0.333", "0.333", "-", "-"] in rows
    assert ["red", "1.000", "1.000", "1.000", "1", "1"] in rows
    assert ["green", "0.000", "0.000", "0.000", "1", "0"] in rows
    for sentence in (
        "categories that the model does not know, counted as 0: 1 of 3 (purple)",
        "AP over the categories that it knows: 0.500",
        f"{truth}: 2 images, 3 objects, 1 box",
        "cells version 1: onnxruntime fp32 on cpu, 1 x 1 threads, score >= 0.001",
        "images were not cut, batch 1",
        "images a second",
        "note: labels without a category, their boxes do not count: 1 (blue)",
    ):
        assert sentence in done.stdout


def test_json_is_one_object_with_everything(truth: Path) -> None:
    """For programs: every class, every figure, every circumstance."""
    tiles = ("--tile", "32x64", "--tile-overlap", 8, "--fill", "blank", "--batch", 2, "--rename", "blue=purple")
    done = evaluate("cells", "--data", truth, "--format", "json", "--max-dets", 5, "--max-dets", 100, *tiles)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["schema"], report["kind"], report["images"]) == ("vedette.evaluation/1", "detector accuracy", 2)
    assert report["model"]["name"] == "cells"
    assert (report["model"]["runtime"], report["model"]["precision"]) == ("onnxruntime", "fp32")
    assert report["circumstances"] == {
        "data": str(truth),
        "limit": None,
        "batch": 2,
        "tiling": {"width": 32, "height": 64, "overlap": 8, "fill": "blank"},
        "boxes": {},
        "renames": {"blue": "purple"},
    }
    assert [one["max_dets"] for one in report["precisions"]] == [5, 100]
    assert [(one["name"], one["objects"]) for one in report["classes"]] == [("red", 1), ("green", 1), ("purple", 1)]
    assert (report["failed"], report["reference"]) == ([], None)
    assert report["images_per_s"] == pytest.approx(2 / report["elapsed_s"])


def test_tiles_give_two_rows(tmp_path: Path) -> None:
    """An image of many tiles may hold more than 100 objects, so AP is told at 100 and at 500 boxes."""
    cells = [(8 * column + 1, 8 * row + 1, RED, 100 + 12 * row + column) for row in range(12) for column in range(12)]
    write_picture(tmp_path / "large.png", cells, Size(768, 768))
    write_truth(tmp_path / "truth.json", {"large.png": [cell[:3] for cell in cells]}, size=Size(768, 768))

    done = evaluate("cells", "--data", tmp_path / "truth.json", "--tile", "64x64")

    rows = lines(done.stdout)
    assert [row[:2] for row in rows if row[0] in {"100", "500"}] == [
        ["100", "0.693"],  # 70 of 101 recalls lie at or below 100 / 144
        ["500", "1.000"],
        ["100", "0.007"],  # recall of one box an image: 1 / 144
        ["500", "0.007"],
    ]
    assert "tiles of 64x64, overlap 0, batch 1" in done.stdout


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name, colour in {"red/1.jpg": (250, 5, 5), "red/2.jpg": (5, 5, 250), "green/3.jpg": (5, 250, 5)}.items():
        file = tmp_path / "folders" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(colour))
    return tmp_path / "folders"


def test_a_classifier_is_told_with_its_interval_and_mistakes(folders: Path) -> None:
    """Two of three: 20.8 % to 93.9 % by Wilson's formula, worked out by hand."""
    done = evaluate("colour", "--data", folders)

    assert done.returncode == 0, done.stderr
    rows = lines(done.stdout)
    assert ["top-1", "2", "of", "3", "66.7%", "20.8%", "to", "93.9%"] in rows
    assert ["green", "1", "of", "1", "100.0%", "20.7%", "to", "100.0%"] in rows
    assert ["red", "blue", "1"] in rows
    assert "note: class folders, by label: 2" in done.stdout


def test_a_classifier_as_json(folders: Path) -> None:
    """Names instead of numbers."""
    report = json.loads(evaluate("colour", "--data", folders, "--format", "json").stdout)

    assert (report["kind"], report["top5"]) == ("classifier accuracy", None)
    assert (report["top1"]["count"], report["top1"]["total"]) == (2, 3)
    assert report["confusions"] == [{"class": "red", "answer": "blue", "count": 1}]
    assert [one["name"] for one in report["classes"]] == ["red", "green"]


def test_agreement_is_never_called_accuracy(truth: Path) -> None:
    """Two models, no truth: what one found of the other's, and that neither is right by definition."""
    done = evaluate("cells", "--data", truth.parent, "--against", "dim")
    report = json.loads(evaluate("cells", "--data", truth.parent, "--against", "dim", "--format", "json").stdout)

    assert done.returncode == 0, done.stderr
    assert "cells held against dim as the reference; neither is the truth" in done.stdout
    assert ["all", "100.0%", "100.0%", "100.0%", "1.000", "2", "2"] in lines(done.stdout)
    for text in (done.stdout, json.dumps(report)):
        assert "accuracy" not in text.lower()
        assert "AP" not in text
    assert (report["kind"], report["reference"]["name"]) == ("box agreement", "dim")
    assert (report["all"]["found_of_the_reference"], report["all"]["pairs"]) == (1.0, 2)


def test_an_image_that_fails_is_told_and_shows_in_the_exit_code(truth: Path) -> None:
    """1 where some failed, 3 where all did."""
    (truth.parent / "a.png").write_bytes(b"broken")
    some = evaluate("cells", "--data", truth)
    (truth.parent / "b.png").write_bytes(b"broken")
    all_of_them = evaluate("cells", "--data", truth)

    assert (some.returncode, all_of_them.returncode) == (1, 3)
    assert "1 answer failed" in some.stdout
    assert "images that failed count as images in which nothing was found" in some.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--rename", "red"), "--rename red is no pair"),
        (("--rename", "red="), "--rename red= is no pair"),
        (("--tile-overlap", 3), "--tile-overlap is for tiles"),
        (("--against", "cells"), "cells agrees with itself"),
        (("--against", "dim", "--max-dets", 5), "--max-dets needs a truth"),
        (("--images", "nowhere"), "2 of 2 images are not in nowhere: b.png, a.png"),
    ],
)
def test_bad_usage_is_told_with_the_next_step(truth: Path, words: tuple[object, ...], message: str) -> None:
    """Exit code 2, and a line that starts with help."""
    done = evaluate("cells", "--data", truth, *words)

    assert done.returncode == 2
    assert f"error: {message}" in done.stderr
    assert "\nhelp: " in done.stderr
    assert "Traceback" not in done.stderr
