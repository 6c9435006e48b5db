"""Rows become one batch, the batch runs, its outputs become rows again. Runs in a worker thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.clock import Clock
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.values.timeline import Span

_BOX_COLUMNS = (4, 5)


Answers = list[tuple[Tensor, ...] | Exception]
"""For each row its outputs without the batch dimension, or why there are none."""


class RowRunner:
    """Runs the rows of one model; may be called by `execution.streams` threads at the same time.

    Some graphs cannot answer several rows at once: the batch is written into the graph, or the outputs are lists of
    one image's boxes. Such a model is found out at its first batch of several rows; from then on its rows run one by
    one. A batch that fails for another reason is tried row by row too, so that one bad row fails alone.
    """

    def __init__(self, instance: Instance, clock: Clock) -> None:
        self._runtime, self._clock = instance.runtime, clock
        self._lists = instance.manifest.model_type.is_detector
        self._one_by_one = False

    def __call__(self, rows: Sequence[Row]) -> tuple[Answers, Span]:
        """Run rows of equal shape as one batch.

        Returns:
            for each row its outputs or the error of the engine, and the span of the inference with stacking and
            splitting.
        """
        started = self._clock.now_ns()
        together = None if self._one_by_one and len(rows) > 1 else self._together(rows)
        answers: Answers = self._each(rows) if together is None else [*together]
        return answers, Span("infer", started, self._clock.now_ns())

    def _together(self, rows: Sequence[Row]) -> list[tuple[Tensor, ...]] | None:
        """The outputs of a batch; None if several rows cannot be run at once."""
        try:
            batch = rows[0][np.newaxis] if len(rows) == 1 else np.stack(rows)
            return split_outputs(self._runtime.infer(batch), len(rows), lists=self._lists)
        except Exception:
            if len(rows) == 1:
                raise
            return None

    def _each(self, rows: Sequence[Row]) -> Answers:
        answers: Answers = []
        for row in rows:
            try:
                answers += self._together([row]) or ()
            except Exception as error:  # noqa: BLE001 - one row must not stop the rest
                answers.append(error.with_traceback(None))
        if not any(isinstance(answer, Exception) for answer in answers):
            self._one_by_one = True
        return answers


def split_outputs(outputs: tuple[Tensor, ...], count: int, *, lists: bool = False) -> list[tuple[Tensor, ...]] | None:
    """The outputs of each row; None if they do not have an entry for each of several rows.

    Outputs of a single row lose their batch dimension, if all of them have one.

    Args:
        outputs: what the engine gave.
        count: the number of rows.
        lists: the model is a detector, so that a table alone is a list of one image's boxes.
    """
    with_batch = all(output.ndim and len(output) == count for output in outputs)
    if with_batch and not _are_lists(outputs, alone=lists):
        return [tuple(output[index] for output in outputs) for index in range(count)]
    return [outputs] if count == 1 else None


def _are_lists(outputs: tuple[Tensor, ...], *, alone: bool) -> bool:
    """Whether they are boxes with labels or scores of one image: such lists have no batch dimension."""
    if len(outputs) == 1:
        return alone and outputs[0].ndim == 2  # noqa: PLR2004 - a table
    boxes = any(output.ndim == 2 and output.shape[1] in _BOX_COLUMNS for output in outputs)  # noqa: PLR2004 - a table
    return boxes and any(output.ndim == 1 for output in outputs)
