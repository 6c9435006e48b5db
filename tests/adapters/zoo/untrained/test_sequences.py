"""Layers over sequences against the formulas of their cells, written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto
from untrained_graphs import constants, in_onnxruntime, noise

from vedette.adapters.zoo.graph import Graph
from vedette.adapters.zoo.untrained.sequences import LENGTH, Cell, SequenceLayers, Steps, with_ports


def layered(width: int, add):
    """The model of what `add(layers, steps)` gives back."""
    graph = Graph("layer", "input", ())
    steps = add(SequenceLayers(graph), Steps("input", width))
    model = graph.model(steps.tensor, "answer", steps.width)
    return with_ports(model, TensorProto.FLOAT, ("N", LENGTH, width), ("N", LENGTH, steps.width))


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def lstm(entry: np.ndarray, weight: np.ndarray, recurrence: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """One way of one sequence (T x in); gates in the order input, output, forget, cell."""
    hidden = recurrence.shape[1]
    state, cell, states = np.zeros(hidden), np.zeros(hidden), []
    for step in entry:
        gates = weight @ step + recurrence @ state + bias[: 4 * hidden] + bias[4 * hidden :]
        come, out, keep, new = np.split(gates, 4)
        cell = sigmoid(keep) * cell + sigmoid(come) * np.tanh(new)
        state = sigmoid(out) * np.tanh(cell)
        states.append(state)
    return np.array(states)


def gru(entry: np.ndarray, weight: np.ndarray, recurrence: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """One way of one sequence; gates in the order update, reset, hidden; reset after the matrix product."""
    hidden = recurrence.shape[1]
    state, states = np.zeros(hidden), []
    for step in entry:
        ours = np.split(weight @ step + bias[: 3 * hidden], 3)
        past = np.split(recurrence @ state + bias[3 * hidden :], 3)
        update, reset = sigmoid(ours[0] + past[0]), sigmoid(ours[1] + past[1])
        state = (1 - update) * np.tanh(ours[2] + reset * past[2]) + update * state
        states.append(state)
    return np.array(states)


@pytest.mark.parametrize(("cell", "formula"), [(Cell.LSTM, lstm), (Cell.GRU, gru)])
def test_a_recurrent_layer_goes_both_ways(cell: Cell, formula) -> None:
    """The first half of each answer has seen the steps before, the second half those after."""
    model = layered(3, lambda layers, steps: layers.recurrent(steps, cell, 4, both_ways=True))
    weight, recurrence, bias = constants(model)[:3]
    entry = noise(2, 5, 3)
    answer = in_onnxruntime(model, entry)[0]

    for row in range(2):
        there = formula(entry[row], weight[0], recurrence[0], bias[0])
        back = formula(entry[row][::-1], weight[1], recurrence[1], bias[1])[::-1]
        np.testing.assert_allclose(answer[row], np.concatenate([there, back], axis=1), atol=1e-5)


def test_attention_weighs_the_memory_by_likeness() -> None:
    """Softmax over all steps of the memory, for each step of the question."""

    def add(layers, steps):
        return layers.attended(layers.dense(steps, 3), steps, layers.dense(steps, 7, bias=False))

    model, entry = layered(3, add), noise(2, 6, 3)
    asking, shift, remembering = constants(model)
    scores = (entry @ asking + shift) @ entry.transpose(0, 2, 1)
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)

    np.testing.assert_allclose(in_onnxruntime(model, entry)[0], weights @ (entry @ remembering), atol=1e-5)


def test_rows_of_a_batch_do_not_see_each_other() -> None:
    """Batch 3, row 1 equals batch 1."""
    model = layered(3, lambda layers, steps: layers.recurrent(layers.applied(steps, "Relu"), Cell.GRU, 4))
    entry = noise(3, 5, 3)
    together, alone = in_onnxruntime(model, entry, entry[1:2])

    np.testing.assert_allclose(together[1:2], alone, atol=1e-6)


def test_parts_lie_side_by_side() -> None:
    """The widths add up."""
    model = layered(2, lambda layers, steps: layers.beside(steps, layers.applied(steps, "Tanh")))
    entry = noise(1, 4, 2)

    np.testing.assert_allclose(
        in_onnxruntime(model, entry)[0], np.concatenate([entry, np.tanh(entry)], axis=2), atol=1e-6
    )
