"""ONNX graphs, written node by node."""

from __future__ import annotations

import numpy as np
import onnxruntime

from vedette.adapters.zoo.graph import OPSET, Answer, Graph


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


def test_several_tensors_are_given_out() -> None:
    """Each under its own name and in the order that is asked for, even one that other nodes read, or an input."""
    graph = Graph("g", "x", (4,))
    left, right = graph.nodes("Split", "x", graph.constant("sizes", np.array([1, 3], np.int64)), outputs=2, axis=1)
    total = graph.node("Add", left, right)
    answers = {"total": Answer(total, (3,)), "left": Answer(left, (1,)), "again": Answer("x", (4,))}
    session = onnxruntime.InferenceSession(
        graph.answering(answers).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    pixels = np.arange(8, dtype=np.float32).reshape(2, 4)
    found = session.run(None, {"x": pixels})

    assert [(value.name, value.shape) for value in session.get_outputs()] == [
        ("total", ["N", 3]),
        ("left", ["N", 1]),
        ("again", ["N", 4]),
    ]
    np.testing.assert_array_equal(found[0], pixels[:, 1:] + pixels[:, :1])
    np.testing.assert_array_equal(found[1], pixels[:, :1])
    np.testing.assert_array_equal(found[2], pixels)
