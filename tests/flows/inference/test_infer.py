"""Rows become one batch, and its outputs rows again."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import MeanRuntime, StepClock

from vedette.flows.inference.infer import RowRunner, split_outputs

ROWS = [np.full((4, 4, 3), value, np.uint8) for value in (0, 51, 102)]


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

    outputs, span = RowRunner(runtime, StepClock())(ROWS)

    assert [float(one[0][0]) for one in outputs] == pytest.approx([0, 0.2, 0.4])
    assert runtime.batches == [3]
    assert span.stage == "infer"


def test_a_graph_that_answers_one_row_only_is_run_row_by_row() -> None:
    """Found out once: later batches cost no run in vain."""
    runtime = Fixed()
    run = RowRunner(runtime, StepClock())

    first, _ = run(ROWS)
    second, _ = run(ROWS)

    assert [float(one[0][0]) for one in first] == pytest.approx([0, 0.2, 0.4])
    assert [float(one[0][0]) for one in second] == pytest.approx([0, 0.2, 0.4])
    assert runtime.batches == [3, 1, 1, 1, 1, 1, 1]


def test_lists_of_boxes_are_never_taken_for_a_batch() -> None:
    """Even when there happen to be as many boxes as rows."""
    runtime = Lists()

    outputs, _ = RowRunner(runtime, StepClock())(ROWS)

    assert [tuple(output.shape for output in one) for one in outputs] == [((1, 5), (1,))] * 3
    assert runtime.batches == [3, 1, 1, 1]


def test_outputs_of_one_row_lose_their_batch_dimension_only_if_all_have_one() -> None:
    """Boxes without a batch stay as they are."""
    with_batch = (np.zeros((1, 7, 4)), np.zeros((1, 7)))
    without = (np.zeros((7, 4)), np.zeros(7))

    assert [output.shape for output in split_outputs(with_batch, 1)[0]] == [(7, 4), (7,)]
    assert [output.shape for output in split_outputs(without, 1)[0]] == [(7, 4), (7,)]
    assert split_outputs(without, 3) is None
