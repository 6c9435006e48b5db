"""Which family of detectors answers in such shapes."""

from __future__ import annotations

import pytest

from vedette.rules.zoo.family import fit_of, fitting, resembling, rows_of, shown
from vedette.values.frame import Size
from vedette.values.manifest import ModelType

YOLO = Size(640, 640)
NANO = Size(416, 416)


@pytest.mark.parametrize(
    ("shapes", "size", "model_type", "classes"),
    [
        ([(84, 8400)], YOLO, "yolov8", 80),
        ([(25200, 85)], YOLO, "yolov5", 80),
        ([(8400, 85)], YOLO, "yolox", 80),
        ([(300, 6)], YOLO, "yolo-end2end", None),
        ([(300, 84)], YOLO, "rtdetr", 80),
        ([(1, 200, 7)], Size(300, 300), "ssd", None),
        ([(8732, 4), (8732, 91)], Size(300, 300), "ssd", 90),
        ([(100, 4), (100,), (100,), ()], Size(300, 300), "tf-od", None),
        ([(100, 4), (100,), (100,)], NANO, "boxes", None),
        ([(100, 5), (100,)], NANO, "boxes", None),
        ([(3549, 80), (3549, 32)], NANO, "nanodet", 80),
        ([(52, 52, 80), (26, 26, 80), (13, 13, 80), (52, 52, 44), (26, 26, 44), (13, 13, 44)], NANO, "nanodet", 80),
        ([(3598, 112)], NANO, "nanodet-plus", 80),
        ([(80, 128, 128), (2, 128, 128), (2, 128, 128)], Size(512, 512), "centernet", 80),
        ([(128, 96, 80), (128, 96, 4)], Size(384, 512), "centernet", 80),
        ([(52, 52, 3, 85), (26, 26, 3, 85), (13, 13, 3, 85)], NANO, "yolov4", 80),
        ([(10647, 1, 4), (10647, 80)], NANO, "yolov4", 80),
    ],
)
def test_shapes_that_only_one_family_has(shapes, size, model_type, classes) -> None:
    """With the number of classes where the shapes tell it."""
    (fit,) = fitting(shapes, size)

    assert (fit.model_type, fit.classes) == (ModelType(model_type), classes)
    assert fit_of(fit.model_type, shapes, size) == fit


@pytest.mark.parametrize(
    ("shapes", "size", "types"),
    [
        ([(100, 4), (100, 92)], YOLO, {"detr", "rtdetr"}),
        ([(255, 52, 52), (255, 26, 26), (255, 13, 13)], NANO, {"yolov3", "yolov4"}),
        ([(255, 26, 26), (255, 13, 13)], NANO, {"yolov3", "yolov4"}),
        ([(3549, 112)], NANO, {"yolox", "nanodet"}),
    ],
)
def test_shapes_that_several_families_share(shapes, size, types) -> None:
    """All of them are named."""
    assert {str(fit.model_type) for fit in fitting(shapes, size)} == types


@pytest.mark.parametrize(
    ("shapes", "size", "labels", "types"),
    [
        ([(100, 4), (100, 92)], YOLO, 91, ["detr"]),
        ([(100, 4), (100, 92)], YOLO, 92, ["rtdetr"]),
        ([(8400, 84)], YOLO, 80, ["yolov8"]),
        ([(8400, 84)], YOLO, 79, ["yolox"]),
        ([(3549, 112)], NANO, 80, ["nanodet"]),
        ([(3549, 112)], NANO, 107, ["yolox"]),
        ([(300, 6)], YOLO, 5, ["yolo-end2end"]),
    ],
)
def test_the_number_of_labels_tells_more(shapes, size, labels, types) -> None:
    """Families that would read another number are left out."""
    assert [str(fit.model_type) for fit in fitting(shapes, size, labels)] == types


@pytest.mark.parametrize(
    "shapes",
    [
        [],
        [()],
        [(1000,)],
        [(5, 5)],
        [(3, 224, 224)],
        [(2, 3, 4, 5, 6)],
        [(10, 4)] * 5,
        [(0, 0)],
        [(21, 64, 64), (21, 64, 64)],
    ],
)
def test_other_shapes_are_no_detector(shapes) -> None:
    """Embeddings, masks, nothing at all."""
    assert fitting(shapes, Size(256, 256)) == ()


def test_what_it_resembles() -> None:
    """Families with so many labels, else those with any number."""
    assert resembling([(8400, 85)], YOLO, 80) == (ModelType.YOLOX,)
    assert resembling([(8400, 85)], YOLO, 3) == (ModelType.YOLOX,)
    assert resembling([(5, 5)], YOLO, 3) == ()


def test_the_batch_is_no_dimension_of_an_image() -> None:
    """It is taken away where every output has it."""
    assert rows_of([(1, 84, 8400)]) == [(84, 8400)]
    assert rows_of([(100, 5), (100,)]) == [(100, 5), (100,)]
    assert rows_of([(1, 100, 4), (1, 100), (1, 100), (1,)]) == [(100, 4), (100,), (100,), ()]


def test_shapes_as_text() -> None:
    """As messages have them."""
    assert shown([(1, 2), ()]) == "(1, 2), ()"
    assert shown([]) == "nothing"
