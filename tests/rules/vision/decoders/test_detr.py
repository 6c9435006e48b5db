"""Detectors with queries, against loops."""

from __future__ import annotations

import numpy as np
import pytest
from detector_cases import Object, assert_found, centred, decoding, sigmoid, softmax

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.detr import decode_detr, decode_rtdetr
from vedette.values.manifest import Activation

DRAW = np.random.default_rng(7)
BOXES = DRAW.random((60, 4), np.float32)


def objects(scores, threshold: float = 0.5) -> list[Object]:
    """For an input of 80 x 40."""
    found = []
    for box, chances in zip(BOXES.tolist(), scores, strict=True):
        left, top, right, bottom = centred(*box)
        pixels = (left * 80, top * 40, right * 80, bottom * 40)
        found += [(pixels, float(score), k) for k, score in enumerate(chances) if score >= threshold]
    return found


def test_detr_has_a_column_for_no_object() -> None:
    """Softmax over all, the last one is no answer; outputs in either order."""
    logits = DRAW.normal(0, 2, (60, 4)).astype(np.float32)
    expected = objects([softmax(row)[:3] for row in logits])

    assert len(expected) > 10
    assert_found(decode_detr([logits * 1.0, BOXES], decoding(80, 40)), expected)
    assert_found(decode_detr([BOXES[None], logits[None]], decoding(80, 40)), expected)


def test_detr_with_ids_that_start_at_one() -> None:
    """COCO's 91 places: the first column is no label, yet part of the softmax."""
    logits = DRAW.normal(0, 2, (60, 5)).astype(np.float32)
    found = decode_detr([logits, BOXES], decoding(80, 40, first_class=1))

    assert_found(found, objects([softmax(row)[1:4] for row in logits]))


def test_detr_whose_graph_has_the_softmax() -> None:
    """`activation: none`."""
    chances = np.array([softmax(row) for row in DRAW.normal(0, 2, (60, 4))], np.float32)
    found = decode_detr([chances, BOXES], decoding(80, 40, activation=Activation.NONE))

    assert_found(found, objects(chances[:, :3].tolist()))


def test_rtdetr_takes_pairs_of_query_and_class() -> None:
    """Sigmoid, several classes a query; `dets` and `labels` of RF-DETR in either order."""
    logits = DRAW.normal(0, 2, (60, 3)).astype(np.float32)
    expected = objects([[sigmoid(float(x)) for x in row] for row in logits])

    assert_found(decode_rtdetr([BOXES, logits], decoding(80, 40)), expected)
    assert_found(decode_rtdetr([logits, BOXES], decoding(80, 40)), expected)


def test_rtdetr_of_ultralytics_is_one_table() -> None:
    """Its scores are 0..1 already."""
    scores = DRAW.random((60, 3), np.float32)

    assert_found(decode_rtdetr([np.hstack([BOXES, scores])], decoding(80, 40)), objects(scores.tolist()))


def test_four_columns_twice_are_told_by_their_values() -> None:
    """Boxes lie within 0..1; with four labels that tells them from logits."""
    logits = DRAW.normal(0, 3, (60, 4)).astype(np.float32)
    expected = objects([[sigmoid(float(x)) for x in row] for row in logits])

    assert_found(decode_rtdetr([logits, BOXES], decoding(80, 40, classes=4)), expected)
    assert_found(decode_rtdetr([BOXES, logits], decoding(80, 40, classes=4)), expected)


@pytest.mark.parametrize(
    ("decode", "shapes", "alike"),
    [
        (decode_detr, [(60, 4), (60, 3)], "rtdetr"),
        (decode_rtdetr, [(60, 4), (60, 4)], "detr"),
        (decode_rtdetr, [(60, 4), (59, 3)], ""),
        (decode_rtdetr, [(300, 6)], "yolo-end2end"),
        (decode_detr, [], ""),
    ],
)
def test_other_shapes_are_refused(decode, shapes, alike: str) -> None:
    """With the family that they look like."""
    with pytest.raises(InvalidError, match="does not read") as caught:
        decode([np.zeros(shape, np.float32) for shape in shapes], decoding())

    assert f"looks like {alike}" in caught.value.help if alike else "correct model_type" in caught.value.help
