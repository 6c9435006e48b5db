"""What a file says of itself."""

from __future__ import annotations

import pytest

from vedette.errors import UnsupportedError
from vedette.rules.zoo.declared import declared, declared_size
from vedette.rules.zoo.signature import Origin, Signature
from vedette.values.frame import Size
from vedette.values.manifest import ModelType


def info(**metadata: str) -> Signature:
    return Signature((), (), metadata=metadata)


def ultralytics(**properties: str) -> Signature:
    return Signature((), (), properties=properties)


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("Classification", "classifier"),
        ("ssd", "ssd"),
        ("SSD", "ssd"),
        ("YOLO", "yolov8"),
        ("YOLOv5", "yolov5"),
        ("YOLOv8", "yolov8"),
        ("yolov11", "yolov8"),
        ("YOLO11", "yolov8"),
        ("YOLOX", "yolox"),
        ("YOLOV4", "yolov4"),
        ("centernet", "centernet"),
        ("DETR", "detr"),
        ("NanoDet", "nanodet"),
        ("NanoDet-Plus", "nanodet-plus"),
        ("nanodet-plus", "nanodet-plus"),
        ("tf-od", "tf-od"),
        ("RT-DETR", "rtdetr"),
    ],
)
def test_words_of_openvino_model_api(word: str, first: str) -> None:
    """Without regard to case and signs; the most likely type comes first."""
    said = declared(info(model_type=word, labels="ant bee"), {})

    assert said.types[0] == first
    assert (said.origin, said.labels, said.openvino) == (Origin.METADATA, ("ant", "bee"), True)


@pytest.mark.parametrize("word", ["yolov3-onnx", "retinaface", "segmentation"])
def test_another_word_is_refused(word: str) -> None:
    """With the way to its plain arrays."""
    with pytest.raises(UnsupportedError, match=f"'{word}', which Vedette does not decode") as caught:
        declared(info(model_type=word), {})

    assert "model_type=tensor" in caught.value.help


def test_the_user_is_asked_first() -> None:
    """What is given settles the type; the labels of the file stay."""
    said = declared(info(model_type="retinaface", labels="a b"), {"model_type": "boxes"})

    assert (said.types, said.origin, said.labels) == ((ModelType.BOXES,), Origin.GIVEN, ("a", "b"))
    assert declared(info(), {"model_type": "tensor"}).is_tensor
    assert declared(info(), {"model_type": "no such"}).types == ()


def test_a_task_of_ultralytics() -> None:
    """Detection may have several layouts; other tasks are not offered."""
    said = declared(ultralytics(task="detect", names="{0: 'person', 1: 'bi cycle'}"), {})

    assert said.types[:2] == (ModelType.YOLOV8, ModelType.YOLO_END2END)
    assert said.labels == ("person", "bi cycle")
    assert not said.openvino
    assert declared(ultralytics(task="classify"), {}).types == (ModelType.CLASSIFIER,)
    with pytest.raises(UnsupportedError, match="'pose'"):
        declared(ultralytics(task="pose"), {})


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ("{0: 'a', 1: 'b'}", ("a", "b")),
        ("['a', 'b']", ("a", "b")),
        ("{0: 'a', 2: 'b'}", ()),
        ("{'x': 'a'}", ()),
        ("__import__('os').system('true')", ()),
        ("{0: open('x')}", ()),
        ("((((", ()),
        ("", ()),
        ("{[]: 1}", ()),
        ("7", ()),
    ],
)
def test_names_are_read_and_never_run(names: str, labels: tuple[str, ...]) -> None:
    """Only a literal numbered from 0 without gaps counts."""
    assert declared(ultralytics(names=names), {}).labels == labels


@pytest.mark.parametrize(
    ("imgsz", "size"),
    [
        ("[480, 640]", Size(640, 480)),
        ("320", Size(320, 320)),
        ("[640]", None),
        ("", None),
        ("[0, 8]", None),
        ("x", None),
    ],
)
def test_the_size_of_ultralytics(imgsz: str, size: Size | None) -> None:
    """Height before width, or one side for both."""
    assert declared_size(ultralytics(imgsz=imgsz)) == size


def test_silence() -> None:
    """Nothing said, nothing known."""
    said = declared(Signature((), ()), {})

    assert (said.types, said.labels, said.openvino, said.is_tensor) == ((), (), False, False)
