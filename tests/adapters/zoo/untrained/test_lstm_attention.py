"""The LSTM encoder and decoder with attention, at every length."""

from __future__ import annotations

import numpy as np
import pytest
from untrained_graphs import in_onnxruntime, in_openvino

from vedette.adapters.zoo.onnx_cost import cost_of
from vedette.adapters.zoo.untrained.lstm_attention import VOCABULARY, build

UNITS = 512


def tokens(batch: int, length: int) -> np.ndarray:
    return np.random.default_rng(length).integers(0, VOCABULARY, (batch, length))


def test_lengths_follow_each_other_in_both_engines(tmp_path) -> None:
    """1 token, then 1,171, then two rows of 60: where OpenVINO's fused attention would answer wrongly."""
    feeds = [tokens(1, 1), tokens(1, 1171), tokens(2, 60)]
    model = build()

    for feed, one, other in zip(
        feeds, in_onnxruntime(model, *feeds), in_openvino(model, tmp_path, *feeds), strict=True
    ):
        assert one.shape == (*feed.shape, VOCABULARY)
        assert one.std() > 1e-3
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_parameters_are_those_of_its_sizes() -> None:
    """Counted by hand: two embeddings, four LSTMs with two biases, keys, attention, output."""
    recurrent = 2 * (4 * UNITS * (2 * UNITS) + 8 * UNITS)
    embeddings, output = 2 * VOCABULARY * UNITS, UNITS * VOCABULARY

    assert cost_of(build()).parameters == embeddings + 2 * recurrent + 2 * UNITS * UNITS + 3 * UNITS * UNITS + output


@pytest.mark.parametrize("length", [1, 10, 1171])
def test_the_cost_grows_with_the_length(length: int) -> None:
    """Per token the matrices; per pair of tokens the attention: queries are 512 wide, memory 1,024."""
    matrices = 4 * (4 * UNITS * 2 * UNITS) + (2 + 3) * UNITS * UNITS + UNITS * VOCABULARY

    assert cost_of(build(), {"T": length}).gflops == pytest.approx(
        2 * (length * matrices + length * length * 3 * UNITS) / 1e9
    )
