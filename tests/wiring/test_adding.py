"""`add`: a file of the user's becomes a model of the home folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from tiny_models import classifier, detector, model, save, save_ir, save_saved_model, save_tflite

from vedette.adapters.config.repository import Repository
from vedette.errors import ConflictError, InvalidError, UnsupportedError, UsageError
from vedette.rules.vision.detect import detect
from vedette.rules.zoo.signature import Origin
from vedette.values.frame import Size
from vedette.values.manifest import Layout, ModelFormat, ModelType, ResizeType, Scores, Suppression
from vedette.wiring.adding import add
from vedette.wiring.checking import check


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    file = tmp_path / "labels.txt"
    file.write_text("ant\nbee\ncat\ndog\n", encoding="utf-8")
    return file


def test_a_plain_onnx_file_needs_nothing_more(tmp_path: Path, home: Path) -> None:
    """Input, classes and scores are read from the graph and one run; what nobody said is marked as a default."""
    added = add(save(classifier(), tmp_path / "My Net.onnx"))
    manifest = added.manifest

    assert manifest == Repository(home).find("my-net")
    assert (manifest.model_type, manifest.scores) == (ModelType.CLASSIFIER, Scores.LOGITS)
    assert (manifest.input.name, manifest.input.layout, manifest.input.size) == ("image", Layout.NCHW, Size(48, 32))
    assert manifest.labels == ("class_0", "class_1", "class_2", "class_3")
    assert manifest.provenance.source == "added from My Net.onnx"
    assert manifest.provenance.parameters == 12
    origins = {setting.key: setting.origin for setting in added.settings}
    assert origins["input_size"] is Origin.GRAPH
    assert origins["labels"] is origins["mean_values"] is Origin.DEFAULT


def test_what_the_file_says_of_itself_is_taken(tmp_path: Path) -> None:
    """ONNX metadata under OpenVINO's names."""
    metadata = {
        "model_type": "Classification",
        "labels": "ant bee cat dog",
        "mean_values": "123.675 116.28 103.53",
        "scale_values": "58.395 57.12 57.375",
        "reverse_input_channels": "YES",
        "resize_type": "fit_to_window_letterbox",
        "pad_value": "114",
        "confidence_threshold": "0.25",
    }
    manifest = add(save(classifier(metadata=metadata), tmp_path / "net.onnx")).manifest

    assert manifest.labels == ("ant", "bee", "cat", "dog")
    assert manifest.confidence_threshold == 0.25
    assert manifest.input.mean_values == (123.675, 116.28, 103.53)
    assert manifest.input.resize_type is ResizeType.LETTERBOX
    assert manifest.input.pad_value == 114
    assert manifest.input.reverse_input_channels is True


def test_what_the_user_says_wins(tmp_path: Path, labels: Path) -> None:
    """--labels and --set come last."""
    file = save(classifier(("N", 3, "H", "W"), metadata={"labels": "a b c d"}), tmp_path / "net.onnx")
    given = {"input_size": "20x10", "scale_values": "255", "title": "Mine", "crop_fraction": "0.875"}
    manifest = add(file, name="mine", labels=labels, given=given).manifest

    assert manifest.name == "mine"
    assert manifest.labels == ("ant", "bee", "cat", "dog")
    assert (manifest.input.size, manifest.input.scale_values) == (Size(20, 10), (255.0,))
    assert manifest.provenance.title == "Mine"


@pytest.mark.parametrize(
    ("make", "name", "model_format"),
    [
        (lambda path: save(classifier(flat=False), path), "net.onnx", ModelFormat.ONNX),
        (lambda path: save_ir(classifier(softmax=True), path), "net.xml", ModelFormat.OPENVINO),
        (save_saved_model, "net", ModelFormat.SAVED_MODEL),
        (save_tflite, "net.tflite", ModelFormat.TFLITE),
    ],
)
def test_every_format_is_added_and_found_well(
    tmp_path: Path, home: Path, make, name: str, model_format: ModelFormat
) -> None:
    """What `add` took, `check` finds in order."""
    manifest = add(make(tmp_path / name)).manifest

    assert manifest.format is model_format
    assert Repository(home).verify("net").manifest == manifest
    assert check("net").findings == ()


def test_external_data_is_copied(tmp_path: Path, home: Path) -> None:
    """The model runs from the home folder after the original is gone."""
    onnx.save(classifier(), tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    add(tmp_path / "net.onnx")
    for file in (tmp_path / "net.onnx", tmp_path / "net.data"):
        file.unlink()

    assert check("net").findings == ()


def test_a_model_without_an_image_takes_tensors(tmp_path: Path) -> None:
    """No input specification, no labels."""
    graph = model([helper.make_node("Relu", ["a"], ["b"])], [("a", ["N", 7])], [("b", ["N", 7])])
    manifest = add(save(graph, tmp_path / "relu.onnx")).manifest

    assert (manifest.model_type, manifest.input, manifest.labels) == (ModelType.TENSOR, None, ())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"input_sise": "3x3"}, "--set input_sise=3x3: no key that can be set, did you mean input_size"),
        ({"labels": "a,b"}, "take --labels FILE"),
        ({"input_size": "banana"}, "input_size: banana: expected width x height"),
        ({"model_type": "detector"}, "model_type: detector: expected 'classifier', 'ssd', .* or 'tensor'"),
        ({"scale_values": "0"}, "pixels are divided by them"),
    ],
)
def test_a_wrong_key_or_value_is_refused(tmp_path: Path, home: Path, given: dict[str, str], told: str) -> None:
    """The key is named with what is expected, and nothing is added."""
    with pytest.raises(UsageError, match=told):
        add(save(classifier(), tmp_path / "net.onnx"), given=given)
    assert Repository(home).names() == ()


def test_several_wrong_values_are_told_together(tmp_path: Path) -> None:
    """One run tells everything."""
    with pytest.raises(UsageError, match="2 problems") as caught:
        add(save(classifier(), tmp_path / "net.onnx"), given={"pad_value": "300", "scores": "maybe"})
    assert "--set KEY=VALUE" in caught.value.help


@pytest.mark.parametrize("content", ["a\nb\n", "a\nb\nc\nd\ne\n", ""])
def test_labels_of_the_wrong_length_are_refused(tmp_path: Path, home: Path, content: str) -> None:
    """As many names as classes."""
    labels = tmp_path / "labels.txt"
    labels.write_text(content, encoding="utf-8")

    with pytest.raises(UsageError, match="names for 4 classes"):
        add(save(classifier(), tmp_path / "net.onnx"), labels=labels)
    assert Repository(home).names() == ()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_labels_that_cannot_be_read_are_refused(tmp_path: Path, content: bytes | None) -> None:
    """A missing file, or one that is no text."""
    labels = tmp_path / "labels.txt"
    if content is not None:
        labels.write_bytes(content)

    with pytest.raises(UsageError, match="--labels"):
        add(save(classifier(), tmp_path / "net.onnx"), labels=labels)


@pytest.mark.parametrize("name", ["../net", "Net", "a/b", "."])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    """The rule for names is told."""
    with pytest.raises(UsageError, match="cannot name a model"):
        add(save(classifier(), tmp_path / "net.onnx"), name=name)


@pytest.mark.parametrize("name", ["mnist-softmax", "net"])
def test_a_name_that_is_taken_is_refused(tmp_path: Path, name: str) -> None:
    """Names of the catalogue and of models that are there."""
    file = save(classifier(), tmp_path / "net.onnx")
    add(file, name="net")

    with pytest.raises(ConflictError, match=name):
        add(file, name=name)


def test_a_model_that_does_not_run_is_not_added(tmp_path: Path, home: Path) -> None:
    """Nothing stays of it."""
    with pytest.raises(InvalidError, match="does not run"):
        add(save(classifier(channels=5), tmp_path / "net.onnx"))
    assert not list(home.iterdir())


def test_every_setting_can_be_printed(tmp_path: Path) -> None:
    """Values are text, numbers or lists of them."""
    for setting in add(save(classifier(), tmp_path / "net.onnx")).settings:
        json.dumps(setting.value)


NAMES = "{0: 'ant', 1: 'sea bee', 2: 'cat'}"
ULTRALYTICS = {"task": "detect", "names": NAMES, "stride": "32", "imgsz": "[64, 96]", "author": "Ultralytics"}
OBJECT = np.zeros((1, 7, 126))
OBJECT[0, :, 5] = [48, 32, 20, 10, 0.1, 0.9, 0.2]


def test_an_export_of_ultralytics_needs_nothing_more(tmp_path: Path, home: Path) -> None:
    """Its metadata and one run tell the family, the labels and how its pixels are normalised."""
    graph = detector({"output0": (1, 7, 126)}, ("N", 3, "H", "W"), properties=ULTRALYTICS, values={"output0": OBJECT})
    added = add(save(graph, tmp_path / "best.onnx"))
    manifest = added.manifest

    assert manifest == Repository(home).find("best")
    assert manifest.model_type is ModelType.YOLOV8
    assert manifest.labels == ("ant", "sea bee", "cat")
    assert manifest.input.size == Size(96, 64)
    assert (manifest.input.resize_type, manifest.input.pad_value) == (ResizeType.LETTERBOX, 114)
    assert (manifest.input.scale_values, manifest.input.reverse_input_channels) == ((255.0,), True)
    assert (manifest.detector.nms, manifest.detector.iou_threshold) == (Suppression.CLASS, 0.7)
    assert check("best").findings == ()
    origins = {setting.key: setting.origin for setting in added.settings}
    assert origins["labels"] is origins["model_type"] is origins["input_size"] is Origin.METADATA
    assert origins["scale_values"] is origins["iou_threshold"] is Origin.FAMILY


def test_what_was_added_detects(tmp_path: Path) -> None:
    """The object that the graph gives out comes back with its label and box."""
    graph = detector({"output0": (1, 7, 126)}, (1, 3, 64, 96), properties=ULTRALYTICS, values={"output0": OBJECT})
    manifest = add(save(graph, tmp_path / "best.onnx")).manifest
    found = detect([OBJECT[0].astype(np.float32)], manifest, manifest.confidence_threshold)

    assert found.boxes.tolist() == [[38, 27, 58, 37]]
    assert [manifest.labels[class_id] for class_id in found.class_ids] == ["sea bee"]


def test_an_end_to_end_export_of_ultralytics(tmp_path: Path) -> None:
    """The shapes tell that the graph has suppressed."""
    properties = {**ULTRALYTICS, "args": "{'nms': True}", "end2end": "True"}
    graph = detector({"output0": (1, 300, 6)}, (1, 3, 64, 96), properties=properties)
    manifest = add(save(graph, tmp_path / "best.onnx")).manifest

    assert manifest.model_type is ModelType.YOLO_END2END
    assert manifest.detector.nms is Suppression.NONE


def test_another_task_of_ultralytics_is_refused(tmp_path: Path) -> None:
    """With the way to its plain arrays, which then works."""
    graph = detector({"output0": (1, 7, 126)}, (1, 3, 64, 96), properties={**ULTRALYTICS, "task": "pose"})
    file = save(graph, tmp_path / "pose.onnx")

    with pytest.raises(UnsupportedError, match="'pose'"):
        add(file)
    assert add(file, given={"model_type": "tensor"}).manifest.detector is None


@pytest.mark.parametrize(
    ("word", "outputs", "model_type"),
    [
        ("YOLO", {"y": (1, 7, 126)}, ModelType.YOLOV8),
        ("YOLOv5", {"y": (1, 378, 8)}, ModelType.YOLOV5),
        ("YOLOX", {"y": (1, 126, 8)}, ModelType.YOLOX),
        ("NanoDet", {"y": (1, 126, 35)}, ModelType.NANODET),
        ("NanoDet-Plus", {"y": (1, 128, 35)}, ModelType.NANODET_PLUS),
        ("ssd", {"y": (1, 1, 20, 7)}, ModelType.SSD),
        ("ssd", {"boxes": (20, 5), "classes": (20,)}, ModelType.BOXES),
        ("centernet", {"a": (1, 3, 16, 24), "b": (1, 2, 16, 24), "c": (1, 2, 16, 24)}, ModelType.CENTERNET),
        ("DETR", {"a": (1, 100, 4), "b": (1, 100, 4)}, ModelType.DETR),
        ("YOLOV4", {"a": (1, 24, 8, 12), "b": (1, 24, 4, 6), "c": (1, 24, 2, 3)}, ModelType.YOLOV4),
    ],
)
@pytest.mark.parametrize("ir", [False, True])
def test_model_info_chooses_the_decoder(tmp_path: Path, word: str, outputs, model_type, *, ir: bool) -> None:
    """As OpenVINO Model API writes it, in ONNX and in IR; what was added is found well."""
    metadata = {"model_type": word, "labels": "ant bee cat", "confidence_threshold": "0.4"}
    if ir:
        file = save_ir(detector(outputs, (1, 3, 64, 96)), tmp_path / "net.xml", metadata)
    else:
        file = save(detector(outputs, (1, 3, 64, 96), metadata=metadata), tmp_path / "net.onnx")
    manifest = add(file).manifest

    assert (manifest.model_type, manifest.labels) == (model_type, ("ant", "bee", "cat"))
    assert manifest.confidence_threshold == 0.4
    assert check("net").findings == ()


def test_a_run_chooses_without_metadata(tmp_path: Path) -> None:
    """Labels are made up, and the pixels are those of the family."""
    added = add(save(detector({"y": (1, 126, 85)}, (1, 3, 64, 96)), tmp_path / "net.onnx"))
    (kind,) = [setting for setting in added.settings if setting.key == "model_type"]

    assert (kind.value, kind.origin) == ("yolox", Origin.RUN)
    assert added.manifest.labels[-1] == "class_79"
    assert added.manifest.input.reverse_input_channels is False


def test_shapes_of_several_families_are_asked_for(tmp_path: Path, home: Path) -> None:
    """Nothing is added until the user has said which."""
    file = save(detector({"boxes": (1, 100, 4), "scores": (1, 100, 92)}, (1, 3, 64, 96)), tmp_path / "net.onnx")

    with pytest.raises(UsageError, match="detr and rtdetr"):
        add(file)
    assert Repository(home).names() == ()
    manifest = add(file, given={"model_type": "detr", "nms": "class", "iou_threshold": "0.6"}).manifest
    assert len(manifest.labels) == 91
    assert (manifest.detector.nms, manifest.detector.iou_threshold) == (Suppression.CLASS, 0.6)


def test_anchors_are_asked_for_and_taken_from_a_file(tmp_path: Path) -> None:
    """An SSD without them decodes nothing."""
    file = save(detector({"deltas": (1, 40, 4), "scores": (1, 40, 3)}, (1, 3, 64, 96)), tmp_path / "net.onnx")
    anchors = tmp_path / "boxes.txt"
    anchors.write_text("\n".join("0.5 0.5 0.25 0.125" for _ in range(40)), encoding="utf-8")

    with pytest.raises(UsageError, match="holds 0 numbers as anchors"):
        add(file, given={"model_type": "ssd"})
    manifest = add(file, given={"model_type": "ssd", "anchors": str(anchors)}).manifest
    assert manifest.detector.anchors == (0.5, 0.5, 0.25, 0.125) * 40
    assert manifest.detector.first_class == 1
    assert check("net").findings == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"nms": "soft"}, "nms: soft: expected 'class', 'agnostic' or 'none'"),
        ({"model_type": "classifier", "nms": "none"}, "nms: none: a key of detectors, which a classifier is not"),
        ({"scores": "logits", "model_type": "yolox"}, "scores: logits: a key of classifiers"),
        ({"strides": "4"}, "yolox does not read with 80 labels"),
        ({"anchors": "none such.txt"}, "anchors: none such.txt: expected a list of numbers"),
        ({"untrained": "perhaps"}, "untrained: perhaps"),
    ],
)
def test_a_wrong_key_of_a_detector_is_refused(tmp_path: Path, home: Path, given: dict[str, str], told: str) -> None:
    """The key is named with what is expected, and nothing is added."""
    file = save(detector({"y": (1, 126, 85)}, (1, 3, 64, 96)), tmp_path / "net.onnx")
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(f"c{index}" for index in range(80)), encoding="utf-8")

    with pytest.raises(UsageError, match=re.escape(told)):
        add(file, given=given, labels=labels)
    assert Repository(home).names() == ()


def test_random_weights_can_be_told(tmp_path: Path) -> None:
    """The user says so."""
    file = save(detector({"y": (1, 126, 85)}, (1, 3, 64, 96)), tmp_path / "net.onnx")

    assert add(file, given={"untrained": "true"}).manifest.provenance.untrained
