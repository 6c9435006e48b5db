"""The figures of a sample, against NumPy and against distributions whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.rules.stats.distribution import distribution


def test_the_figures_are_numpys() -> None:
    """Count, sum, extremes, quartiles, mean, deviation and percentiles of 7000 skewed times."""
    values = np.random.default_rng(1).lognormal(2, 1, 7000)

    figures = distribution(values)

    assert figures is not None
    assert figures.count == 7000
    assert figures.total_ms == pytest.approx(values.sum())
    found = [figures.minimum, figures.quartile_1, figures.median.value, figures.quartile_3, figures.maximum]
    assert found == np.quantile(values, [0, 0.25, 0.5, 0.75, 1], method="inverted_cdf").tolist()
    assert figures.mean.value == pytest.approx(values.mean())
    assert figures.deviation_ms == pytest.approx(values.std(ddof=1))
    assert [percent for percent, _ in figures.percentiles] == [50, 90, 95, 99, 99.9]
    assert [each.value for _, each in figures.percentiles] == [
        np.quantile(values, percent / 100, method="inverted_cdf") for percent, _ in figures.percentiles
    ]
    assert figures.effective_count == pytest.approx(7000, rel=0.1)


@pytest.mark.parametrize("name", ["fixed", "exponential", "bimodal"])
def test_the_mean_is_the_truth_to_one_percent(name: str) -> None:
    """Of 100,000 service times, and its interval holds the truth."""
    rng = np.random.default_rng(6)
    values, truth = {
        "fixed": (np.full(100_000, 20.0), 20.0),
        "exponential": (rng.exponential(20, 100_000), 20.0),
        "bimodal": (np.where(rng.random(100_000) < 0.05, 100.0, 10.0), 14.5),
    }[name]

    figures = distribution(values)

    assert figures is not None
    assert figures.mean.value == pytest.approx(truth, rel=0.01)
    assert figures.mean.low is not None
    assert figures.mean.high is not None
    assert figures.mean.low <= truth <= figures.mean.high


def test_a_small_sample_has_no_tail() -> None:
    """100 values: a 90th percentile, no 95th, 99th or 99.9th, and each reason names the count it takes."""
    figures = distribution(np.random.default_rng(2).exponential(1, 100))

    assert figures is not None
    told = dict(figures.percentiles)
    assert told[90.0].value is not None
    assert [told[percent].value for percent in (95.0, 99.0, 99.9)] == [None, None, None]
    assert [told[percent].reason.split()[-1] for percent in (95.0, 99.0, 99.9)] == ["130", "662", "6636"]


def test_one_value_has_no_spread() -> None:
    """Extremes and mean are the value; deviation and intervals are absent."""
    figures = distribution([12.5])

    assert figures is not None
    assert (figures.minimum, figures.median.value, figures.maximum, figures.mean.value) == (12.5, 12.5, 12.5, 12.5)
    assert (figures.deviation_ms, figures.mean.low, figures.median.low) == (None, None, None)


def test_no_value_has_no_figures() -> None:
    """None, not a row of zeros."""
    assert distribution([]) is None
