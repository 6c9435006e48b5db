"""Softmax regression on real MNIST digits, trained here: 28x28 pixels to ten chances through one matrix.

5,000 digits --split (seeded, as many of each)--> 4,000 to train, 1,000 held out
4,000        --train--> W, b --build--> ONNX: Softmax(xW + b)
"""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError

if TYPE_CHECKING:
    from onnx import ModelProto

SIDE = 28
CLASSES = 10
HELD_OUT_PER_CLASS = 100
SEED = 0
_STEPS = 6000
_BATCH = 32
"""So small that the matrix library works on one thread: on a busy machine its threads wait for each other, 10 times."""
_RATE = 0.05
_DECAY = 1e-3

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Digits:
    """Pixels 0..1, one row of 784 a digit, with their digit."""

    pixels: Floats
    classes: Integers

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, slots=True)
class Regression:
    """chances = softmax(pixels @ weights + bias)."""

    weights: Floats
    bias: Floats

    def chances(self, pixels: Floats) -> Floats:
        """One row of ten chances a digit."""
        return _softmax(pixels @ self.weights + self.bias)


def read_digits(csv_gz: bytes) -> Digits:
    """Digits from lines of 784 pixels 0..255 and the digit, separated by commas.

    Raises:
        InvalidError: it is no such table.
    """
    try:
        text = gzip.decompress(csv_gz).decode("ascii")
        table = np.loadtxt(io.StringIO(text), np.uint8, delimiter=",", ndmin=2)
    except (OSError, EOFError, ValueError) as error:
        raise InvalidError(f"the table of digits cannot be read: {error}", help="pull the model again") from None
    if table.shape[1] != SIDE * SIDE + 1:
        raise InvalidError(
            f"the table of digits has {table.shape[1]} columns, not {SIDE * SIDE + 1}", help="pull the model again"
        )
    return Digits(table[:, :-1].astype(np.float32) / np.float32(255), table[:, -1].astype(np.int64))


def split(digits: Digits) -> tuple[Digits, Digits]:
    """To train and held out; of every digit the same number is held out, drawn with a fixed seed."""
    draw = np.random.default_rng(SEED)
    chosen = [
        draw.choice(np.flatnonzero(digits.classes == digit), HELD_OUT_PER_CLASS, replace=False)
        for digit in range(CLASSES)
    ]
    held_out = np.zeros(len(digits), bool)
    held_out[np.concatenate(chosen)] = True
    return _part(digits, ~held_out), _part(digits, held_out)


def train(digits: Digits) -> Regression:
    """Stochastic gradient descent on the cross entropy, with a seeded order and a little weight decay."""
    draw = np.random.default_rng(SEED)
    weights = np.zeros((SIDE * SIDE, CLASSES), np.float32)
    bias = np.zeros(CLASSES, np.float32)
    for step in range(_STEPS):
        rows = draw.integers(0, len(digits), _BATCH)
        pixels = digits.pixels[rows]
        error = _softmax(pixels @ weights + bias)
        error[np.arange(_BATCH), digits.classes[rows]] -= 1
        rate = np.float32(_RATE * (1 - step / _STEPS))
        weights -= rate * (pixels.T @ error / np.float32(_BATCH) + np.float32(_DECAY) * weights)
        bias -= rate * error.mean(axis=0)
    return Regression(weights, bias)


def top1(regression: Regression, digits: Digits) -> float:
    """The share of digits whose highest chance is the right one."""
    return float((regression.chances(digits.pixels).argmax(axis=1) == digits.classes).mean())


def build(regression: Regression) -> ModelProto:
    """The ONNX model: input N x 1 x 28 x 28 in 0..1, output N x 10 chances."""
    from vedette.adapters.zoo.graph import Graph

    graph = Graph("mnist_softmax", "input", (1, SIDE, SIDE))
    flat = graph.node("Flatten", "input", axis=1)
    weights = graph.constant("weights", regression.weights)
    product = graph.node("Gemm", flat, weights, graph.constant("bias", regression.bias))
    return graph.model(graph.node("Softmax", product, axis=1), "probabilities", CLASSES)


def _softmax(values: Floats) -> Floats:
    exponentials: Floats = np.exp(values - values.max(axis=1, keepdims=True))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


def _part(digits: Digits, rows: NDArray[np.bool_]) -> Digits:
    return Digits(digits.pixels[rows], digits.classes[rows])
