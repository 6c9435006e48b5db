"""Rows become one batch, the batch runs, its outputs become rows again. Runs in a worker thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.clock import Clock
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.timeline import Span

_BOX_COLUMNS = (4, 5)


class RowRunner:
    """Runs the rows of one model; may be called by `execution.streams` threads at the same time.

    Some graphs cannot answer several rows at once although their engine lets them in: the batch is written into the
    graph, or the outputs are lists of one image's boxes. Such a model is found out at its first batch of several rows;
    from then on its rows run one by one.
    """

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime, self._clock = runtime, clock
        self._one_by_one = False

    def __call__(self, rows: Sequence[Row]) -> tuple[list[tuple[Tensor, ...]], Span]:
        """Run rows of equal shape as one batch.

        Returns:
            for each row its outputs without the batch dimension, and the span of the inference with stacking and
            splitting.
        """
        started = self._clock.now_ns()
        split = None if self._one_by_one else self._run(rows)
        if split is None:
            self._one_by_one = True
            split = [outputs for row in rows for outputs in self._run([row]) or ()]
        return split, Span("infer", started, self._clock.now_ns())

    def _run(self, rows: Sequence[Row]) -> list[tuple[Tensor, ...]] | None:
        batch = rows[0][np.newaxis] if len(rows) == 1 else np.stack(rows)
        return split_outputs(self._runtime.infer(batch), len(rows))


def split_outputs(outputs: tuple[Tensor, ...], count: int) -> list[tuple[Tensor, ...]] | None:
    """The outputs of each row; None if they do not have an entry for each of several rows.

    Outputs of a single row lose their batch dimension, if all of them have one.
    """
    with_batch = all(output.ndim and len(output) == count for output in outputs) and not _are_lists(outputs)
    if with_batch:
        return [tuple(output[index] for output in outputs) for index in range(count)]
    return [outputs] if count == 1 else None


def _are_lists(outputs: tuple[Tensor, ...]) -> bool:
    """Whether they are boxes with labels or scores of one image: such lists have no batch dimension."""
    boxes = any(output.ndim == 2 and output.shape[1] in _BOX_COLUMNS for output in outputs)  # noqa: PLR2004 - a table
    return boxes and any(output.ndim == 1 for output in outputs)
