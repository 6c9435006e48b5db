"""Any number of rows through a graph that takes a fixed number at a time: parts of that size, the last one filled up.

    fixed 4:  7 rows -> 4 | 3 + the last row once more -> outputs of 4 and 4 -> outputs of 7

The rows that fill up are copies of the last one, so that they hold nothing that the model could not take, and their
outputs are dropped. This file does not know which engine runs a part.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vedette.errors import InvalidError
from vedette.flows.inference.runtime import Tensor
from vedette.values.tensor import Signature

Tensors = tuple[Tensor, ...]


def run_in_parts(signature: Signature, tensors: Tensors, run: Callable[[Tensors], Tensors]) -> Tensors:
    """Run a batch of any size; where the graph takes so many as there are, or any number, it is one part.

    Args:
        signature: of the graph.
        tensors: one for each input.
        run: the engine; it is called with as many rows as the graph takes.

    Raises:
        InvalidError: the outputs do not have an entry for each row, so that those of several parts cannot be joined.
    """
    fixed = signature.fixed_batch
    if fixed is None or not tensors[0].ndim or len(tensors[0]) in (0, fixed):
        return run(tensors)
    batch = tensors[0]
    missing = -len(batch) % fixed
    full = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
    parts = [run((full[start : start + fixed],)) for start in range(0, len(full), fixed)]
    _check_rows(parts[0], fixed)
    return tuple(np.concatenate(outputs)[: len(batch)] for outputs in zip(*parts, strict=True))


def _check_rows(outputs: Tensors, fixed: int) -> None:
    if any(not output.ndim or len(output) != fixed for output in outputs):
        shapes = ", ".join(str(output.shape) for output in outputs)
        raise InvalidError(
            f"the model takes {fixed} row{'' if fixed == 1 else 's'} at a time and does not answer each of them:"
            f" its outputs have the shapes {shapes}",
            help=f"give it {fixed} at a time, or export it with a batch dimension of any length",
        )
