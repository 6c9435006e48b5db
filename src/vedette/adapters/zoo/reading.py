"""The port to a reader of one model format, and what it hands out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError
from vedette.rules.zoo.signature import Output, Port, Signature

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """A model that was read: what it looks like from outside, and the files that belong to it.

    Attributes:
        signature: inputs, outputs and metadata.
        file: the name of the model among `files`, or of their folder.
        files: relative path in the version folder to where the file lies now.
    """

    signature: Signature
    file: str
    files: Mapping[str, Path] = field(default_factory=dict)


class Reader(Protocol):
    """Reads one format."""

    def read(self, path: Path) -> Contents:
        """What can be known without running the model.

        Raises:
            InvalidError: it cannot be read.
            UnavailableError: its engine is not installed.
        """

    def run(self, path: Path, feeds: Sequence[NDArray[Any]]) -> Sequence[tuple[str, NDArray[Any]]]:
        """Name and numbers of each output for one run; `feeds` in the order of the inputs.

        Raises:
            Exception: whatever the engine says.
        """


def run_once(reader: Reader, path: Path, signature: Signature, shapes: Shapes) -> tuple[Output, ...]:
    """Run a model on seeded random numbers, 0..1 or as its number type has them.

    Raises:
        InvalidError: it does not run, with the reason of the engine.
    """
    draw = np.random.default_rng(0)
    feeds = [_feed(port, shape, draw) for port, shape in zip(signature.inputs, shapes, strict=True)]
    try:
        answers = reader.run(path, feeds)
    except Exception as error:  # noqa: BLE001 - each engine has errors of its own
        fed = ", ".join(f"{port.name} {list(shape)}" for port, shape in zip(signature.inputs, shapes, strict=True))
        raise InvalidError(
            f"{path.name} does not run with {fed}: {reason(error)}",
            help="correct the input with --set input_size=WIDTHxHEIGHT or --set layout=..., or export the model anew",
        ) from None
    return tuple(
        Output(name, tuple(int(side) for side in array.shape), str(array.dtype), _are_chances(array))
        for name, array in answers
    )


def reason(error: Exception) -> str:
    """The telling line of an engine's message; others name its source files."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Exception from", "Check '", "While ", "Traceback", "#"))]
    text = (telling or lines or [type(error).__name__])[-1 if len(lines) > 1 else 0]
    longest = 300
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)[:longest]


def _feed(port: Port, shape: tuple[int, ...], draw: np.random.Generator) -> NDArray[Any]:
    dtype = np.dtype(port.dtype)
    if dtype == np.uint8:
        return draw.integers(0, 256, shape, np.uint8)
    if dtype.kind == "f":
        return draw.random(shape, np.float32).astype(dtype)
    return np.zeros(shape, dtype)


def _are_chances(array: NDArray[Any]) -> bool:
    if array.dtype.kind != "f" or array.ndim < 2 or array.size == 0:  # noqa: PLR2004 - batch and classes
        return False
    rows = array.reshape(array.shape[0], -1).astype(np.float64)
    tolerance = 1e-2 if array.dtype == np.float16 else 1e-3
    inside = bool(np.isfinite(rows).all() and (rows >= 0).all() and (rows <= 1 + tolerance).all())
    return inside and bool(np.allclose(rows.sum(axis=1), 1, atol=tolerance))
