"""The shapes by which families are told are those that their decoders read."""

from __future__ import annotations

import numpy as np
import pytest
from detector_cases import decoding

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.family import FAMILIES, decode
from vedette.rules.zoo.family import fit_of
from vedette.rules.zoo.looks import cells_of, count_cells, sides_of
from vedette.values.frame import Size
from vedette.values.manifest import ModelType

SIZE = Size(96, 64)
CELLS, PLUS = 126, 128
MAPS = [(8, 12), (4, 6), (2, 3)]
EXAMPLES = [
    ("ssd", [(40, 4), (40, 6)], {"anchors": (0.5,) * 160, "first_class": 1}),
    ("ssd", [(40, 4), (40, 5)], {"anchors": (0.5,) * 160}),
    ("ssd", [(1, 20, 7)], {"first_class": 1}),
    ("tf-od", [(20, 4), (20,), (20,), ()], {"first_class": 1}),
    ("yolov3", [(30, h, w) for h, w in MAPS], {}),
    ("yolov3", [(h, w, 30) for h, w in MAPS[1:]], {}),
    ("yolov4", [(h, w, 3, 10) for h, w in MAPS], {}),
    ("yolov4", [(40, 1, 4), (40, 5)], {}),
    ("yolov5", [(3 * CELLS, 10)], {}),
    ("yolov5", [(3 * PLUS, 10)], {}),
    ("yolov8", [(9, CELLS)], {}),
    ("yolov8", [(CELLS, 9)], {}),
    ("yolov8", [(9, PLUS)], {}),
    ("yolo-end2end", [(300, 6)], {}),
    ("yolox", [(CELLS, 10)], {}),
    ("yolox", [(PLUS, 10)], {}),
    ("nanodet", [(CELLS, 5), (CELLS, 44)], {}),
    ("nanodet", [(CELLS, 37)], {}),
    ("nanodet", [(h * w, channels) for channels in (5, 32) for h, w in MAPS], {}),
    ("nanodet", [(channels, h, w) for h, w in MAPS for channels in (5, 32)], {}),
    ("nanodet-plus", [(PLUS, 37)], {}),
    ("nanodet-plus", [(PLUS, 5 + 44)], {}),
    ("centernet", [(5, 16, 24), (2, 16, 24), (2, 16, 24)], {}),
    ("centernet", [(16, 24, 5), (16, 24, 4)], {}),
    ("detr", [(100, 4), (100, 6)], {}),
    ("rtdetr", [(300, 4), (300, 5)], {}),
    ("rtdetr", [(300, 9)], {}),
    ("boxes", [(20, 4), (20,), (20,)], {}),
    ("boxes", [(20, 5), (20,)], {}),
]
"""Outputs with 5 labels for an input of 96x64."""


@pytest.mark.parametrize(("model_type", "shapes", "spec"), EXAMPLES)
def test_what_is_told_is_decoded(model_type: str, shapes, spec) -> None:
    """With the same number of labels; a decoder refuses any other that the shapes rule out."""
    kind = ModelType(model_type)
    fit = fit_of(kind, shapes, SIZE, 5)
    outputs = [np.zeros(shape, np.float32) for shape in shapes]

    assert fit is not None
    assert fit.classes in (None, 5)
    assert fit.first_class == spec.get("first_class", 0)
    assert len(decode(kind, outputs, decoding(96, 64, classes=5, threshold=1.0, **spec))) == 0
    if fit.classes is not None:
        with pytest.raises(InvalidError):
            decode(kind, outputs, decoding(96, 64, classes=7, threshold=1.0, **spec))


def test_every_family_is_told() -> None:
    """The examples leave none out."""
    assert {ModelType(model_type) for model_type, *_ in EXAMPLES} == set(FAMILIES)


@pytest.mark.parametrize("swap", [1, -1])
@pytest.mark.parametrize(("model_type", "shapes", "spec"), EXAMPLES)
def test_the_order_of_outputs_is_free(model_type: str, shapes, spec, swap: int) -> None:
    """Exporters order them as they like."""
    assert fit_of(ModelType(model_type), shapes[::swap], SIZE, 5) is not None


def test_cells_of_a_map() -> None:
    """Sides that a stride does not divide have one more."""
    assert cells_of(Size(100, 52), 16) == (7, 4)
    assert count_cells(Size(100, 52), (16, 32)) == 28 + 8
    assert sides_of((3, 8, 12), SIZE) == (8, 12)
    assert sides_of((3, 8, 8), SIZE) is None
