"""`add`: a file of the user's becomes a model of the home folder."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from onnx import helper
from tiny_models import classifier, model, save, save_ir, save_saved_model, save_tflite

from vedette.adapters.config.repository import Repository
from vedette.errors import ConflictError, InvalidError, UsageError
from vedette.rules.zoo.signature import Origin
from vedette.values.frame import Size
from vedette.values.manifest import Layout, ModelFormat, ModelType, ResizeType, Scores
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
        ({"model_type": "detector"}, "model_type: detector: expected 'classifier' or 'tensor'"),
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
