"""The keys of `model.yaml` and their values."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from vedette.adapters.config.schema import KEYS, ModelFile, read_labels, read_numbers
from vedette.values.frame import Size
from vedette.values.manifest import DetectorSpec, InputSpec, Manifest, Provenance, Scores

RAW = {"model_type": "classifier", "layout": "NCHW", "input_name": "x", "input_size": "48x32"}


def checked(**raw: object) -> ModelFile:
    return ModelFile.model_validate({**RAW, **raw})


def test_sizes_are_width_by_height() -> None:
    """48x32 is 48 wide and 32 high."""
    assert checked().input_size == Size(48, 32)


@pytest.mark.parametrize("size", ["48", "48x", "x32", "0x32", "48x32x3", 48, [48, 32]])
def test_other_sizes_are_refused(size: object) -> None:
    """A size is two whole numbers from 1."""
    with pytest.raises(ValidationError):
        checked(input_size=size)


@pytest.mark.parametrize("numbers", [[1, 2, 3], "1 2 3", "1,2,3", "[1, 2, 3]"])
def test_numbers_as_a_list_or_as_openvino_writes_them(numbers: object) -> None:
    """A list, or a text with spaces or commas."""
    assert checked(mean_values=numbers).mean_values == (1.0, 2.0, 3.0)


def test_one_number_for_all_channels() -> None:
    """One number stands for every channel."""
    assert checked(scale_values=255).scale_values == (255.0,)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mean_values", [1, 2]),
        ("scale_values", [1, 0, 1]),
        ("mean_values", ["nan"]),
        ("channels", 4),
        ("crop_fraction", 0),
        ("crop_fraction", 1.5),
        ("pad_value", 256),
        ("confidence_threshold", -0.1),
        ("resize_type", "squash"),
        ("reverse_input_channels", "perhaps"),
        ("labels", 3),
        ("labels", [True]),
        ("file", "/etc/passwd"),
        ("file", "../model.onnx"),
        ("sha256", {"1": "abc"}),
        ("parameters", -1),
    ],
)
def test_values_out_of_range_are_refused(key: str, value: object) -> None:
    """Each key has its range."""
    with pytest.raises(ValidationError) as caught:
        checked(**{key: value})

    assert caught.value.errors()[0]["loc"][0] == key


def test_whole_numbers_may_be_labels() -> None:
    """YAML reads unquoted digits as numbers; as labels they are text."""
    assert checked(labels=[0, 1]).labels == ("0", "1")


def test_every_field_of_a_manifest_has_a_key() -> None:
    """What the values hold, the file can say."""
    fields = {*Manifest.__slots__, *InputSpec.__slots__, *DetectorSpec.__slots__, *Provenance.__slots__}

    assert fields - {"version", "input", "detector", "provenance", "size"} == set(KEYS) - {
        "input_name",
        "input_size",
        "sha256",
        "size_bytes",
    }


def test_a_manifest_comes_out() -> None:
    """Typed keys become the value that the rest of Vedette knows."""
    manifest = checked(labels=["a", "b"], scores="probabilities", licence="MIT").manifest("m", "2", "/m", "onnx")

    assert manifest.input == InputSpec("x", "NCHW", Size(48, 32))
    assert (manifest.labels, manifest.scores, manifest.provenance.licence) == (("a", "b"), Scores.PROBABILITIES, "MIT")


def test_defaults_are_those_of_the_values() -> None:
    """A key that is left out means what the value object says."""
    assert checked().manifest("m", "1", "/m", "onnx").input == InputSpec("x", "NCHW", Size(48, 32))


def test_a_detector_comes_out_with_the_defaults_of_the_values() -> None:
    """Other models have none."""
    assert checked(model_type="yolox", labels=["a"]).manifest("m", "1", "/m", "onnx").detector == DetectorSpec()
    assert checked().manifest("m", "1", "/m", "onnx").detector is None


def test_numbers_in_a_text_file(tmp_path: Path) -> None:
    """Spaces and new lines between them."""
    file = tmp_path / "anchors.txt"
    file.write_bytes(b"\xef\xbb\xbf1 2.5\r\n\r\n-3e-1\n")

    assert read_numbers(file) == ["1", "2.5", "-3e-1"]


def test_labels_in_a_text_file(tmp_path: Path) -> None:
    """One name a line; a byte order mark and empty lines at the end do not count."""
    file = tmp_path / "labels.txt"
    file.write_bytes(b"\xef\xbb\xbfcat\r\nsea lion\r\n\r\n")

    assert read_labels(file) == ["cat", "sea lion"]
