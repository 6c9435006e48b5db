"""From the outputs of a detector to objects in the source image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.rules.vision.detect import detect, project
from vedette.rules.vision.resize import plan_resize
from vedette.values.detection import Detections, detections
from vedette.values.frame import Size
from vedette.values.manifest import (
    DetectorSpec,
    InputSpec,
    Layout,
    Manifest,
    ModelFormat,
    ModelType,
    ResizeType,
    Suppression,
)

MANIFEST = Manifest(
    "m",
    "1",
    "/m/1/model.onnx",
    ModelFormat.ONNX,
    ModelType.BOXES,
    InputSpec("x", Layout.NCHW, Size(64, 64)),
    labels=("ant", "bee"),
    detector=DetectorSpec(iou_threshold=0.5),
)
# The first two overlap by 0.9 and are of two classes, the third overlaps the second by 0.8 and is of its class.
OUTPUTS = [
    np.array([[0, 0, 20, 20], [0, 0, 20, 18], [0, 0, 16, 18], [40, 40, 60, 60]], np.float32),
    np.array([0.9, 0.8, 0.7, 0.6], np.float32),
    np.array([0, 1, 1, 0]),
]


def with_spec(**changes) -> Manifest:
    return replace(MANIFEST, detector=replace(MANIFEST.detector, **changes))


def scores(found: Detections) -> list[float]:
    return found.scores.round(6).tolist()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, [0.9, 0.8, 0.6]),
        ({"nms": Suppression.AGNOSTIC}, [0.9, 0.6]),
        ({"nms": Suppression.NONE}, [0.9, 0.8, 0.7, 0.6]),
        ({"iou_threshold": 0.9}, [0.9, 0.8, 0.7, 0.6]),
        ({"max_detections": 2}, [0.9, 0.8]),
        ({"max_candidates": 1}, [0.9]),
    ],
)
def test_the_manifest_says_what_suppresses_what(spec, expected) -> None:
    """Within a class, among all, or nothing; as many as asked for, best first."""
    assert scores(detect(OUTPUTS, with_spec(**spec), 0.5)) == expected


def test_an_unwanted_class_suppresses_nothing() -> None:
    """Classes are chosen before boxes are suppressed, and before candidates are counted."""
    manifest = with_spec(nms=Suppression.AGNOSTIC, max_candidates=1)

    assert scores(detect(OUTPUTS, manifest, 0.5, class_ids=frozenset({1}))) == [0.8]
    assert len(detect(OUTPUTS, manifest, 0.5, class_ids=frozenset())) == 0


def test_the_threshold_counts() -> None:
    """What falls short of it is left out."""
    assert scores(detect(OUTPUTS, MANIFEST, 0.65)) == [0.9, 0.8]


@pytest.mark.parametrize("box", [[5, 5, 5, 9], [9, 5, 5, 9], [np.nan, 0, 1, 1], [0, 0, np.inf, 1]])
def test_what_is_no_box_is_left_out(box) -> None:
    """No area, crossed sides, or sides that are no numbers."""
    outputs = [np.array([box], np.float32), np.array([0.9], np.float32), np.array([0])]

    assert len(detect(outputs, MANIFEST, 0.5)) == 0


def test_other_outputs_are_refused() -> None:
    """The family's own message comes through."""
    with pytest.raises(InvalidError, match="boxes does not read with 2 labels"):
        detect([np.zeros((7, 7), np.float32)], MANIFEST, 0.5)


SIDE = st.integers(1, 3000)
SHARE = st.tuples(*[st.floats(0, 1)] * 4)


@given(
    source=st.builds(Size, SIDE, SIDE),
    target=st.builds(Size, SIDE, SIDE),
    resize_type=st.sampled_from(ResizeType),
    crop_fraction=st.floats(0.1, 1),
    shares=st.lists(SHARE, max_size=5),
)
def test_there_and_back_is_where_it_was(source, target, resize_type, crop_fraction, shares) -> None:
    """A box of the source that the model sees comes back from the model's pixels, for every way to resize."""
    geometry = plan_resize(source, target, resize_type, crop_fraction)
    low = np.clip([geometry.left, geometry.top], 0, None)
    high = np.minimum([source.width, source.height], np.add(low, [geometry.crop.width, geometry.crop.height]))
    points = np.sort(np.array(shares).reshape(-1, 2, 2), axis=1) * (high - low) + low
    seen = detections(geometry.to_target(points), [0.5] * len(shares), range(len(shares)))
    back = project(seen, geometry)

    np.testing.assert_allclose(back.boxes, points.reshape(-1, 4), atol=1e-6 * max(source.width, source.height))
    assert back.class_ids.tolist() == list(range(len(shares)))


@given(resize_type=st.sampled_from(ResizeType), corners=st.tuples(*[st.floats(-1e4, 1e4)] * 4))
def test_nothing_lies_outside_of_the_source(resize_type, corners) -> None:
    """Boxes that reach beyond are clipped."""
    geometry = plan_resize(Size(300, 200), Size(64, 64), resize_type)
    left, top, right, bottom = project(detections([corners], [0.5], [0]), geometry).boxes[0]

    assert 0 <= min(left, right) <= max(left, right) <= 300
    assert 0 <= min(top, bottom) <= max(top, bottom) <= 200
