"""Manifests that were checked before."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import blob_manifest, colour_manifest

from vedette.adapters.store.manifests import ManifestFolder, state_of
from vedette.values.manifest import Activation, DetectorSpec, ModelType, Provenance, Suppression


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model's folder."""
    folder = tmp_path / "colour"
    (folder / "1").mkdir(parents=True)
    (folder / "model.yaml").write_text("name: colour\n")
    (folder / "1" / "model.onnx").write_bytes(b"weights")
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> ManifestFolder:
    return ManifestFolder(tmp_path / "kept")


@pytest.mark.parametrize(
    "manifest",
    [
        colour_manifest(mean_values=(1.5, 2.5, 3.5), scale_values=(4.0, 5.0, 6.0), crop_fraction=0.875),
        colour_manifest(input=None, labels=(), model_type=ModelType.TENSOR),
        colour_manifest(provenance=Provenance("t", "k", "MIT", "s", 123, 4.5, "r", "m"), confidence_threshold=0.25),
        blob_manifest(),
        blob_manifest(
            detector=DetectorSpec(
                Suppression.AGNOSTIC, 0.4, 50, 20, (8, 16), (1.5, 2.5), (0.3, 0.4), 1, Activation.SOFTMAX
            ),
            provenance=Provenance(untrained=True),
        ),
    ],
)
def test_a_manifest_comes_back_as_it_was(manifest, model, kept) -> None:
    """Every field, with its type."""
    kept.put("colour", state_of(model), manifest)

    assert kept.get("colour", state_of(model)) == manifest


def edit_yaml(model: Path) -> None:
    (model / "model.yaml").write_text("name: colour\nthreshold: 1\n")


def add_version(model: Path) -> None:
    (model / "2").mkdir()
    (model / "2" / "model.onnx").write_bytes(b"weights")


def touch_weights(model: Path) -> None:
    os.utime(model / "1" / "model.onnx", ns=(1, 1))


def remove_weights(model: Path) -> None:
    (model / "1" / "model.onnx").unlink()


@pytest.mark.parametrize("change", [edit_yaml, add_version, touch_weights, remove_weights])
def test_whatever_changes_in_the_models_folder_makes_it_read_anew(change, model, kept) -> None:
    """No manifest outlives what it was read from."""
    kept.put("colour", state_of(model), colour_manifest())

    change(model)

    assert kept.get("colour", state_of(model)) is None


def test_a_model_that_is_gone_is_not_remembered(tmp_path, kept) -> None:
    """An empty state is none."""
    kept.put("colour", state_of(tmp_path / "nowhere"), colour_manifest())

    assert kept.get("colour", state_of(tmp_path / "nowhere")) is None


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"schema": "other/1"}', '{"schema": "vedette.checked-manifest/1"}'])
def test_a_damaged_file_counts_as_none(damage, model, kept) -> None:
    """A corrupt cache costs a moment, not the run."""
    kept.put("colour", state_of(model), colour_manifest())
    (kept.folder / "colour.json").write_text(damage)

    assert kept.get("colour", state_of(model)) is None


def test_a_value_that_no_manifest_has_counts_as_none(model, kept) -> None:
    """Nothing is believed that the values refuse."""
    kept.put("colour", state_of(model), replace(colour_manifest()))
    file = kept.folder / "colour.json"
    data = json.loads(file.read_text())
    data["manifest"]["input"]["channels"] = 7
    file.write_text(json.dumps(data))

    assert kept.get("colour", state_of(model)) is None


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path, model) -> None:
    """A read-only home is no reason to stop."""
    (tmp_path / "file").write_text("in the way")
    kept = ManifestFolder(tmp_path / "file" / "kept")

    kept.put("colour", state_of(model), colour_manifest())

    assert kept.get("colour", state_of(model)) is None
