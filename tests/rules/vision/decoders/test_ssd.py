"""SSD, against loops over the published formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from detector_cases import Object, assert_found, centred, decoding, sigmoid, softmax

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.ssd import decode_ssd
from vedette.values.manifest import Activation

DRAW = np.random.default_rng(4)
ANCHORS = DRAW.uniform(0.1, 0.9, (40, 4))
DELTAS = DRAW.normal(0, 2, (40, 4)).astype(np.float32)
GIVEN = tuple(ANCHORS.reshape(-1).tolist())


def box(row: int, variances: tuple[float, float] = (0.1, 0.2)) -> tuple[float, float, float, float]:
    """In pixels of an input of 80 x 40."""
    (ax, ay, aw, ah), (tx, ty, tw, th) = ANCHORS[row].tolist(), DELTAS[row].tolist()
    left, top, right, bottom = centred(
        ax + variances[0] * tx * aw,
        ay + variances[0] * ty * ah,
        aw * math.exp(variances[1] * tw),
        ah * math.exp(variances[1] * th),
    )
    return (left * 80, top * 40, right * 80, bottom * 40)


def objects(scores: list[list[float]], threshold: float, **more) -> list[Object]:
    return [
        (box(row, **more), score, class_id)
        for row, chances in enumerate(scores)
        for class_id, score in enumerate(chances)
        if score >= threshold
    ]


def test_softmax_with_the_background_first() -> None:
    """Column 0 takes part in the softmax and is no answer."""
    logits = DRAW.normal(0, 2, (40, 5)).astype(np.float32)
    expected = objects([softmax(row)[1:] for row in logits], 0.4)
    spec = decoding(80, 40, classes=4, threshold=0.4, anchors=GIVEN, first_class=1)

    assert len(expected) > 10
    assert_found(decode_ssd([DELTAS, logits], spec), expected)
    assert_found(decode_ssd([logits, DELTAS], spec), expected)
    assert_found(decode_ssd([DELTAS.reshape(-1), logits.reshape(-1)], spec), expected)


def test_sigmoid_and_ready_scores() -> None:
    """As the activation says; columns before the first class are left out."""
    logits = DRAW.normal(0, 2, (40, 4)).astype(np.float32)
    chances = [[sigmoid(float(x)) for x in row[1:]] for row in logits]
    common = {"anchors": GIVEN, "first_class": 1}

    found = decode_ssd([DELTAS, logits], decoding(80, 40, activation=Activation.SIGMOID, **common))
    assert_found(found, objects(chances, 0.5))
    ready = np.array([[0, *row] for row in chances], np.float32)
    assert_found(
        decode_ssd([DELTAS, ready], decoding(80, 40, activation=Activation.NONE, **common)), objects(chances, 0.5)
    )


def test_softmax_without_a_background() -> None:
    """`first_class: 0`: every column is a class."""
    logits = DRAW.normal(0, 2, (40, 3)).astype(np.float32)
    found = decode_ssd([DELTAS, logits], decoding(80, 40, anchors=GIVEN))

    assert_found(found, objects([softmax(row) for row in logits], 0.5))


def test_variances_of_its_own() -> None:
    """They multiply what was learnt."""
    scores = np.full((40, 3), 0.9, np.float32)
    spec = decoding(80, 40, anchors=GIVEN, variances=(0.3, 0.1), activation=Activation.NONE)
    found = decode_ssd([DELTAS, scores], spec)

    assert_found(found, objects(scores.tolist(), 0.5, variances=(0.3, 0.1)))


def test_an_anchor_grows_at_most_so_far() -> None:
    """As torchvision limits it: 1000 / 16 times."""
    deltas = np.full((40, 4), 1e30, np.float32)
    deltas[:, :2] = 0
    scores = np.full((40, 3), 0.9, np.float32)
    found = decode_ssd([deltas, scores], decoding(80, 40, anchors=GIVEN, activation=Activation.NONE, max_candidates=1))

    assert found.boxes[0, 2] - found.boxes[0, 0] == pytest.approx(ANCHORS[0, 2] * 80 * 1000 / 16)


@pytest.mark.parametrize("shape", [(5, 7), (1, 5, 7), (1, 1, 5, 7)])
def test_a_detection_output_is_decoded_already(shape: tuple[int, ...]) -> None:
    """Image, class, score and corners as shares; it ends at image -1, and class 0 is the background."""
    table = np.array(
        [
            [0, 1, 0.9, 0.25, 0.5, 0.5, 1],
            [0, 0, 0.9, 0, 0, 1, 1],
            [0, 3, 0.6, 0, 0, 1, 1],
            [-1, 1, 0.9, 0, 0, 1, 1],
            [0, 1, 0.9, 0, 0, 1, 1],
        ],
        np.float32,
    )
    found = decode_ssd([table.reshape(shape)], decoding(80, 40, first_class=1))

    assert_found(found, [((20, 20, 40, 40), 0.9, 0), ((0, 0, 80, 40), 0.6, 2)])


def test_missing_anchors_are_asked_for() -> None:
    """Nothing can be decoded without them."""
    with pytest.raises(InvalidError, match="holds 0 numbers as anchors") as caught:
        decode_ssd([DELTAS, np.zeros((40, 3), np.float32)], decoding())

    assert "set anchors to centre x" in caught.value.help


@pytest.mark.parametrize("shapes", [[(40, 4), (40, 5)], [(39, 4), (39, 3)], [(40, 4)], []])
def test_other_shapes_are_refused(shapes) -> None:
    """Another number of columns, of anchors or of outputs."""
    with pytest.raises(InvalidError, match="ssd does not read"):
        decode_ssd([np.zeros(shape, np.float32) for shape in shapes], decoding(anchors=GIVEN))
