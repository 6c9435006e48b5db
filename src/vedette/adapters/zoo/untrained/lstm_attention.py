"""An LSTM encoder and decoder with attention over token numbers: input N x T, output N x T x vocabulary.

The sizes are those of tensorflow/nmt's benchmark on IWSLT English-Vietnamese (its README): an encoder of one LSTM in
both directions, a decoder of two LSTMs, 512 units each, embeddings of 512, Luong's attention. Two things are ours: a
vocabulary of 10,000, and that the decoder reads the input tokens themselves and does not feed its attention back, so
that all steps of a layer run in one operator. No step of a search is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.adapters.zoo.untrained.sequences import LENGTH, Cell, SequenceLayers, with_ports

if TYPE_CHECKING:
    from onnx import ModelProto

VOCABULARY = 10_000
_UNITS = 512


def build() -> ModelProto:
    """The ONNX model; tokens are int64 in 0..9999."""
    from onnx import TensorProto

    from vedette.adapters.zoo.graph import Graph

    graph = Graph("lstm_attention", "tokens", ())
    layers = SequenceLayers(graph)
    memory = layers.recurrent(layers.embedded("tokens", VOCABULARY, _UNITS), Cell.LSTM, _UNITS, both_ways=True)
    decoded = layers.embedded("tokens", VOCABULARY, _UNITS)
    for _ in range(2):
        decoded = layers.recurrent(decoded, Cell.LSTM, _UNITS)
    context = layers.attended(decoded, layers.dense(memory, _UNITS, bias=False), memory)
    attention = layers.applied(layers.dense(layers.beside(decoded, context), _UNITS, bias=False), "Tanh")
    answer = layers.dense(attention, VOCABULARY, bias=False)
    model = graph.model(answer.tensor, "logits", VOCABULARY)
    return with_ports(model, TensorProto.INT64, ("N", LENGTH), ("N", LENGTH, VOCABULARY))
