"""Manifests that were read and checked before, so that a start need not parse and validate YAML again.

    <folder>/<model>.json: the state of the model's folder when its manifest was read, and the manifest

A manifest is given back only while nothing in the model's folder has changed: names, sizes and times of all files. A
damaged file counts as none, and one that cannot be written is done without.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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

_SCHEMA = "vedette.checked-manifest/1"

State = list[list[str | int]]
"""Relative path, size and time of every file."""


def state_of(folder: Path) -> State:
    """What is in a model's folder, without reading any file; empty if it is not there."""
    found: State = []
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            facts = Path(root, name).lstat()
            found.append([str(Path(root, name).relative_to(folder)), facts.st_size, facts.st_mtime_ns])
    return found


@dataclass(frozen=True, slots=True)
class ManifestFolder:
    """Remembers manifests by the model's name."""

    folder: Path

    def get(self, name: str, state: State) -> Manifest | None:
        """The manifest that was read when the model's folder was as it is now; None if there is none."""
        try:
            data = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            if not state or data["schema"] != _SCHEMA or data["state"] != state:
                return None
            return _manifest(data["manifest"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, name: str, state: State, manifest: Manifest) -> None:
        """Keep a manifest."""
        data = {"schema": _SCHEMA, "state": state, "manifest": asdict(manifest)}
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file)
            Path(part).replace(self.folder / f"{name}.json")


def _manifest(data: dict[str, Any]) -> Manifest:
    return Manifest(
        **{
            **data,
            "format": ModelFormat(data["format"]),
            "model_type": ModelType(data["model_type"]),
            "input": None if data["input"] is None else _input(data["input"]),
            "labels": tuple(data["labels"]),
            "scores": Scores(data["scores"]),
            "detector": None if data["detector"] is None else _detector(data["detector"]),
            "provenance": Provenance(**data["provenance"]),
        }
    )


def _input(data: dict[str, Any]) -> InputSpec:
    return InputSpec(
        **{
            **data,
            "layout": Layout(data["layout"]),
            "size": Size(**data["size"]),
            "resize_type": ResizeType(data["resize_type"]),
            "interpolation": Interpolation(data["interpolation"]),
            "mean_values": tuple(data["mean_values"]),
            "scale_values": tuple(data["scale_values"]),
        }
    )


def _detector(data: dict[str, Any]) -> DetectorSpec:
    return DetectorSpec(
        **{
            **data,
            "nms": Suppression(data["nms"]),
            "strides": tuple(data["strides"]),
            "anchors": tuple(data["anchors"]),
            "variances": tuple(data["variances"]),
            "activation": None if data["activation"] is None else Activation(data["activation"]),
        }
    )
