"""How often a classifier is right, and how sure that is."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.accuracy.topk import Z_95, Confusion, Share, by_class, confusions, judge_classifier, top_k

prove = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def test_the_quantile_is_that_of_the_normal_distribution() -> None:
    """97.5 % of the mass lies below it."""
    assert pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-12) == Z_95


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_one_that_newcombe_published(count: int, total: int, low: float, high: float) -> None:
    """Four places, for shares in the middle and at the edge."""
    assert [round(end, 4) for end in Share(count, total).interval] == [low, high]


@prove
@given(st.integers(1, 3000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_ends_of_the_interval_solve_the_equation_that_defines_it(pair: tuple[int, int]) -> None:
    """At both ends the share lies 1.96 standard deviations of that end away: (s - p)^2 = z^2 p (1 - p) / n."""
    share = Share(*pair)

    for end in share.interval:
        assert (pair[0] / pair[1] - end) ** 2 == pytest.approx(Z_95**2 * end * (1 - end) / pair[1], abs=1e-12)
    low, high = share.interval
    assert 0 <= low <= pair[0] / pair[1] <= high <= 1


@prove
@given(st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_right_and_wrong_have_mirrored_intervals(pair: tuple[int, int]) -> None:
    """What is true of the right answers is true of the wrong ones, the other way round."""
    low, high = Share(*pair).interval

    assert Share(pair[1] - pair[0], pair[1]).interval == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_nothing_is_known_of_no_image() -> None:
    """No share, and an interval that excludes nothing."""
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)
    assert not math.isnan(sum(Share(0, 0).interval))


TRUTH = [0, 0, 1, 1, 1, 2]
ANSWERS = [(0, 1), (1, 0), (2, 1), (2, 0), None, ()]


def test_an_answer_is_right_if_the_class_is_among_the_first_k() -> None:
    """No answer, and an empty one, are wrong but count."""
    assert top_k(TRUTH, ANSWERS, 1) == Share(1, 6)
    assert top_k(TRUTH, ANSWERS, 2) == Share(3, 6)


def test_each_class_is_counted_apart() -> None:
    """By the class that is true."""
    assert by_class(TRUTH, ANSWERS) == {0: Share(1, 2), 1: Share(0, 3), 2: Share(0, 1)}


def test_confusions_are_the_most_frequent_wrong_first_answers() -> None:
    """Images without an answer are confused with nothing; equal counts come by class id."""
    assert confusions(TRUTH, ANSWERS, 5) == (Confusion(1, 2, 2), Confusion(0, 1, 1))
    assert confusions(TRUTH, ANSWERS, 1) == (Confusion(1, 2, 2),)


@prove
@given(st.lists(st.tuples(st.integers(0, 4), st.permutations(range(5))), max_size=40))
def test_the_parts_add_up(images: list[tuple[int, list[int]]]) -> None:
    """Classes add up to all images, right answers and confusions too; all five of five are always right."""
    truth, answers = [right for right, _ in images], [tuple(answer) for _, answer in images]

    top1, classes = top_k(truth, answers, 1), by_class(truth, answers)

    assert sum(share.total for share in classes.values()) == top1.total == len(images)
    assert sum(share.count for share in classes.values()) == top1.count
    assert top1.count + sum(pair.count for pair in confusions(truth, answers, 25)) == len(images)
    assert top_k(truth, answers, 5).count == len(images)


def test_top_five_is_left_out_where_it_says_nothing() -> None:
    """Of five classes or fewer it is always right."""
    assert judge_classifier(TRUTH, ANSWERS, 5).top5 is None
    assert judge_classifier(TRUTH, ANSWERS, 6).top5 == Share(3, 6)
