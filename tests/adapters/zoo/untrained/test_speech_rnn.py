"""The speech recogniser over log-Mel frames, at every length."""

from __future__ import annotations

import numpy as np
import pytest
from untrained_graphs import in_onnxruntime, in_openvino, noise

from vedette.adapters.zoo.onnx_cost import cost_of
from vedette.adapters.zoo.untrained.speech_rnn import build

UNITS, MELS, LETTERS = 512, 80, 29
MATRICES = (
    MELS * UNITS + 2 * 3 * UNITS * (UNITS + UNITS) + 2 * 2 * 3 * UNITS * (2 * UNITS + UNITS) + 2 * UNITS * LETTERS
)


def test_lengths_follow_each_other_in_both_engines(tmp_path) -> None:
    """One frame, then 1,171, then two rows of 20, from one session of each engine."""
    feeds = [noise(1, 1, MELS), noise(1, 1171, MELS), noise(2, 20, MELS)]
    model = build()

    for feed, one, other in zip(
        feeds, in_onnxruntime(model, *feeds), in_openvino(model, tmp_path, *feeds), strict=True
    ):
        assert one.shape == (*feed.shape[:2], LETTERS)
        assert one.std() > 1e-3
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_parameters_are_those_of_its_sizes() -> None:
    """Counted by hand: a dense layer, six GRUs with two biases each, a score for each letter."""
    assert cost_of(build()).parameters == MATRICES + UNITS + 6 * 6 * UNITS + LETTERS


@pytest.mark.parametrize("length", [1, 1171])
def test_the_cost_grows_with_the_length(length: int) -> None:
    """Every frame costs the same."""
    assert cost_of(build(), {"T": length}).gflops == pytest.approx(2 * length * MATRICES / 1e9)
