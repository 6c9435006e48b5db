"""The table of all families."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from detector_cases import decoding
from pulled import pulled_home

from vedette.adapters.config.repository import Repository
from vedette.errors import InvalidError
from vedette.rules.vision.decode import decode as read_image
from vedette.rules.vision.decoders.family import FAMILIES, Proof, decode
from vedette.rules.vision.detect import detect, project
from vedette.rules.vision.resize import apply, plan_input
from vedette.rules.zoo.family import EXPECTED
from vedette.values.frame import size_of
from vedette.values.manifest import Manifest, ModelType


def test_every_detector_has_a_decoder() -> None:
    """No type can be written in a manifest that nothing reads."""
    detectors = {model_type for model_type in ModelType if model_type.is_detector}

    assert set(FAMILIES) == set(EXPECTED) == detectors


@pytest.mark.parametrize("model_type", FAMILIES)
@pytest.mark.parametrize("shapes", [[], [(5,)], [(2, 2, 2, 2, 2)], [()], [(0,)], [(3, 0), (3, 0)]])
def test_strange_outputs_are_refused_by_all(model_type: ModelType, shapes) -> None:
    """Whatever a graph answers, it is told and not a crash."""
    with pytest.raises(InvalidError, match=f"{model_type} does not read|holds 0 numbers as anchors"):
        decode(model_type, [np.zeros(shape, np.float32) for shape in shapes], decoding())


def test_what_was_run_with_real_weights_is_told() -> None:
    """It is what the next test runs."""
    run = {model_type for model_type, family in FAMILIES.items() if family.proof is Proof.WEIGHTS}

    assert run == {
        Repository(pulled_home()).find(name).model_type for name in ("nanodet-m-320", "ssdlite-mobilenet-v2")
    }


def objects(manifest: Manifest, photo: Path) -> dict[str, list[float]]:
    """Label and box of what ONNX Runtime and the decoder find in a photo."""
    pixels, spec = read_image(photo.read_bytes()).pixels, manifest.input
    geometry = plan_input(size_of(pixels), spec)
    rows = apply(pixels, geometry)[:, :, :: 1 if spec.reverse_input_channels else -1]
    tensor = ((rows - np.array(spec.mean_values)) / np.array(spec.scale_values)).transpose(2, 0, 1)[None]
    session = onnxruntime.InferenceSession(manifest.file, providers=["CPUExecutionProvider"])
    outputs = [output[0] for output in session.run(None, {spec.name: tensor.astype(np.float32)})]
    found = project(detect(outputs, manifest, manifest.confidence_threshold), geometry)
    return {manifest.labels[k]: box.tolist() for k, box in zip(found.class_ids, found.boxes, strict=True)}


def overlap(one: list[float], other: list[float]) -> float:
    """Intersection over union of two boxes."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


@pytest.mark.parametrize("name", ["nanodet-m-320", "ssdlite-mobilenet-v2"])
@pytest.mark.parametrize(
    ("photo", "label", "box"), [("chelsea.jpg", "cat", [0, 0, 390, 300]), ("coffee.jpg", "cup", [173, 18, 410, 283])]
)
def test_real_weights_find_what_is_in_the_photos(photos: Path, name: str, photo: str, label: str, box) -> None:
    """The corners were read off the photos by eye."""
    found = objects(Repository(pulled_home()).find(name), photos / photo)

    assert overlap(found[label], box) > 0.75
