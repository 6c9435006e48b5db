"""From the output of a classifier to named classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.rules.vision.classes import best, classify, softmax
from vedette.values.manifest import Scores
from vedette.values.result import Class

prove = settings(max_examples=150, deadline=None, derandomize=True, database=None)
logits = st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=50)


def float32(*values: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.array(values, np.float32)


@prove
@given(logits)
def test_softmax_is_its_closed_form(values: list[float]) -> None:
    """exp(x_i) / sum exp(x_j) in float64 gives the same to 1e-6."""
    total = math.fsum(math.exp(value) for value in values)
    expected = [math.exp(value) / total for value in values]

    chances = softmax(float32(*values))

    assert chances.dtype == np.float32
    assert np.allclose(chances, expected, rtol=1e-4, atol=1e-6)
    assert abs(chances.sum() - 1) < 1e-5


@prove
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=20), st.integers(-10_000, 10_000))
def test_softmax_does_not_see_a_shift(values: list[int], shift: int) -> None:
    """The same number added to every logit changes nothing."""
    vector = float32(*values)

    assert (softmax(vector + np.float32(shift)) == softmax(vector)).all()


def test_softmax_does_not_overflow() -> None:
    """Logits of 3e38 and -3e38 are certain, equal ones share."""
    assert softmax(float32(3e38, 0, -3e38)).tolist() == [1.0, 0.0, 0.0]
    assert softmax(float32(3e38, 3e38)).tolist() == [0.5, 0.5]
    assert softmax(float32(-3e38, -3e38)).tolist() == [0.5, 0.5]


def test_softmax_leaves_out_a_masked_class() -> None:
    """A logit of minus infinity has no chance."""
    assert softmax(float32(1, -math.inf, 1)).tolist() == [0.5, 0.0, 0.5]


@prove
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.integers(1, 45))
def test_the_best_are_the_start_of_a_full_sort(values: list[int], k: int) -> None:
    """Highest first, equal scores in the order of their index, however many ties there are."""
    expected = sorted(range(len(values)), key=lambda index: (-values[index], index))[:k]

    assert best(float32(*values), k).tolist() == expected


def test_the_best_of_a_thousand_are_found() -> None:
    """Random scores without ties give what argsort gives."""
    scores = np.random.default_rng(5).permutation(1000).astype(np.float32)

    for k in (1, 5, 999, 1000, 2000):
        assert best(scores, k).tolist() == np.argsort(-scores)[:k].tolist()


def test_classes_are_named_and_ordered() -> None:
    """Probabilities are taken as they are, best first."""
    found = classify(float32(0.25, 0.625, 0.125), ("cat", "dog", "cow"), Scores.PROBABILITIES, 2)

    assert found == (Class("dog", 1, 0.625), Class("cat", 0, 0.25))


def test_logits_become_probabilities() -> None:
    """ln 3 against ln 1 is three quarters."""
    cat, dog = classify(float32(0, math.log(3)), ("dog", "cat"), Scores.LOGITS, 5)

    assert (cat.label, cat.class_id, dog.label) == ("cat", 1, "dog")
    assert cat.score == pytest.approx(0.75, abs=1e-6)
    assert type(cat.score) is float
    assert type(cat.class_id) is int


@pytest.mark.parametrize("shape", [(3,), (1, 3), (1, 3, 1, 1), (3, 1)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_any_shape_with_a_number_a_class_is_read(shape: tuple[int, ...], dtype: Any) -> None:
    """Batch and spatial dimensions of 1 and other float types make no difference."""
    output = np.array([0.25, 0.5, 0.125], dtype).reshape(shape)

    assert classify(output, ("a", "b", "c"), Scores.PROBABILITIES, 1) == (Class("b", 1, 0.5),)


@pytest.mark.parametrize(
    ("threshold", "labels"), [(0.0, "bac"), (0.125, "bac"), (0.126, "ba"), (0.5, "b"), (0.6, ""), (1.0, "")]
)
def test_a_score_at_the_threshold_is_reported(threshold: float, labels: str) -> None:
    """Below it nothing is, which may leave no class at all."""
    found = classify(float32(0.25, 0.5, 0.125), ("a", "b", "c"), Scores.PROBABILITIES, 5, threshold)

    assert "".join(one.label for one in found) == labels


@pytest.mark.parametrize("count", [1, 2, 4])
def test_another_number_of_scores_than_labels_is_invalid(count: int) -> None:
    """The message names both numbers, the help the key to correct."""
    with pytest.raises(InvalidError, match=f"{count} scores for 3 labels") as refused:
        classify(np.zeros((1, count), np.float32), ("a", "b", "c"), Scores.LOGITS, 1)

    assert "labels" in refused.value.help


@pytest.mark.parametrize("scores", Scores)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_score_that_is_not_a_number_is_invalid(scores: Scores, value: float) -> None:
    """NaN or infinity is told with what to try, and without a warning of NumPy."""
    with pytest.raises(InvalidError, match="not a number") as refused:
        classify(float32(0.5, value), ("a", "b"), scores, 1)

    assert "fp32" in refused.value.help
