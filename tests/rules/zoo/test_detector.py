"""The keys of a detector that nobody wrote."""

from __future__ import annotations

import pytest

from vedette.errors import UsageError
from vedette.rules.zoo.declared import declared
from vedette.rules.zoo.detector import detector_settings
from vedette.rules.zoo.signature import Origin, Output, Port, Settings, Signature
from vedette.values.frame import Size

YOLO = Size(96, 64)
COCO = tuple(f"c{index}" for index in range(80))


def settings(
    *shapes: tuple[int, ...],
    given: dict | None = None,
    labels: tuple[str, ...] = (),
    dtype: str = "float32",
    **says: object,
) -> Settings | None:
    """For a graph that answers these shapes for a batch of one."""
    signature = Signature((Port("x", (1, 3, 64, 96), dtype),), (), **says)
    outputs = [Output(f"y{index}", (1, *shape), "float32", chances=False) for index, shape in enumerate(shapes)]
    given = given or {}
    return detector_settings(signature, given, declared(signature, given), outputs, YOLO, labels)


def values(found: Settings | None) -> dict[str, object]:
    assert found is not None
    return {key: setting.value for key, setting in found.items()}


@pytest.mark.parametrize(
    ("shapes", "model_type"),
    [([(84, 126)], "yolov8"), ([(378, 85)], "yolov5"), ([(126, 85)], "yolox"), ([(128, 112)], "nanodet-plus")],
)
def test_a_run_tells_the_family(shapes, model_type: str) -> None:
    """Where the shapes are those of one family; labels are made up."""
    found = settings(*shapes)

    assert values(found)["model_type"] == model_type
    assert found["model_type"].origin is Origin.RUN
    assert len(values(found)["labels"]) == 80
    assert found["labels"].origin is Origin.DEFAULT


def test_shapes_of_no_detector_are_none() -> None:
    """So that the model is called with plain arrays."""
    assert settings((5, 5)) is None
    assert settings() is None


def test_shapes_of_several_families_are_asked_for() -> None:
    """All that fit are listed, and the way out."""
    with pytest.raises(
        UsageError, match=r"answers \(100, 4\), \(100, 92\) for one image, which detr and rtdetr do"
    ) as told:
        settings((100, 4), (100, 92))

    assert "--set model_type=detr or --set model_type=rtdetr" in told.value.help
    assert "--set model_type=tensor" in told.value.help


def test_labels_settle_what_shapes_share() -> None:
    """91 names leave one column for no object."""
    labels = tuple(f"c{index}" for index in range(91))

    assert values(settings((100, 4), (100, 92), labels=labels))["model_type"] == "detr"


@pytest.mark.parametrize(
    ("word", "shape", "model_type"),
    [
        ("YOLO", (84, 126), "yolov8"),
        ("YOLO", (378, 85), "yolov5"),
        ("YOLOv5", (84, 126), "yolov8"),
        ("YOLOv5", (378, 85), "yolov5"),
        ("YOLOv8", (300, 6), "yolo-end2end"),
    ],
)
def test_shapes_choose_between_the_layouts_of_a_word(word: str, shape, model_type: str) -> None:
    """Model API's YOLOv5 may give out what YOLOv8 does."""
    found = settings(shape, metadata={"model_type": word, "labels": " ".join(COCO)})

    assert values(found)["model_type"] == model_type
    assert found["model_type"].origin is found["labels"].origin is Origin.METADATA


def test_a_type_that_the_shapes_are_not_is_refused() -> None:
    """With what it looks like."""
    with pytest.raises(UsageError, match=r"model_type: yolov8: it reads \(4 \+ labels, N\); .* \(378, 85\)") as told:
        settings((378, 85), given={"model_type": "yolov8"})

    assert "that looks like yolov5: add --set model_type=yolov5" in told.value.help


def test_a_word_that_the_shapes_are_not_is_refused() -> None:
    """None of the layouts that it may mean fits."""
    with pytest.raises(UsageError, match=r"model_type: yolov8: it reads .* the model answers \(5, 5\)") as told:
        settings((5, 5), metadata={"model_type": "YOLOv8"})

    assert told.value.help == "add --set model_type=tensor to call it with plain arrays"


def test_strides_of_its_own_are_left_to_the_decoder() -> None:
    """The shapes are judged when it is tried."""
    found = settings((24, 8), given={"model_type": "yolox", "strides": "16"}, labels=("a", "b", "c"))

    assert values(found)["labels"] == ("a", "b", "c")


@pytest.mark.parametrize("shape", [(300, 6), (20, 7)])
def test_labels_that_the_shapes_do_not_tell_are_asked_for(shape) -> None:
    """A list of boxes says nothing of how many classes there are."""
    with pytest.raises(UsageError, match="do not tell how many classes") as told:
        settings(shape)

    assert "--labels FILE" in told.value.help


def test_labels_of_the_wrong_number_are_refused() -> None:
    """Both numbers are named."""
    with pytest.raises(UsageError, match="3 names for 80 classes"):
        settings((84, 126), labels=("a", "b", "c"))


def test_ultralytics_sees_rgb_letterboxed() -> None:
    """Divided by 255, padded with 114; each key says that the family has it so."""
    found = settings((7, 126), properties={"task": "detect", "names": "{0: 'a', 1: 'b', 2: 'c'}"})
    told = values(found)

    assert (told["model_type"], told["labels"]) == ("yolov8", ("a", "b", "c"))
    assert (told["scale_values"], told["pad_value"], told["resize_type"]) == ("255", 114, "fit_to_window_letterbox")
    assert told["reverse_input_channels"] is True
    assert found["scale_values"].origin is Origin.FAMILY


@pytest.mark.parametrize(("word", "silent"), [("NanoDet", True), ("YOLOX", True), ("YOLOv8", False)])
def test_files_of_model_api_say_how_pixels_are_normalised(word: str, *, silent: bool) -> None:
    """Where they are silent nothing is done, but for the YOLO models whose wrappers do it."""
    shape = {"NanoDet": (126, 112), "YOLOX": (126, 85), "YOLOv8": (84, 126)}[word]
    told = values(settings(shape, metadata={"model_type": word}, labels=COCO))

    assert ("scale_values" not in told) == silent
    assert "iou_threshold" in told


def test_an_input_of_bytes_is_not_normalised() -> None:
    """Its graph does that."""
    assert "scale_values" not in values(settings((84, 126), dtype="uint8"))


def test_boxes_that_the_graph_has_chosen_are_not_suppressed() -> None:
    """End-to-end exports, queries, and a DetectionOutput."""
    assert values(settings((300, 6), labels=COCO))["nms"] == "none"
    assert values(settings((1, 20, 7), labels=COCO))["nms"] == "none"
    assert "nms" not in values(settings((2000, 4), (2000, 81), labels=COCO))


@pytest.mark.parametrize(
    ("shapes", "labels", "says", "first"),
    [
        ([(2000, 4), (2000, 81)], COCO, {}, 1),
        ([(2000, 4), (2000, 80)], COCO, {}, 0),
        ([(1, 20, 7)], COCO, {}, 1),
        ([(1, 20, 7)], (), {"metadata": {"model_type": "ssd", "labels": "background a"}}, 0),
        ([(100, 4), (100,), (100,), ()], COCO, {}, 1),
        ([(84, 126)], (), {}, 0),
    ],
)
def test_where_the_first_label_stands(shapes, labels, says, first: int) -> None:
    """After the background, unless the labels name it."""
    assert values(settings(*shapes, labels=labels, **says))["first_class"] == first


def test_queries_whose_ids_start_at_one() -> None:
    """The given first class is no label."""
    given = {"model_type": "rtdetr", "first_class": "1"}

    assert len(values(settings((300, 4), (300, 91), given=given))["labels"]) == 90


def test_metadata_of_suppression_is_taken() -> None:
    """OpenVINO's names, with their origin."""
    metadata = {"model_type": "YOLOX", "iou_threshold": "0.3", "agnostic_nms": "True"}
    found = settings((126, 85), metadata=metadata)

    assert (values(found)["iou_threshold"], values(found)["nms"]) == ("0.3", "agnostic")
    assert found["iou_threshold"].origin is Origin.METADATA
