"""Tensors by name against the signature of a graph: put in its order and checked, and outputs given their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError
from vedette.values.tensor import NamedTensor, Signature, TensorSpec

Tensor = NDArray[Any]

_HELP = "GET /v2/models/NAME tells the names, types and shapes of the inputs"


def arrange(inputs: Sequence[NamedTensor], signature: Signature) -> tuple[Tensor, ...]:
    """The tensors in the order of the graph's inputs.

    Raises:
        InvalidError: one is missing, unknown, given twice, or of another type or shape.
    """
    given: dict[str, NamedTensor] = {}
    known = {spec.name for spec in signature.inputs}
    for tensor in inputs:
        if tensor.name not in known:
            raise InvalidError(
                f"unexpected inference input {tensor.name!r}; the model has {', '.join(sorted(known))}", help=_HELP
            )
        if tensor.name in given:
            raise InvalidError(f"input {tensor.name!r} is given twice", help=_HELP)
        given[tensor.name] = tensor
    missing = [spec.name for spec in signature.inputs if spec.name not in given]
    if missing:
        raise InvalidError(f"input {missing[0]!r} is missing; {len(given)} came", help=_HELP)
    return tuple(_checked(given[spec.name], spec) for spec in signature.inputs)


def named_outputs(outputs: Sequence[Tensor], signature: Signature) -> tuple[NamedTensor, ...]:
    """What a graph gave, under its names and types."""
    return tuple(
        NamedTensor(spec.name, spec.datatype, np.asarray(data))
        for spec, data in zip(signature.outputs, outputs, strict=True)
    )


def _checked(tensor: NamedTensor, spec: TensorSpec) -> Tensor:
    if tensor.datatype != spec.datatype:
        raise InvalidError(
            f"input {spec.name!r} is {spec.datatype}, {tensor.datatype} came", help="send it in the model's type"
        )
    fits = len(spec.shape) == tensor.data.ndim and all(
        side in (-1, actual) for side, actual in zip(spec.shape, tensor.data.shape, strict=True)
    )
    if not fits:
        raise InvalidError(
            f"input {spec.name!r} has the shape {list(spec.shape)} (-1: any), {list(tensor.data.shape)} came",
            help="the first dimension is the batch; " + _HELP,
        )
    return tensor.data
