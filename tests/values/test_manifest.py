"""What a manifest refuses and what it takes for granted."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from vedette.values.frame import Size
from vedette.values.manifest import (
    InputSpec,
    Interpolation,
    Layout,
    Manifest,
    ModelFormat,
    ModelType,
    Provenance,
    ResizeType,
    Scores,
)


def spec(**fields: Any) -> InputSpec:
    return InputSpec("images", Layout.NCHW, Size(224, 224), **fields)


def test_an_input_is_stretched_and_not_normalised_unless_it_says_otherwise() -> None:
    """The defaults are RGB, standard resize, linear, no mean and scale 1."""
    plain = spec()

    assert (plain.channels, plain.resize_type, plain.interpolation) == (3, ResizeType.STANDARD, Interpolation.LINEAR)
    assert (plain.mean_values, plain.scale_values) == ((0.0,), (1.0,))
    assert (plain.crop_fraction, plain.pad_value, plain.reverse_input_channels) == (1.0, 0, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"channels": 1},
        {"channels": 1, "mean_values": (127.0,), "scale_values": (128.0,)},
        {"mean_values": (127.0,), "scale_values": (58.4, 57.1, 57.4)},
        {"scale_values": (-1.0,)},
        {"crop_fraction": 1e-9},
        {"crop_fraction": 1.0},
        {"pad_value": 0},
        {"pad_value": 255},
    ],
)
def test_an_input_takes_values_up_to_its_limits(fields: dict[str, Any]) -> None:
    """One number counts for every channel; limits belong to the allowed range."""
    made = spec(**fields)

    assert all(getattr(made, key) == value for key, value in fields.items())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"channels": 0}, "1 or 3 channels, got 0"),
        ({"channels": 2}, "1 or 3 channels, got 2"),
        ({"channels": 4}, "1 or 3 channels, got 4"),
        ({"mean_values": ()}, "mean_values needs 1 or 3 numbers, got 0"),
        ({"mean_values": (1.0, 2.0)}, "mean_values needs 1 or 3 numbers, got 2"),
        ({"channels": 1, "mean_values": (1.0, 2.0, 3.0)}, "mean_values needs 1 or 1 numbers, got 3"),
        ({"scale_values": (1.0, 1.0, 1.0, 1.0)}, "scale_values needs 1 or 3 numbers, got 4"),
        ({"scale_values": (0.0,)}, "scale_values must not hold 0"),
        ({"scale_values": (1.0, 0.0, 1.0)}, "scale_values must not hold 0"),
        ({"crop_fraction": 0.0}, "crop_fraction must lie in .0, 1., got 0.0"),
        ({"crop_fraction": 1.01}, "got 1.01"),
        ({"crop_fraction": float("nan")}, "got nan"),
        ({"pad_value": -1}, "pad_value must lie in 0..255, got -1"),
        ({"pad_value": 256}, "got 256"),
    ],
)
def test_an_input_refuses_what_makes_no_sense(fields: dict[str, Any], message: str) -> None:
    """The message names the key and the value."""
    with pytest.raises(ValueError, match=message):
        spec(**fields)


def test_a_manifest_knows_nothing_that_it_was_not_told() -> None:
    """No labels, logits, no threshold and an empty provenance are the defaults."""
    manifest = Manifest("lite", "1", "/m/model.onnx", ModelFormat.ONNX, ModelType.CLASSIFIER, spec())

    assert (manifest.labels, manifest.scores, manifest.confidence_threshold) == ((), Scores.LOGITS, 0.0)
    assert manifest.provenance == Provenance()
    assert (manifest.provenance.licence, manifest.provenance.parameters) == ("", None)


def test_a_manifest_never_changes() -> None:
    """Neither it nor its input can be assigned to, and both can be keys."""
    manifest = Manifest("lite", "1", "/m/model.onnx", ModelFormat.ONNX, ModelType.CLASSIFIER, spec())

    with pytest.raises(FrozenInstanceError):
        manifest.version = "2"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        manifest.input.pad_value = 3  # type: ignore[misc, union-attr]
    assert hash(manifest) == hash(
        Manifest("lite", "1", "/m/model.onnx", ModelFormat.ONNX, ModelType.CLASSIFIER, spec())
    )


def test_keys_carry_the_names_of_openvino() -> None:
    """What a model's `model_info` says needs no translation."""
    assert [str(value) for value in ResizeType] == ["standard", "fit_to_window", "fit_to_window_letterbox", "crop"]
    assert set(InputSpec.__dataclass_fields__) >= {
        "resize_type",
        "pad_value",
        "reverse_input_channels",
        "mean_values",
        "scale_values",
    }
    assert set(Manifest.__dataclass_fields__) >= {"model_type", "labels", "confidence_threshold"}
