"""YOLOv3 and YOLOv4, against loops over their published formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from detector_cases import Object, assert_found, centred, decoding, sigmoid

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.yolo_maps import decode_yolov3, decode_yolov4
from vedette.values.manifest import Activation

V3 = [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326]
V4 = [12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401]
SCALES = {8: 1.2, 16: 1.1, 32: 1.05}


def maps(width: int = 64, height: int = 32, classes: int = 3, strides=(8, 16, 32)) -> list[np.ndarray]:
    """Raw maps (h, w, 3, 5 + classes)."""
    draw = np.random.default_rng(2)
    return [draw.normal(0, 1.5, (height // s, width // s, 3, 5 + classes)).astype(np.float32) for s in strides]


def first(array: np.ndarray) -> np.ndarray:
    """Channels first, (3 x (5 + classes), h, w)."""
    height, width = array.shape[:2]
    return np.ascontiguousarray(array.reshape(height, width, -1).transpose(2, 0, 1))


def last(array: np.ndarray) -> np.ndarray:
    return array.reshape(*array.shape[:2], -1)


def torch_like(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.transpose(2, 0, 1, 3))


def objects(raw: list[np.ndarray], anchors, *, scale, scores_raw=True, strides=(8, 16, 32)) -> list[Object]:
    found = []
    for level, (array, stride) in enumerate(zip(raw, strides, strict=True)):
        k = scale(stride)
        for y, x, a in np.ndindex(*array.shape[:3]):
            t = [float(number) for number in array[y, x, a]]
            width, height = anchors[6 * level + 2 * a : 6 * level + 2 * a + 2]
            box = centred(
                (sigmoid(t[0]) * k - 0.5 * (k - 1) + x) * stride,
                (sigmoid(t[1]) * k - 0.5 * (k - 1) + y) * stride,
                math.exp(t[2]) * width,
                math.exp(t[3]) * height,
            )
            for class_id in range(len(t) - 5):
                score = sigmoid(t[4]) * sigmoid(t[5 + class_id]) if scores_raw else t[4] * t[5 + class_id]
                if score >= 0.5:
                    found.append((box, score, class_id))
    return found


@pytest.mark.parametrize("shape", [first, last, torch_like, lambda array: array, lambda array: first(array)[None]])
@pytest.mark.parametrize("order", [1, -1])
def test_yolov3_in_every_layout(shape, order: int) -> None:
    """Channels first or last, anchors apart or not, the maps in any order; anchors of COCO where none are given."""
    raw = maps()
    expected = objects(raw, V3, scale=lambda _: 1.0)

    assert len(expected) > 10
    assert_found(decode_yolov3([shape(array) for array in raw][::order], decoding(64, 32)), expected)


@pytest.mark.parametrize("shape", [first, last])
def test_yolov4_lets_centres_leave_their_cells(shape) -> None:
    """Raw maps of rank 3 need the sigmoid on their scores."""
    raw = maps()

    assert_found(decode_yolov4([shape(array) for array in raw], decoding(64, 32)), objects(raw, V4, scale=SCALES.get))


def test_yolov4_of_the_onnx_zoo_has_its_scores_already() -> None:
    """Rank 4: the graph has applied the sigmoid to objectness and classes, not to the centre."""
    raw = maps()
    for array in raw:
        array[..., 4:] = np.random.default_rng(3).random(array[..., 4:].shape)
    expected = objects(raw, V4, scale=SCALES.get, scores_raw=False)

    assert len(expected) > 10
    assert_found(decode_yolov4(raw, decoding(64, 32)), expected)


def test_yolov4_decoded_in_the_graph() -> None:
    """Boxes (N, 1, 4) as shares of the input, and scores."""
    boxes = np.array([[[0.25, 0.5, 0.5, 1.0]], [[0, 0, 1, 1]]], np.float32)
    scores = np.array([[0.1, 0.8, 0.2], [0.6, 0.1, 0.1]], np.float32)
    expected = [((16, 16, 32, 32), 0.8, 1), ((0, 0, 64, 32), 0.6, 0)]

    assert_found(decode_yolov4([boxes, scores], decoding(64, 32)), expected)
    assert_found(decode_yolov4([scores, boxes], decoding(64, 32)), expected)


def test_two_maps_are_the_tiny_models() -> None:
    """Strides 16 and 32 with their own anchors and scale."""
    raw = maps(strides=(16, 32))
    v3, v4 = [10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319], [23, 27, 37, 58, 81, 82, 81, 82, 135, 169, 344, 319]
    shaped = [first(array) for array in raw]

    assert_found(decode_yolov3(shaped, decoding(64, 32)), objects(raw, v3, scale=lambda _: 1.0, strides=(16, 32)))
    assert_found(decode_yolov4(shaped, decoding(64, 32)), objects(raw, v4, scale=lambda _: 1.05, strides=(16, 32)))


def test_anchors_of_the_manifest_count() -> None:
    """For models that were trained on other things."""
    raw, own = maps(), [float(number) for number in range(1, 19)]
    found = decode_yolov3([first(array) for array in raw], decoding(64, 32, anchors=tuple(own)))

    assert_found(found, objects(raw, own, scale=lambda _: 1.0))


def test_region_yolo_has_applied_the_sigmoid() -> None:
    """`activation: none` for yolov3: centre and scores are taken as they are."""
    array = np.zeros((1, 2, 3, 8), np.float32)
    array[0, 1, 2] = [0.25, 0.5, 0, 0, 0.9, 0.1, 1.0, 0.2]
    outputs = [np.zeros((4, 8, 24), np.float32), np.zeros((2, 4, 24), np.float32), last(array)]
    found = decode_yolov3(outputs, decoding(64, 32, activation=Activation.NONE))

    assert_found(found, [(centred(1.25 * 32, 0.5 * 32, 373, 326), 0.9, 1)])


@pytest.mark.parametrize(
    "spec", [{"anchors": (1.0, 2.0)}, {"anchors": tuple(range(24))}, {"strides": (4, 8, 16)}, {"classes": 4}]
)
def test_what_does_not_fit_is_refused(spec) -> None:
    """Another number of anchors, strides or labels than the maps have."""
    with pytest.raises(InvalidError, match="yolov3 does not read"):
        decode_yolov3([first(array) for array in maps()], decoding(64, 32, **spec))


def test_no_outputs_are_refused() -> None:
    """Nothing is no map."""
    with pytest.raises(InvalidError, match="answers nothing"):
        decode_yolov4([], decoding())


def test_the_best_of_all_maps_stay() -> None:
    """`max_candidates` counts all maps together."""
    raw = maps()
    found = decode_yolov3([first(array) for array in raw], decoding(64, 32, max_candidates=5))
    expected = sorted(objects(raw, V3, scale=lambda _: 1.0), key=lambda one: -one[1])[:5]

    assert_found(found, expected)


def test_bad_numbers_do_not_crash() -> None:
    """NaN is no candidate, an exponential without end gives a box that is none."""
    raw = maps()
    raw[0][..., 4] = np.nan
    raw[1][..., 2] = 1e9
    found = decode_yolov3([first(array) for array in raw], decoding(64, 32))

    assert not np.isnan(found.scores).any()
