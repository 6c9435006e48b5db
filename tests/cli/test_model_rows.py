"""How models are printed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from vedette.cli.model_rows import (
    added_json,
    available_rows,
    checked_json,
    listed_json,
    listed_row,
    short,
    shown_json,
    shown_rows,
)
from vedette.rules.zoo.signature import Origin, Setting
from vedette.values.frame import Size
from vedette.values.manifest import (
    Activation,
    DetectorSpec,
    InputSpec,
    Layout,
    Manifest,
    ModelFormat,
    ModelType,
    Provenance,
    Suppression,
)
from vedette.wiring.zoo import Added, Checked, Finding, Listed, Shown

LISTED = Listed("net", "available", Size(8, 4), Provenance(title="Net", reported_quality="90 % (theirs)"), 12.34)
MANIFEST = Manifest("net", "1", "/m", ModelFormat.ONNX, ModelType.TENSOR, None)


def test_a_row_of_the_list() -> None:
    """Quality without its circumstances."""
    assert listed_row(LISTED) == ("net", "available", "8x4", "12.3 MB", "reported: 90 %")


def test_a_model_before_it_is_pulled() -> None:
    """Only what is known; in the document null stands for the rest."""
    assert dict(available_rows(LISTED))["reported_quality"] == "90 % (theirs)"
    assert "licence" not in dict(available_rows(LISTED))
    assert listed_json(LISTED)["licence"] is None


def test_a_model_of_plain_tensors() -> None:
    """Input and preprocessing are null."""
    shown = Shown(MANIFEST, "own", "ab", 1234)

    assert shown_json(shown)["input"] is shown_json(shown)["preprocessing"] is None
    assert dict(shown_rows(shown))["input"] == "plain tensors"
    assert dict(shown_rows(shown))["format"] == "onnx, 1.2 kB"


@pytest.mark.parametrize(("channels", "reverse", "order"), [(3, True, "RGB"), (3, False, "BGR"), (1, True, "grey")])
def test_the_order_of_colours_is_named(channels: int, reverse: object, order: str) -> None:
    """In words that everybody knows."""
    spec = InputSpec("x", Layout.NCHW, Size(8, 4), channels=channels, reverse_input_channels=bool(reverse))
    manifest = Manifest("net", "1", "/m", ModelFormat.ONNX, ModelType.TENSOR, spec)

    assert dict(shown_rows(Shown(manifest, "own", "ab", 1)))["input"] == f"x: 8x4, NCHW, {order}"


def test_a_long_list_is_cut() -> None:
    """With its length."""
    assert short(tuple("abcdefgh")) == "a, b, c, d, e, ... (8)"
    assert short(("a", "b")) == "a, b"
    assert short(True) == "true"


def test_documents_are_json() -> None:
    """Tuples become lists, a finding without a model null."""
    added = Added(MANIFEST, (Setting("labels", ("a", "b"), Origin.GIVEN),))
    checked = Checked(("net",), (Finding("", "stray", "move it"),))

    assert json.loads(json.dumps(added_json(added)))["settings"] == [
        {"key": "labels", "value": ["a", "b"], "origin": "you"}
    ]
    assert json.loads(json.dumps(checked_json(checked)))["findings"][0]["model"] is None


DETECTOR = Manifest(
    "net",
    "1",
    "/m",
    ModelFormat.ONNX,
    ModelType.NANODET,
    InputSpec("x", Layout.NCHW, Size(8, 4)),
    labels=("a", "b"),
    confidence_threshold=0.35,
    detector=DetectorSpec(iou_threshold=0.6, strides=(8, 16), activation=Activation.SIGMOID),
)


def test_a_detector_tells_how_boxes_are_chosen() -> None:
    """And how its decoder was tried; what the family decides is not shown."""
    rows = dict(shown_rows(Shown(DETECTOR, "own", "ab", 1)))

    assert rows["decoder"] == "nanodet: run here with real weights"
    assert rows["nms"] == "class, above an IoU of 0.6"
    assert (rows["strides"], rows["max_candidates"], rows["max_detections"]) == ("8 16", "1,000", "300")
    assert (rows["first_class"], rows["activation"], rows["confidence_threshold"]) == ("0", "sigmoid", "0.35")
    assert "scores" not in rows
    assert "anchors" not in rows


def test_a_family_that_was_never_run_says_so() -> None:
    """The formulas are what it was tested against."""
    manifest = replace(DETECTOR, model_type=ModelType.YOLOV8, detector=DetectorSpec(nms=Suppression.NONE))
    rows = dict(shown_rows(Shown(manifest, "own", "ab", 1)))

    assert rows["decoder"] == "yolov8: tested against the published formulas, never run here with real weights"
    assert rows["nms"] == "none"


def test_anchors_are_counted() -> None:
    """Four numbers each for ssd, two for the others."""
    ssd = replace(DETECTOR, model_type=ModelType.SSD, detector=DetectorSpec(anchors=(0.5,) * 40))
    yolo = replace(ssd, model_type=ModelType.YOLOV3)

    assert dict(shown_rows(Shown(ssd, "own", "ab", 1)))["anchors"] == "10, variances 0.1 0.2"
    assert dict(shown_rows(Shown(yolo, "own", "ab", 1)))["anchors"] == "20"


def test_the_document_of_a_detector_is_json() -> None:
    """All of its keys; null for other models."""
    document = json.loads(json.dumps(shown_json(Shown(DETECTOR, "own", "ab", 1))))

    assert document["detector"]["nms"] == "class"
    assert document["detector"]["strides"] == [8, 16]
    assert set(document["detector"]) == set(DetectorSpec.__slots__)
    assert document["decoder"].startswith("nanodet: ")
    assert document["scores"] is None
    assert shown_json(Shown(MANIFEST, "own", "ab", 1))["detector"] is None
    assert shown_json(Shown(MANIFEST, "own", "ab", 1))["decoder"] is None


def test_random_weights_are_told_everywhere() -> None:
    """In the list, before the model is pulled, and when it is shown."""
    untrained = Provenance(reported_quality="90 % (theirs)", untrained=True)
    listed = replace(LISTED, provenance=untrained)
    shown = Shown(replace(DETECTOR, provenance=untrained), "own", "ab", 1)
    told = "random weights: its answers mean nothing, only its cost does"

    assert listed_row(listed)[-1] == told
    assert dict(available_rows(listed))["untrained"] == dict(shown_rows(shown))["untrained"] == told
    assert listed_json(listed)["untrained"] is shown_json(shown)["untrained"] is True
    assert listed_json(LISTED)["untrained"] is False
    assert "untrained" not in dict(shown_rows(Shown(DETECTOR, "own", "ab", 1)))
