from __future__ import annotations

import math
import statistics
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2]))  # benchmarks are programs of the repository, not of the package

from benchmarks.serve_figures import (
    Answered,
    Verdict,
    above,
    at_least,
    at_most,
    differences,
    goodput,
    loading,
    quantile,
    ratios,
    rejections_ms,
    wrong,
)

MS = 1_000_000


def answered(scheduled_ms: float, latency_ms: float, *, code: int = 200, late_ms: float = 0.0) -> Answered:
    due = round(scheduled_ms * MS)
    return Answered(due, due + round(late_ms * MS), due + round(latency_ms * MS), code == 200, code)


def test_ratios_are_taken_within_each_round():
    """A machine that slows down to half between rounds leaves the ratio of two contenders as it is."""
    ours = {number: 90.0 / 2**number for number in range(9)}
    theirs = {number: 100.0 / 2**number for number in range(9)}

    found = ratios(ours, theirs)

    assert found is not None
    assert found["median"] == found["low"] == found["high"] == pytest.approx(0.9)
    assert found["pairs"] == 9


def test_rounds_that_one_lacks_make_no_pair():
    """A contender that broke down in a round is compared in those that both have."""
    found = ratios({0: 2.0, 1: 4.0, 3: 9.0}, {1: 2.0, 2: 1.0, 3: 3.0})

    assert found is not None
    assert found["pairs"] == 2
    assert found["median"] == statistics.median([2.0, 3.0])
    assert ratios({0: 1.0}, {1: 1.0}) is None
    assert ratios({0: 1.0}, {0: 0.0}) is None
    assert differences({0: 3.0, 1: 4.0}, {0: 2.5}) is not None


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.floats(0.01, 1.0))
def test_the_quantile_is_the_nearest_rank(values, share):
    """NumPy's `inverted_cdf` is the same definition."""
    found = quantile(values, share)

    assert found == np.quantile(np.array(values), share, method="inverted_cdf")


def test_goodput_counts_right_answers_within_the_deadline():
    """Late ones, refused ones and failed ones count nothing; the deadline runs from the schedule."""
    answers = [
        answered(0, 99),
        answered(1, 100),
        answered(2, 101),
        answered(3, 1, code=503),
        answered(4, 120, late_ms=80),
    ]

    found = goodput(answers, 100 * MS, left_cpu_s=0.5)

    assert found == 2 / 0.5


def test_goodput_needs_time_that_is_left():
    """A generator that took the whole machine leaves nothing to divide by."""
    with pytest.raises(ValueError, match="left 0"):
        goodput([answered(0, 1)], MS, left_cpu_s=0.0)


def test_only_503s_are_rejections():
    """How long a rejection took runs from sending."""
    answers = [answered(0, 7, code=503, late_ms=2), answered(0, 3, code=503), answered(0, 50), answered(0, 9, code=500)]

    found = rejections_ms(answers)

    assert found == [3.0, 5.0]


def test_loading_compares_what_was_due_before_and_during():
    """Requests at 10 ms, a stall of 30 ms that begins with the loading and outlives it by one request."""
    before = [answered(at, 10) for at in range(0, 900, 10)]
    during = [answered(at, 30) for at in range(1000, 1100, 10)]
    after = [answered(1110, 30), *(answered(at, 10) for at in range(1120, 1300, 10))]

    found = loading([*before, *during, *after], 1000 * MS, 1100 * MS, factor=2.0)

    assert found is not None
    assert (found.before_p99_ms, found.during_p99_ms, found.ratio) == (10.0, 30.0, 3.0)
    assert found.load_s == pytest.approx(0.1)
    assert found.high_s == pytest.approx(0.140)
    assert found.failed == 0


def test_a_request_that_hangs_over_the_loading_counts_as_during():
    """It was due before the loading began, and waited because of it."""
    answers = [answered(0, 10), answered(995, 400), answered(2000, 10)]

    found = loading(answers, 1000 * MS, 1100 * MS, factor=2.0)

    assert found is not None
    assert found.during_p99_ms == 400.0


def test_loading_without_answers_is_no_figure():
    """Where nothing was answered before or during, nothing is claimed."""
    assert loading([answered(0, 10)], 1000 * MS, 1100 * MS, factor=2.0) is None
    assert loading([], 0, 1, factor=2.0) is None


@pytest.mark.parametrize(
    ("bar", "verdict"),
    [
        (at_least("rate", 0.95, 0.95), Verdict.MET),
        (at_least("rate", 0.95, math.nextafter(0.95, 0)), Verdict.MISSED),
        (at_most("start", 1.0, 1.0), Verdict.MET),
        (at_most("start", 1.0, 1.01), Verdict.MISSED),
        (above("peer", 1.0, 1.0), Verdict.MISSED),
        (above("peer", 1.0, 1.001), Verdict.MET),
        (at_least("rate", 0.95, None), Verdict.NOT_TESTED),
        (at_most("failed", 0.0, 0.0), Verdict.MET),
    ],
)
def test_a_bar_is_met_at_its_very_edge(bar, verdict):
    """A bar without a figure is neither met nor missed, and a figure of zero is a figure."""
    assert bar.verdict is verdict


def test_a_wrong_class_or_score_is_told():
    """The first image whose class differs is named, else how far a score is off."""
    expected = [(1, 0.5), (2, 0.6), (3, 0.7), (4, 0.8)]

    assert wrong(expected, expected, exact=True) is None
    assert wrong([(1, 0.5), (9, 0.6), (3, 0.7), (4, 0.8)], expected, exact=True) == "image 1: class 9 instead of 2"
    assert (
        wrong([(1, 0.5), (2, 0.63), (3, 0.7), (4, 0.8)], expected, exact=True)
        == "a score is 0.030 from the reference's"
    )


def test_a_peer_with_its_own_preprocessing_must_agree_in_three_quarters():
    """One of four may differ, two may not; scores are its own."""
    expected = [(1, 0.5), (2, 0.6), (3, 0.7), (4, 0.8)]

    assert wrong([(1, 0.1), (2, 0.1), (3, 0.1), (9, 0.1)], expected, exact=False) is None
    assert wrong([(1, 0.5), (2, 0.6), (8, 0.7), (9, 0.8)], expected, exact=False) == (
        "top-1 of 2 of 4 images is the reference's"
    )
