"""Which answers become candidates."""

from __future__ import annotations

import numpy as np
import pytest
from detector_cases import decoding, sigmoid, softmax
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vedette.rules.vision.decoders.candidates import (
    Candidates,
    floor_of,
    from_list,
    from_logits,
    from_products,
    from_scores,
    from_softmax,
)

TABLE = arrays(
    np.float32, st.tuples(st.integers(0, 8), st.just(3)), elements=st.floats(-20, 20, width=32) | st.just(np.nan)
)


def triples(found: Candidates) -> list[tuple[int, int, float]]:
    return list(zip(found.rows.tolist(), found.class_ids.tolist(), found.scores.tolist(), strict=True))


def ranked(table: list[list[float]], threshold: float) -> list[tuple[int, int, float]]:
    """All pairs that reach the threshold, the best first and equal ones row by row, by a plain loop."""
    pairs = [
        (row, column, score)
        for row, scores in enumerate(table)
        for column, score in enumerate(scores)
        if np.isfinite(score) and np.float32(score) >= np.float32(threshold)
    ]
    return sorted(pairs, key=lambda pair: -np.float32(pair[2]))


def test_a_box_may_be_a_candidate_for_several_classes() -> None:
    """Every score that reaches the threshold counts, the best first."""
    table = np.array([[0.6, 0.9, 0.1], [0.5, 0.2, 0.7]], np.float32)

    assert [pair[:2] for pair in triples(from_scores(table, decoding()))] == [(0, 1), (1, 2), (0, 0), (1, 0)]


@given(TABLE, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_logits_give_what_a_loop_of_sigmoids_gives(table, threshold) -> None:
    """Comparing logits with the logit of the threshold loses and adds nothing."""
    found = triples(from_logits(table, decoding(threshold=threshold)))
    expected = ranked([[sigmoid(float(x)) for x in row] for row in table], threshold)

    assert sorted(pair[:2] for pair in found) == sorted(pair[:2] for pair in expected)
    assert [pair[2] for pair in found] == pytest.approx([pair[2] for pair in expected], rel=1e-6)


@given(TABLE, st.sampled_from([0.0, 0.2, 0.5, 0.99]), st.sampled_from([0, 2, None]))
def test_softmax_rows_are_left_out_only_where_they_cannot_reach(table, threshold, background) -> None:
    """The bound by the background column changes no answer."""
    first = 1 if background == 0 else 0
    spec = decoding(classes=2, threshold=threshold, first_class=first)
    found = from_softmax(table, background, spec)
    chances = [softmax(row)[first : first + 2] if np.isfinite(row).all() else [np.nan] * 2 for row in table]
    expected = [pair for pair in ranked(chances, threshold) if abs(pair[2] - threshold) > 1e-6]
    clear = [pair for pair in triples(found) if abs(pair[2] - threshold) > 1e-6]

    assert sorted(pair[:2] for pair in clear) == sorted(pair[:2] for pair in expected)


def test_products_of_objectness_and_class() -> None:
    """A row whose objectness falls short is no candidate however high its class."""
    objectness = np.array([0.9, 0.4, 1.0], np.float32)
    table = np.array([[0.9, 0.1, 0.0], [1, 1, 1], [0.5, 0.49, 0.6]], np.float32)
    found = triples(from_products(objectness, table, decoding()))

    assert [pair[:2] for pair in found] == [(0, 0), (2, 2), (2, 0)]
    assert found[0][2] == pytest.approx(0.81)


def test_a_list_counts_from_the_first_class() -> None:
    """Background and numbers beyond the labels are none."""
    classes = np.array([0, 1, 3, 4, np.nan], np.float32)
    found = from_list(np.full(5, 0.9, np.float32), classes, decoding(first_class=1))

    assert triples(found) == [(1, 0, pytest.approx(0.9)), (2, 2, pytest.approx(0.9))]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_dropped(value: float) -> None:
    """Scores and logits alike."""
    table = np.array([[value, 0.9, 0.1]], np.float32)

    assert [pair[:2] for pair in triples(from_scores(table, decoding()))] == [(0, 1)]
    assert [pair[:2] for pair in triples(from_logits(table, decoding()))] == [(0, 1), (0, 2)]
    assert triples(from_list(np.array([value], np.float32), np.zeros(1), decoding())) == []


def test_equal_scores_keep_the_order_of_rows() -> None:
    """Of equal candidates the first rows stay, in memory of either order."""
    table = np.full((50, 3), 0.75, np.float32)
    for given_table in (table, np.asfortranarray(table)):
        found = from_scores(given_table, decoding(max_candidates=7))

        assert [pair[:2] for pair in triples(found)] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0)]


def test_the_best_of_a_hundred_thousand() -> None:
    """As many as `max_candidates`, and none better is missing."""
    table = np.random.default_rng(0).random((100_000, 1), np.float32)
    found = from_scores(table, decoding(classes=1, threshold=0.0, max_candidates=1000))

    assert found.scores.tolist() == sorted(table[:, 0].tolist(), reverse=True)[:1000]


def test_only_what_is_wanted_counts_as_a_candidate() -> None:
    """Better ones of other classes do not push it out."""
    table = np.array([[0.9, 0.6]] * 30, np.float32)
    found = from_scores(table, decoding(classes=2, only=frozenset({1}), max_candidates=5))

    assert {pair[1] for pair in triples(found)} == {1}
    assert len(triples(found)) == 5


def test_a_threshold_is_met_at_the_precision_of_the_model() -> None:
    """0.7 as float32 reaches 0.7."""
    assert len(from_scores(np.array([[0.7]], np.float32), decoding(classes=1, threshold=0.7)).rows) == 1


def test_the_floor_lies_below_the_logit() -> None:
    """So that rounding loses nothing; 0 lets everything in."""
    assert float(floor_of(0.5)) < 0
    assert sigmoid(float(floor_of(0.3))) < 0.3
    assert floor_of(0.0) == -np.inf
    assert np.isfinite(floor_of(1.0))


@pytest.mark.parametrize("make", [from_scores, from_logits, lambda t, d: from_softmax(t, None, d)])
def test_nothing_in_nothing_out(make) -> None:
    """No row, no candidate."""
    assert triples(make(np.empty((0, 3), np.float32), decoding())) == []
