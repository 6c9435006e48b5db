"""What the user is told of an entry before it is pulled."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.adapters.zoo.entry import Entry, built
from vedette.adapters.zoo.graph import Graph
from vedette.adapters.zoo.package import Package, Registry
from vedette.values.frame import Size
from vedette.values.manifest import Manifest, ModelFormat, ModelType, Provenance

WHEEL = Package("one", "1", "0" * 64, 1.5)
TARBALL = Package("two", "1", "0" * 64, 2.0, Registry.NPM)


@pytest.mark.parametrize(
    ("packages", "told"),
    [
        ((WHEEL, WHEEL), "3.0 MB with pip"),
        ((TARBALL,), "2.0 MB with npm"),
        ((TARBALL, WHEEL), "3.5 MB with pip and npm"),
        ((), "made here"),
    ],
)
def test_effort_names_size_and_program(packages: tuple[Package, ...], told: str) -> None:
    """What is downloaded, and by which of the user's programs."""
    assert Entry("model", Size(1, 1), Provenance(), packages, lambda _entry, _archives: None).effort == told


def test_a_built_model_states_its_cost() -> None:
    """Weights and multiply-adds are counted on the graph that is kept."""
    graph = Graph("g", "input", (4,))
    product = graph.node("MatMul", "input", graph.constant("w", np.ones((4, 3), np.float32)))
    manifest = Manifest("m", "1", "model.onnx", ModelFormat.ONNX, ModelType.TENSOR, None, provenance=Provenance("T"))
    kept = built(manifest, graph.model(product, "y", 3))

    assert (kept.manifest.provenance.title, kept.manifest.provenance.parameters) == ("T", 12)
    assert kept.manifest.provenance.gflops == pytest.approx(24e-9)
    assert list(kept.files) == ["model.onnx"]
