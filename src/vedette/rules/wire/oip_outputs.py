"""Which outputs of a model go into an answer, and the best classes in place of an output's numbers.

    FP32 [2, 1000], classification 3  ->  BYTES [2, 3] of "value:index" or "value:index:label"

A value is written as short as its type allows, so that reading it gives the same number. Of equal values the lower
index comes first.

Source: Triton's extension "Classification".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vedette.errors import InvalidError
from vedette.rules.wire import datatypes
from vedette.rules.wire.datatypes import BYTES
from vedette.values.inference import OutputWish
from vedette.values.tensor import NamedTensor, TensorSpec

_NOT_RANKED = (BYTES, "BOOL", "BF16")


def wished(wishes: Sequence[OutputWish], outputs: Sequence[TensorSpec], *, binary: bool) -> tuple[OutputWish, ...]:
    """What is sent: what was asked for, or all outputs of the model.

    Raises:
        InvalidError: the model has no such output, or its type has no order.
    """
    known = {spec.name: spec for spec in outputs}
    for wish in wishes:
        if wish.name not in known:
            raise InvalidError(
                f"unexpected inference output {wish.name[:60]!r}; the model has {', '.join(sorted(known))}",
                help="GET /v2/models/NAME tells the names of the outputs",
            )
        if wish.classification and known[wish.name].datatype in _NOT_RANKED:
            raise InvalidError(
                f"output {wish.name!r} is {known[wish.name].datatype}, which has no best classes",
                help="ask for it without `classification`",
            )
    return tuple(wishes) or tuple(OutputWish(spec.name, binary=binary) for spec in outputs)


def chosen(
    wishes: Sequence[OutputWish], outputs: Sequence[NamedTensor], labels: Sequence[str] = ()
) -> tuple[NamedTensor, ...]:
    """The tensors of an answer, one a wish; `labels` by class where the model has them."""
    by_name = {tensor.name: tensor for tensor in outputs}
    return tuple(
        classified(by_name[wish.name], wish.classification, labels) if wish.classification else by_name[wish.name]
        for wish in wishes
    )


def classified(tensor: NamedTensor, count: int, labels: Sequence[str] = ()) -> NamedTensor:
    """The best `count` classes of each row (the first dimension); an array of one dimension is one row."""
    shape = tensor.data.shape
    rows = tensor.data.reshape(shape[0] if len(shape) > 1 else 1, math.prod(shape[1:] if len(shape) > 1 else shape))
    labels = labels if len(labels) == rows.shape[1] else ()
    count = min(count, rows.shape[1])
    texts = [_text(row, int(index), labels) for row in rows for index in _best(row, count)]
    ranked = (len(rows), count) if len(shape) > 1 else (count,)
    return NamedTensor(tensor.name, BYTES, datatypes.objects(texts).reshape(ranked))


def _best(row: datatypes.Array, count: int) -> datatypes.Array:
    """Indices of the highest values, the highest first; a value that is no number comes last."""
    ranked = -row.astype(np.float64) if row.dtype.kind == "f" else row.max(initial=0) - row.astype(object)
    return np.argsort(ranked, kind="stable")[:count]


def _text(row: datatypes.Array, index: int, labels: Sequence[str]) -> bytes:
    text = f"{row[index]!s}:{index}"
    return (f"{text}:{labels[index]}" if labels else text).encode()
