"""Any number of rows through a graph that takes a fixed number at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.runtimes.fixed_batch import Tensors, run_in_parts
from vedette.errors import InvalidError
from vedette.values.tensor import Signature, TensorSpec


def taking(*shapes: tuple[int, ...]) -> Signature:
    return Signature(tuple(TensorSpec(f"x{number}", "FP32", shape) for number, shape in enumerate(shapes)), ())


class Doubling:
    """A graph that doubles its rows, and counts them; `fixed` rows only."""

    def __init__(self, fixed: int | None = None) -> None:
        self.fixed = fixed
        self.sizes: list[int] = []

    def __call__(self, tensors: Tensors) -> Tensors:
        assert self.fixed is None or len(tensors[0]) == self.fixed
        self.sizes.append(len(tensors[0]))
        return tensors[0] * 2, tensors[0].sum(axis=1)


@given(rows=st.integers(1, 40), fixed=st.integers(1, 9))
def test_outputs_are_those_of_a_graph_that_takes_any_number(rows: int, fixed: int) -> None:
    """As many parts as are needed, none more."""
    batch = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2)
    graph = Doubling(fixed)

    found = run_in_parts(taking((fixed, 2)), (batch,), graph)

    for output, expected in zip(found, Doubling()((batch,)), strict=True):
        np.testing.assert_array_equal(output, expected)
    assert len(graph.sizes) == -(-rows // fixed)


@pytest.mark.parametrize("shape", [(-1, 2), (0, 2), ()])
def test_a_graph_that_takes_any_number_gets_all_rows_at_once(shape: tuple[int, ...]) -> None:
    """Nothing is copied, nothing is filled up."""
    graph = Doubling()

    run_in_parts(taking(shape), (np.zeros((7, 2), np.float32),), graph)

    assert graph.sizes == [7]


def test_several_inputs_go_in_as_they_are() -> None:
    """Which of them have the batch in front is not known."""
    graph = Doubling()

    run_in_parts(taking((4, 2), (4, 2)), (np.zeros((3, 2)), np.zeros((3, 2))), graph)

    assert graph.sizes == [3]


@pytest.mark.parametrize("outputs", [(np.zeros((4, 2)), np.zeros(100)), (np.float32(1.0),)])
def test_outputs_that_do_not_answer_each_row_cannot_be_joined(outputs: Tensors) -> None:
    """A list of boxes of all rows, or one number; the message tells the shapes."""
    with pytest.raises(InvalidError, match=r"takes 4 rows at a time and does not answer each of them.*\(") as caught:
        run_in_parts(taking((4, 2)), (np.zeros((6, 2)),), lambda _: tuple(map(np.asarray, outputs)))

    assert caught.value.help.startswith("give it 4 at a time")
