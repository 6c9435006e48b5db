"""`model.yaml` read, checked and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.config.document import parse, read, write
from vedette.errors import UsageError
from vedette.values.frame import Size
from vedette.values.manifest import (
    Activation,
    DetectorSpec,
    InputSpec,
    Interpolation,
    Layout,
    Manifest,
    ModelFormat,
    ModelType,
    Provenance,
    ResizeType,
    Scores,
    Suppression,
)

TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=30)
SHARE = st.floats(0, 1)
NUMBER = st.floats(-1e6, 1e6)


DETECTORS = [model_type for model_type in ModelType if model_type.is_detector]


@st.composite
def detectors(draw: st.DrawFn) -> Manifest:
    """A manifest of any family of detectors."""
    numbers = draw(st.integers(0, 5)) * 4
    spec = DetectorSpec(
        nms=draw(st.sampled_from(Suppression)),
        iou_threshold=draw(SHARE),
        max_candidates=draw(st.integers(1, 10**6)),
        max_detections=draw(st.integers(1, 10**6)),
        strides=tuple(draw(st.lists(st.integers(1, 128), max_size=5))),
        anchors=tuple(draw(st.lists(NUMBER, min_size=numbers, max_size=numbers))),
        variances=(draw(NUMBER), draw(NUMBER)),
        first_class=draw(st.integers(0, 9)),
        activation=draw(st.none() | st.sampled_from(Activation)),
    )
    return replace(
        draw(manifests()),
        model_type=draw(st.sampled_from(DETECTORS)),
        labels=tuple(draw(st.lists(TEXT, min_size=1, max_size=4))),
        scores=Scores.LOGITS,
        detector=spec,
    )


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    channels = draw(st.sampled_from([1, 3]))
    count = draw(st.sampled_from([1, channels]))
    spec = InputSpec(
        name=draw(TEXT.filter(bool)),
        layout=draw(st.sampled_from(Layout)),
        size=Size(draw(st.integers(1, 9999)), draw(st.integers(1, 9999))),
        channels=channels,
        resize_type=draw(st.sampled_from(ResizeType)),
        interpolation=draw(st.sampled_from(Interpolation)),
        crop_fraction=draw(st.floats(0, 1, exclude_min=True)),
        pad_value=draw(st.integers(0, 255)),
        reverse_input_channels=draw(st.booleans()),
        mean_values=tuple(draw(NUMBER) for _ in range(count)),
        scale_values=tuple(draw(NUMBER.filter(bool)) for _ in range(count)),
    )
    return Manifest(
        name="m",
        version="1",
        file="model.onnx",
        format=draw(st.sampled_from(ModelFormat)),
        model_type=ModelType.CLASSIFIER,
        input=spec,
        labels=tuple(draw(st.lists(TEXT, max_size=4))),
        scores=draw(st.sampled_from(Scores)),
        confidence_threshold=draw(SHARE),
        provenance=Provenance(
            title=draw(TEXT),
            licence=draw(TEXT),
            parameters=draw(st.none() | st.integers(0, 10**12)),
            gflops=draw(st.none() | st.floats(0, 1e9)),
            measured_quality=draw(TEXT),
            untrained=draw(st.booleans()),
        ),
    )


@given(manifests() | detectors())
def test_what_is_written_is_read(manifest: Manifest) -> None:
    """A manifest survives its YAML file, whatever it holds."""
    raw = yaml.safe_load(write(manifest))

    assert parse(raw, "m.yaml", name="m").manifest("m", "1", "model.onnx", manifest.format) == manifest


def test_a_tensor_model_has_no_image_keys() -> None:
    """Only what has a meaning is written."""
    tensor = Manifest("m", "1", "model.onnx", ModelFormat.ONNX, ModelType.TENSOR, None)

    assert yaml.safe_load(write(tensor)) == {
        "name": "m",
        "model_type": "tensor",
        "file": "model.onnx",
        "format": "onnx",
    }


def test_all_problems_at_once() -> None:
    """One run tells everything: unknown, missing and wrong keys, each with what is expected."""
    raw = {"model_type": "classifier", "input_sise": "224x224", "layout": "NHCW", "input_name": "x", "pad_value": 300}

    with pytest.raises(UsageError) as caught:
        parse(raw, "/home/m/model.yaml")

    lines = [line.strip() for line in caught.value.message.splitlines()]
    assert lines[0] == "4 problems"
    assert "/home/m/model.yaml: input_size: missing: expected width x height, as 224x224" in lines
    assert "/home/m/model.yaml: input_sise: 224x224: unknown key, did you mean input_size?" in lines
    assert "/home/m/model.yaml: layout: NHCW: expected 'NCHW' or 'NHWC'" in lines
    assert "/home/m/model.yaml: pad_value: 300: expected less than or equal to 255" in lines


def test_a_model_type_is_needed() -> None:
    """The one key that nothing can stand for."""
    with pytest.raises(UsageError, match=r"model_type: missing: expected one of classifier, ssd, .*, tensor"):
        parse({}, "m.yaml")


def test_an_image_key_asks_for_the_image_input() -> None:
    """A key that would have no effect is not passed over."""
    with pytest.raises(UsageError, match="input_name: missing"):
        parse({"model_type": "tensor", "mean_values": [1]}, "m.yaml")


IMAGE = {"layout": "NCHW", "input_name": "x", "input_size": "64x64"}


def problems(raw: dict) -> list[str]:
    with pytest.raises(UsageError) as caught:
        parse(raw, "m.yaml")
    return [line.strip().removeprefix("m.yaml: ") for line in caught.value.message.splitlines()]


def test_a_detector_needs_an_image_and_labels() -> None:
    """Both are asked for at once."""
    told = problems({"model_type": "yolov8"})

    assert "input_name: missing: expected the name of the image input in the graph" in told
    assert "labels: missing: expected the names of the classes, or the path of a text file of them" in told


@pytest.mark.parametrize("model_type", ["classifier", "tensor"])
def test_a_key_of_detectors_says_so(model_type: str) -> None:
    """A key that would have no effect is not passed over."""
    raw = {**IMAGE, "model_type": model_type, "nms": "none", "iou_threshold": 0.4}

    assert f"nms: none: a key of detectors, which a {model_type} is not" in problems(raw)
    assert f"iou_threshold: 0.4: a key of detectors, which a {model_type} is not" in problems(raw)


def test_a_key_of_classifiers_says_so() -> None:
    """The other way round."""
    raw = {**IMAGE, "model_type": "detr", "labels": ["a"], "scores": "logits"}

    assert problems(raw) == ["scores: logits: a key of classifiers; a detr takes activation"]


def test_all_problems_of_a_detector_at_once() -> None:
    """Each with what is expected."""
    raw = {**IMAGE, "model_type": "ssd", "labels": ["a"], "nms": "soft", "iou_threshold": 2, "anchors": [1, 2, 3]}
    raw |= {"strides": [8, 0], "variances": [1], "first_class": -1, "activation": "tanh", "untrained": "perhaps"}
    told = "\n".join(problems({**raw, "max_candidate": 5}))

    for expected in (
        "nms: soft: expected 'class', 'agnostic' or 'none'",
        "iou_threshold: 2: expected less than or equal to 1",
        "anchors: [1, 2, 3]: expected 4 numbers for each anchor",
        "strides[1]: 0: expected greater than or equal to 1",
        "variances: [1]: expected 2 numbers: of the centre and of the size",
        "first_class: -1: expected greater than or equal to 0",
        "activation: tanh: expected 'none', 'sigmoid' or 'softmax'",
        "untrained: perhaps",
        "max_candidate: 5: unknown key, did you mean max_candidates?",
    ):
        assert expected in told


def test_anchors_from_a_file_beside_it(tmp_path: Path) -> None:
    """Numbers with spaces and new lines between; a list and a text of numbers are anchors too."""
    (tmp_path / "anchors.txt").write_text("10 13\n16 30.5\n", encoding="utf-8")
    raw = {**IMAGE, "model_type": "yolov3", "labels": ["a"]}
    for value in ("anchors.txt", [10, 13, 16, 30.5], "10 13 16 30.5", "[10, 13, 16, 30.5]"):
        assert parse({**raw, "anchors": value}, "m.yaml", folder=tmp_path).anchors == (10, 13, 16, 30.5)
    for path in ("../anchors.txt", str(tmp_path / "anchors.txt"), "gone.txt"):
        with pytest.raises(UsageError, match="anchors: "):
            parse({**raw, "anchors": path}, "m.yaml", folder=tmp_path / "inner")


def test_a_file_of_words_holds_no_anchors(tmp_path: Path) -> None:
    """The word is named."""
    (tmp_path / "anchors.txt").write_text("10 thirteen", encoding="utf-8")

    with pytest.raises(UsageError, match=r"anchors\[1\]: thirteen"):
        parse({**IMAGE, "model_type": "yolov3", "labels": ["a"], "anchors": "anchors.txt"}, "m.yaml", folder=tmp_path)


def test_the_name_is_the_name_of_the_folder() -> None:
    """Two names for one model are refused."""
    with pytest.raises(UsageError, match="name: other: expected mine"):
        parse({"model_type": "tensor", "name": "other"}, "m.yaml", name="mine")


def test_labels_from_a_file_beside_it(tmp_path: Path) -> None:
    """A text names a file beside the manifest, and only there."""
    (tmp_path / "names.txt").write_text("a\nb\n", encoding="utf-8")

    assert parse({"model_type": "tensor", "labels": "names.txt"}, "m.yaml", folder=tmp_path).labels == ("a", "b")
    for path in ("../names.txt", str(tmp_path / "names.txt"), "gone.txt"):
        with pytest.raises(UsageError, match="labels: "):
            parse({"model_type": "tensor", "labels": path}, "m.yaml", folder=tmp_path / "inner")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [1", "line 1"),
        ("- 1\n", "holds list"),
        ("", "holds NoneType"),
        ("a: !!python/object/apply:os.getcwd []", "line 1"),
        ("\x00", "not YAML"),
    ],
)
def test_other_text_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """What is no mapping of keys is refused with the place; tags that would run code are not known."""
    file = tmp_path / "model.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=reason):
        read(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(UsageError, match=r"model\.yaml cannot be read"):
        read(tmp_path / "model.yaml")


def test_a_long_value_is_cut() -> None:
    """A message shows what it needs of a value."""
    with pytest.raises(UsageError) as caught:
        parse({"model_type": "x" * 5000}, "m.yaml")

    assert len(caught.value.message) < 300


def test_hash_and_size_are_kept_by_version() -> None:
    """What was saved can be compared later."""
    manifest = replace(Manifest("m", "3", "model.onnx", ModelFormat.ONNX, ModelType.TENSOR, None))
    raw = yaml.safe_load(write(manifest, sha256="a" * 64, size_bytes=7))

    assert raw["sha256"] == {"3": "a" * 64}
    assert raw["size_bytes"] == {"3": 7}
