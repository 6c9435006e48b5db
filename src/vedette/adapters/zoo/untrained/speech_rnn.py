"""A small speech recogniser over log-Mel frames: input N x T x 80, output N x T x 29 (letters, space, ', blank).

The form is Deep Speech 2's (Amodei et al. 2015, arXiv 1512.02595): GRUs in both directions, then a score for each
letter and frame. The sizes are ours: a dense layer and three GRUs of 512 in each direction, without its convolutions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.adapters.zoo.untrained.sequences import LENGTH, Cell, SequenceLayers, Steps, with_ports

if TYPE_CHECKING:
    from onnx import ModelProto

MELS, LETTERS = 80, 29
_UNITS, _GRUS = 512, 3


def build() -> ModelProto:
    """The ONNX model."""
    from onnx import TensorProto

    from vedette.adapters.zoo.graph import Graph

    graph = Graph("speech_rnn", "frames", ())
    layers = SequenceLayers(graph)
    last = layers.applied(layers.dense(Steps("frames", MELS), _UNITS), "Relu")
    for _ in range(_GRUS):
        last = layers.recurrent(last, Cell.GRU, _UNITS, both_ways=True)
    model = graph.model(layers.dense(last, LETTERS).tensor, "logits", LETTERS)
    return with_ports(model, TensorProto.FLOAT, ("N", LENGTH, MELS), ("N", LENGTH, LETTERS))
