"""What is said of comparisons."""

from __future__ import annotations

import math

import pytest

from vedette.rules.stats.compare import Repeats, compare_repeats, judged
from vedette.rules.stats.wording import chance_words, inverted, percent_more, probability_words, sentence
from vedette.values.comparison import Comparison, Metric
from vedette.values.evidence import Estimate


def comparison(second: list[float], metric: Metric = Metric.LATENCY) -> Comparison:
    order = tuple(range(0, 2 * len(second), 2)), tuple(range(1, 2 * len(second), 2))
    first = Repeats("A", "c", order[0], tuple(0.01 * (n % 2) for n in range(len(second))))
    return judged([compare_repeats(first, Repeats("B", "c", order[1], tuple(second)), metric=metric)])[0]


def test_faster_is_said_with_interval_and_probability() -> None:
    """In the order of the seed's sentence: by how much, the interval, the probability."""
    one = comparison([math.log(1.05) + 0.002 * (n % 3) for n in range(8)])

    low, high = (100 * ((end or 0) - 1) for end in (one.ratio.low, one.ratio.high))
    assert sentence(one, "new", "old").startswith(
        f"new is faster than old by {100 * ((one.ratio.value or 0) - 1):.1f} % [{low:.1f} %, {high:.1f} %], probability"
    )


def test_slower_is_said_of_the_ratio_the_other_way_round() -> None:
    """A takes 1.25 times the time of B: slower by 25 %."""
    text = sentence(comparison([math.log(0.8) + 0.01 * (n % 2) for n in range(8)]))

    assert text.startswith("A is slower than B by 25.0 %")
    assert "probability > 0.9999" in text


def test_undecided_is_said_with_its_reason_and_what_was_seen() -> None:
    """The figures are shown, the word is not claimed."""
    few = sentence(comparison([0.1, 0.1]))
    close = sentence(comparison([0.02, -0.02, 0.03, -0.01, 0.0, 0.01]))

    assert few.startswith("undecided between A and B: A was faster by ")
    assert "too few for a verdict" in few
    assert "by chance" in close
    assert "probability that it is faster" in close


def test_the_measure_is_named() -> None:
    """What was compared, and how many rounds."""
    differences = [0.5 + 0.01 * (n % 3) for n in range(6)]

    assert "of latency a repeat, 6 rounds" in sentence(comparison(differences))
    assert "(throughput, 6 rounds)" in sentence(comparison(differences, Metric.THROUGHPUT))


def test_the_inverse_of_a_ratio_exchanges_its_ends() -> None:
    """2 [1.6, 2.5] is 0.5 [0.4, 0.625]."""
    other = inverted(Estimate(2.0, 1.6, 2.5))

    assert (other.value, other.low, other.high) == pytest.approx((0.5, 0.4, 0.625))
    assert inverted(Estimate(None)).value is None
    assert inverted(Estimate(2.0)).low is None


def test_ratios_are_shown_as_percent_more() -> None:
    """Without an interval the figure alone, without a figure a dash."""
    assert percent_more(Estimate(1.05, 1.04, 1.062)) == "5.0 % [4.0 %, 6.2 %]"
    assert percent_more(Estimate(1.05)) == "5.0 %"
    assert percent_more(Estimate(None)) == "-"


def test_no_chance_is_called_nought_and_no_probability_one() -> None:
    """Four places are what is claimed."""
    assert chance_words(1e-30) == "< 0.0001"
    assert chance_words(0.0123) == "= 0.0123"
    assert probability_words(1.0) == "> 0.9999"
    assert probability_words(0.93) == "0.9300"
