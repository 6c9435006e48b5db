"""Rows become one batch, the batch runs, its outputs become rows again. Runs in a worker thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.clock import Clock
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.timeline import Span


def infer_rows(runtime: Runtime, rows: Sequence[Row], clock: Clock) -> tuple[list[tuple[Tensor, ...]], Span]:
    """Run rows of equal shape as one batch.

    Returns:
        for each row its outputs without the batch dimension, and the span of the inference with stacking and splitting.
    """
    started = clock.now_ns()
    batch = rows[0][np.newaxis] if len(rows) == 1 else np.stack(rows)
    outputs = runtime.infer(batch)
    split = [tuple(output[index] for output in outputs) for index in range(len(rows))]
    return split, Span("infer", started, clock.now_ns())
