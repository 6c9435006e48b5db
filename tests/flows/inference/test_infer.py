"""Rows become one batch, and its outputs rows again."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import MeanRuntime, StepClock, colour_manifest

from vedette.errors import InvalidError
from vedette.flows.inference.infer import RowRunner, split_outputs
from vedette.flows.inference.runtime import Instance

ROWS = [np.full((4, 4, 3), value, np.uint8) for value in (0, 51, 102)]


def runner(runtime: MeanRuntime) -> RowRunner:
    return RowRunner(Instance(colour_manifest(), runtime), StepClock())


class Fixed(MeanRuntime):
    """A graph with batch 1 written into it: it takes any batch and answers a single row of all their numbers."""

    def infer(self, batch):
        return (super().infer(batch)[0].reshape(1, -1),)


class Lists(MeanRuntime):
    """Answers as many boxes as rows, with labels, without a batch dimension."""

    def infer(self, batch):
        super().infer(batch)
        return np.zeros((len(batch), 5), np.float32), np.zeros(len(batch), np.int64)


def test_every_row_gets_its_own_outputs() -> None:
    """Without the batch dimension, in the order of the rows."""
    runtime = MeanRuntime()

    outputs, span = runner(runtime)(ROWS)

    assert [float(one[0][0]) for one in outputs] == pytest.approx([0, 0.2, 0.4])
    assert runtime.batches == [3]
    assert span.stage == "infer"


def test_a_graph_that_answers_one_row_only_is_run_row_by_row() -> None:
    """Found out once: later batches cost no run in vain."""
    runtime = Fixed()
    run = runner(runtime)

    first, _ = run(ROWS)
    second, _ = run(ROWS)

    assert [float(one[0][0]) for one in first] == pytest.approx([0, 0.2, 0.4])
    assert [float(one[0][0]) for one in second] == pytest.approx([0, 0.2, 0.4])
    assert runtime.batches == [3, 1, 1, 1, 1, 1, 1]


def test_lists_of_boxes_are_never_taken_for_a_batch() -> None:
    """Even when there happen to be as many boxes as rows."""
    runtime = Lists()

    outputs, _ = runner(runtime)(ROWS)

    assert [tuple(output.shape for output in one) for one in outputs] == [((1, 5), (1,))] * 3
    assert runtime.batches == [3, 1, 1, 1]


def test_outputs_of_one_row_lose_their_batch_dimension_only_if_all_have_one() -> None:
    """Boxes without a batch stay as they are."""
    with_batch = (np.zeros((1, 7, 4)), np.zeros((1, 7)))
    without = (np.zeros((7, 4)), np.zeros(7))

    assert [output.shape for output in split_outputs(with_batch, 1)[0]] == [(7, 4), (7,)]
    assert [output.shape for output in split_outputs(without, 1)[0]] == [(7, 4), (7,)]
    assert split_outputs(without, 3) is None


def test_a_graph_that_refuses_several_rows_is_run_row_by_row() -> None:
    """A batch of 1 written into the graph: the engine raises instead of answering oddly."""

    def refuse(batch: np.ndarray) -> None:
        if len(batch) > 1:
            raise InvalidError("the graph takes batches of 1", help="none")

    run = runner(MeanRuntime(before=refuse))

    first, _ = run(ROWS)
    second, _ = run(ROWS)

    assert [float(one[0][0]) for one in first + second] == pytest.approx([0, 0.2, 0.4] * 2)


def test_one_row_that_fails_does_not_take_its_neighbours_with_it() -> None:
    """The batch is tried row by row; the model is not held for one that takes single rows only."""

    def refuse(batch: np.ndarray) -> None:
        if (batch == 51).any():
            raise InvalidError("no 51", help="none")

    runtime = MeanRuntime(before=refuse)
    run = runner(runtime)

    answers, _ = run(ROWS)
    run(ROWS[:1] * 3)

    assert [isinstance(one, InvalidError) for one in answers] == [False, True, False]
    assert runtime.batches == [1, 1, 3]


def test_a_single_row_that_fails_raises() -> None:
    """There is nothing else to try."""

    def refuse(batch: np.ndarray) -> None:
        raise InvalidError("never", help="none")

    with pytest.raises(InvalidError, match="never"):
        runner(MeanRuntime(before=refuse))(ROWS[:1])


def test_the_only_table_of_a_detector_is_a_list_of_boxes_even_with_one_box() -> None:
    """(1, 6) is one box, not a batch of one; with a batch it would be (1, 1, 6)."""
    assert split_outputs((np.zeros((1, 6)),), 1, lists=True)[0][0].shape == (1, 6)
    assert split_outputs((np.zeros((1, 1, 6)),), 1, lists=True)[0][0].shape == (1, 6)
    assert split_outputs((np.zeros((1, 6)),), 1)[0][0].shape == (6,)
