"""The command `vedette run` with detectors of real weights: objects, tiles, regions of interest, crops."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pulled import pulled_home

from vedette.rules.dataset.mosaic import Grid
from vedette.values.frame import Size
from vedette.wiring.mosaics import Recipe, make

SSD, NANODET = "ssdlite-mobilenet-v2", "nanodet-m-320"
SURE = ("--runtime", "onnxruntime", "--precision", "fp32")


@pytest.fixture(autouse=True)
def real_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The home folder with models that were really pulled."""
    monkeypatch.setenv("VEDETTE_HOME", str(pulled_home()))


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One image of 900x600, 3 x 2 tiles, out of the shipped photos."""
    folder = tmp_path_factory.mktemp("mosaic") / "set"
    make((), Recipe(1, Grid(3, 2, Size(300, 300)), 0.7, 1, 95), output=folder, force=False)
    return folder / "mosaic-0000.jpg"


def vedette(*words: object, runtime: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vedette", "run", *map(str, words), *(SURE if runtime else ())]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def results(*words: object) -> list[dict]:
    done = vedette(*words, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def labels(result: dict) -> Counter[str]:
    return Counter(found["label"] for found in result["detections"])


def test_the_right_things_are_found_on_photos(photos: Path) -> None:
    """Ssdlite on every shipped photo: what a person would say is in it."""
    found = {Path(result["source"]).stem: labels(result) for result in results(photos, "-m", SSD)}

    assert found["astronaut"]["person"] == 1
    assert found["camera"]["person"] == 1
    assert found["chelsea"] == Counter(cat=1)
    assert found["coffee"]["cup"] == 1
    assert found["rocket"] == Counter()


def test_an_object_has_label_class_score_and_box_in_pixels_of_the_image(photos: Path) -> None:
    """The contract of the result; the box lies where the cat is."""
    (result,) = results(photos / "chelsea.jpg", "-m", SSD)

    assert "classes" not in result
    (cat,) = result["detections"]
    left, top, right, bottom = cat["box"]
    assert (cat["label"], cat["class_id"]) == ("cat", 15)
    assert cat["score"] > 0.9
    assert 0 <= left < 60
    assert 350 < right <= result["width"]
    assert 0 <= top < 60
    assert 250 < bottom <= result["height"]


def test_the_batch_size_changes_no_object(mosaic: Path) -> None:
    """The same labels, scores within 1e-3 and boxes within half a pixel, whatever the engine does with the batch."""
    tiles = ("--tile", "300x300", "--tile-overlap", "50", "--fill", "overview", "--threshold", "0.3")

    (alone,) = results(mosaic, "-m", NANODET, *tiles, "--batch", 1)
    for batch in (4, 7, 64):
        (together,) = results(mosaic, "-m", NANODET, *tiles, "--batch", batch)

        assert alone["tiles"] == together["tiles"] == 4 * 3 + 1
        assert len(alone["detections"]) == len(together["detections"]) > 3
        for one, other in zip(alone["detections"], together["detections"], strict=True):
            assert one["label"] == other["label"]
            assert one["score"] == pytest.approx(other["score"], abs=1e-3)
            assert one["box"] == pytest.approx(other["box"], abs=0.5)


def test_a_tile_larger_than_the_image_is_one_padded_tile(photos: Path) -> None:
    """The cat is found, at the scale of the tile."""
    (result,) = results(photos / "chelsea.jpg", "-m", SSD, "--tile", "600x600")

    assert "tiles" not in result
    assert labels(result) == Counter(cat=1)


def test_a_region_of_interest_leaves_the_rest_of_the_image_alone(mosaic: Path) -> None:
    """Every box lies inside of it, in pixels of the whole image; the pattern chooses the source."""
    everywhere = results(mosaic, "-m", SSD, "--tile", "300x300")[0]
    inside = results(mosaic, "-m", SSD, "--tile", "300x300", "--roi", "*mosaic*=300,0,600,300")[0]

    assert inside["tiles"] == 2
    assert 0 < len(inside["detections"]) < len(everywhere["detections"])
    for found in inside["detections"]:
        assert 300 <= found["box"][0] < found["box"][2] <= 900
        assert 0 <= found["box"][1] < found["box"][3] <= 300


def test_only_the_classes_that_are_asked_for_are_told(photos: Path) -> None:
    """A label that the model lacks names the nearest."""
    (result,) = results(photos / "coffee.jpg", "-m", SSD, "--classes", "dining table,person")
    wrong = vedette(photos / "coffee.jpg", "-m", SSD, "--classes", "dinning table")

    assert set(labels(result)) == {"dining table"}
    assert wrong.returncode == 2
    assert "no label 'dinning table'" in wrong.stderr
    assert "did you mean dining table?" in wrong.stderr


def test_how_boxes_are_sorted_out_may_be_changed(photos: Path) -> None:
    """Without suppression there are many boxes; with one candidate there is one."""
    usual, without, single = (
        results(photos / "chelsea.jpg", "-m", SSD, "--threshold", "0.3", *options)[0]["detections"]
        for options in ((), ("--nms", "none"), ("--candidates", "1"))
    )

    assert len(without) > len(usual) >= 1
    assert len(single) == 1


def test_crops_and_annotated_pictures_are_written_beside_results(photos: Path, tmp_path: Path) -> None:
    """One folder a label; the picture bears the photo's name."""
    done = vedette(
        photos / "coffee.jpg", "-m", SSD, "-o", f"crops:{tmp_path / 'c'}", "-o", f"annotated:{tmp_path / 'a'}",
        "-o", tmp_path / "all.csv",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*")) == [
        "a/coffee.jpg",
        "all.csv",
        "c/cup/coffee-01.jpg",
        "c/dining_table/coffee-02.jpg",
    ]


def test_the_table_tells_of_tiles_and_of_the_inference_time_that_studies_use(mosaic: Path) -> None:
    """Cut, predict and merge, without loading and decoding."""
    done = vedette(mosaic, "-m", SSD, "--tile", "300x300", "--batch", 8)

    assert "6 tiles" in done.stdout
    assert "inference time of an image (cut the tiles, predict all, merge; without loading and" in done.stdout


def test_what_only_detectors_do_is_refused_for_a_classifier(photos: Path) -> None:
    """No option is ignored."""
    for option in (("--tile", "300x300"), ("--classes", "cat"), ("--iou", "0.5"), ("-o", "crops:x")):
        done = vedette(photos, "-m", "efficientnet-lite0", *option)
        assert done.returncode == 2
        assert "is for detectors" in done.stderr or "are for detectors" in done.stderr


def test_a_classifier_and_a_detector_may_look_at_one_image(photos: Path) -> None:
    """Decoded once; both answers, in the order of the models."""
    both = results(photos / "coffee.jpg", "-m", "efficientnet-lite0", "-m", SSD)

    assert [result["model"] for result in both] == ["efficientnet-lite0", SSD]
    assert both[0]["classes"][0]["label"] == "espresso"
    assert "cup" in labels(both[1])


def test_a_region_of_interest_that_no_image_asked_for_is_told(photos: Path) -> None:
    """A pattern with a slip would search everything without a word."""
    done = vedette(photos / "coffee.jpg", "-m", SSD, "--roi", "cam7/*=0,0,9,9")

    assert done.returncode == 0
    assert "no image's name fits --roi cam7/*=0,0,9,9" in done.stderr


@pytest.mark.parametrize("options", [("--iou", "nan"), ("--threshold", "nan"), ("--classes", " ,")])
def test_words_that_mean_nothing_are_refused(photos: Path, options: tuple[str, str]) -> None:
    """A usage error with the next step, not a traceback and not a silent run."""
    done = vedette(photos / "coffee.jpg", "-m", SSD, *options)

    assert done.returncode == 2
    assert "help:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_command_leaves_no_file(photos: Path, tmp_path: Path) -> None:
    """Not even a hidden one."""
    done = vedette(photos / "coffee.jpg", "-m", SSD, "-o", tmp_path / "keep.jsonl", "--classes", "persn")

    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []
