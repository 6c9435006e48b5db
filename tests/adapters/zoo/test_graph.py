"""ONNX graphs, written node by node."""

from __future__ import annotations

import numpy as np
import onnxruntime

from vedette.adapters.zoo.graph import OPSET, Graph


def test_a_graph_runs_for_any_batch() -> None:
    """Constants keep their shape, scalars too; the last node becomes the named output."""
    graph = Graph("g", "x", (2,))
    half = graph.constant("half", np.array(0.5, np.float32))
    built = graph.model(graph.node("Mul", graph.node("Add", "x", half), half), "y", 2)
    session = onnxruntime.InferenceSession(built.SerializeToString(), providers=["CPUExecutionProvider"])

    assert [value.name for value in session.get_outputs()] == ["y"]
    assert len(built.graph.node) == 2
    assert built.opset_import[0].version == OPSET
    for batch in (1, 3):
        pixels = np.ones((batch, 2), np.float32)
        np.testing.assert_array_equal(session.run(None, {"x": pixels})[0], np.full((batch, 2), 0.75))


def test_a_constant_is_kept_once() -> None:
    """Two nodes share one constant."""
    graph = Graph("g", "x", (2,))
    for _ in range(2):
        one = graph.constant("one", np.array(1, np.float32))

    assert len(graph.model(graph.node("Add", "x", one), "y", 2).graph.initializer) == 1
