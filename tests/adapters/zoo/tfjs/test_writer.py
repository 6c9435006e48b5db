"""What is written into the graph, and how often."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from vedette.adapters.zoo.graph import Answer, Graph
from vedette.adapters.zoo.tfjs.view import NHWC, Convolution, Padding, Stored, View
from vedette.adapters.zoo.tfjs.writer import Writer


@pytest.fixture
def writer() -> Writer:
    return Writer(Graph("g", "input", (2, 3, 4)))


def test_equal_constants_are_kept_once(writer: Writer) -> None:
    """The same numbers of another type or shape are another constant."""
    one = writer.constant(np.float32([1]))

    assert writer.constant(np.float32([1])) == one
    assert len({one, writer.constant(np.int32([1])), writer.real(1), writer.constant(np.float32([[1]]))}) == 4
    assert writer.integers(1, 2) == writer.constant(np.array([1, 2], np.int64))


def test_a_convolution_that_two_ask_for_is_written_once(writer: Writer) -> None:
    """Its views share the node; the same holds for a padding."""
    weight = np.ones((1, 2, 1, 1), np.float32)
    source = Convolution("input", weight, np.float32([0]), (1, 1), (1, 1), (0, 0, 0, 0), 1)
    view = View(source, NHWC, (1, 3, 4, 1), (1, 3, 4, 1))
    padded = View(Padding("input", (0, 0, 1, 1), (0, 0, 1, 1), 0.0), NHWC, (1, 5, 6, 2), (1, 5, 6, 2))

    assert writer.tensor(view) == writer.tensor(view.transposed((0, 2, 1, 3)))
    assert writer.tensor(padded) == writer.tensor(padded)
    assert writer.tensor(view) != writer.tensor(padded)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), NHWC, (0, 3, 1, 2), (0, 3, 2, 1), (0, 2, 1, 3)])
def test_any_order_can_be_asked_for(writer: Writer, order: tuple[int, ...]) -> None:
    """Dimension i of TensorFlow's tensor is dimension order[i] of what comes."""
    view = View(Stored("input"), (0, 3, 1, 2), (1, 4, 2, 3), (1, 4, 2, 3))
    tensor = writer.tensor(view, order)
    stored = np.arange(48, dtype=np.float32).reshape(2, 2, 3, 4)
    shape = [(4, 2, 3)[order.index(place) - 1] for place in (1, 2, 3)]
    model = writer.graph.answering({"y": Answer(tensor, tuple(shape))})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {"input": stored})[0]

    np.testing.assert_array_equal(found.transpose(order), stored.transpose(view.order))
    assert (tensor == "input") is (order == view.order)
