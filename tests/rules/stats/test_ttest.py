"""Student's and Welch's t-test equal scipy, and the printed tables of a published thesis."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vedette.errors import InvalidError
from vedette.rules.stats.ttest import moments, standardised, t_test, upper_tail
from vedette.values.comparison import Moments, TTest, TTestName

prove = settings(max_examples=150, deadline=None, derandomize=True, database=None)

TABLE_10 = Moments(42.34615385, 64.95538462, 26), Moments(12.21078431, 10.74845455, 204)
TABLE_12 = Moments(0.186330925, 4.62236e-06, 1000), Moments(0.18527195, 4.41266e-06, 1000)
TABLE_13 = Moments(0.011613925, 0.000187079, 1000), Moments(0.01271, 0.000244, 1000)


def to_three_digits(value: float, printed: float) -> bool:
    """Whether a value is within half a unit of the third significant digit of a printed one."""
    unit = 10.0 ** (math.floor(math.log10(abs(printed))) - 2)
    return abs(value - printed) <= unit / 2


@st.composite
def samples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = draw(st.integers(2, 200)), draw(st.integers(2, 200))
    scale, shift = draw(st.floats(0.01, 100)), draw(st.floats(-3, 3))
    return rng.gamma(2.0, 1.0, sizes[0]), shift + scale * rng.gamma(2.0, 1.0, sizes[1])


@prove
@given(samples(), st.booleans())
def test_raw_samples_give_what_scipy_gives(pair: tuple[np.ndarray, np.ndarray], equal: bool) -> None:  # noqa: FBT001
    """Statistic, degrees of freedom and two-tailed chance, to 1e-12."""
    name = TTestName.STUDENT if equal else TTestName.WELCH

    ours = t_test(moments(pair[0]), moments(pair[1]), name)
    theirs = stats.ttest_ind(*pair, equal_var=equal)

    assert ours.t == pytest.approx(theirs.statistic, rel=1e-12, abs=1e-12)
    assert ours.df == pytest.approx(theirs.df, rel=1e-12)
    assert ours.p_two_tail == pytest.approx(theirs.pvalue, rel=1e-11, abs=1e-12)
    assert ours.p_one_tail == pytest.approx(theirs.pvalue / 2, rel=1e-11, abs=1e-12)


@prove
@given(samples(), st.booleans(), st.sampled_from([0.01, 0.05, 0.1]))
def test_summary_figures_give_what_scipy_gives(
    pair: tuple[np.ndarray, np.ndarray],
    equal: bool,  # noqa: FBT001
    level: float,
) -> None:
    """Means, variances and numbers are enough, and critical values are scipy's quantiles."""
    one, other = moments(pair[0]), moments(pair[1])

    ours = t_test(one, other, TTestName.STUDENT if equal else TTestName.WELCH, level=level)
    theirs = stats.ttest_ind_from_stats(
        one.mean, one.variance**0.5, one.count, other.mean, other.variance**0.5, other.count, equal_var=equal
    )

    assert ours.t == pytest.approx(theirs.statistic, rel=1e-12, abs=1e-12)
    assert ours.p_two_tail == pytest.approx(theirs.pvalue, rel=1e-11, abs=1e-12)
    assert ours.critical_one_tail == pytest.approx(stats.t.ppf(1 - level, ours.df), rel=1e-9)
    assert ours.critical_two_tail == pytest.approx(stats.t.ppf(1 - level / 2, ours.df), rel=1e-9)


def test_table_10_with_its_degrees_of_freedom_rounded() -> None:
    """Welch's test of GPU use, every printed figure to three significant digits."""
    test = t_test(*TABLE_10, round_df=True)

    assert test.df == 26
    assert to_three_digits(test.t, 18.86790282)
    assert to_three_digits(test.p_one_tail, 5.38632e-17)
    assert to_three_digits(test.critical_one_tail, 1.70561792)
    assert to_three_digits(test.p_two_tail, 1.07726e-16)
    assert to_three_digits(test.critical_two_tail, 2.055529439)
    assert test.pooled_variance is None


def test_table_10_without_rounding_differs_in_its_chances_only() -> None:
    """26.06 degrees of freedom: the same t, a chance that is 6 % smaller."""
    test, rounded = t_test(*TABLE_10), t_test(*TABLE_10, round_df=True)

    assert test.df == pytest.approx(26.064, abs=1e-3)
    assert test.t == rounded.t
    assert 0.93 < test.p_two_tail / rounded.p_two_tail < 0.95


def test_table_12() -> None:
    """Student's test of times of a quantised model, every printed figure to three significant digits."""
    test = t_test(*TABLE_12, TTestName.STUDENT)

    assert test.df == 1998
    assert test.pooled_variance is not None
    assert to_three_digits(test.pooled_variance, 4.51751e-06)
    assert to_three_digits(test.t, 11.14091739)
    assert to_three_digits(test.p_one_tail, 2.60435e-28)
    assert to_three_digits(test.critical_one_tail, 1.645617012)
    assert to_three_digits(test.p_two_tail, 5.20869e-28)
    assert to_three_digits(test.critical_two_tail, 1.96115261)


def test_table_13_as_far_as_its_rounded_inputs_allow() -> None:
    """A variance printed with three digits leaves 0.002 of t and 0.5 % of p open."""
    test = t_test(*TABLE_13, TTestName.STUDENT)

    assert test.t == pytest.approx(-1.670474009, abs=0.002)
    assert test.p_one_tail == pytest.approx(0.047491121, rel=0.005)
    assert test.p_two_tail == pytest.approx(0.094982241, rel=0.005)
    assert test.df == 1998
    assert to_three_digits(test.critical_one_tail, 1.64561663)
    assert to_three_digits(test.critical_two_tail, 1.961152015)
    assert test.pooled_variance == pytest.approx(0.000215334, rel=0.001)


@pytest.mark.parametrize("name", list(TTestName))
def test_the_critical_value_is_where_the_chance_is_the_level(name: TTestName) -> None:
    """The tail beyond it holds 5 %, the two tails beyond the other hold 5 % together."""
    test = t_test(*TABLE_10, name)

    assert upper_tail(test.critical_one_tail, test.df) == pytest.approx(0.05, rel=1e-9)
    assert 2 * upper_tail(test.critical_two_tail, test.df) == pytest.approx(0.05, rel=1e-9)


def test_a_hypothesized_difference_is_taken_off() -> None:
    """To test for a difference of 30 is to test for none after 30 was taken off the first."""
    first, second = TABLE_10
    shifted = Moments(first.mean - 30, first.variance, first.count)

    assert t_test(first, second, hypothesized=30).t == pytest.approx(t_test(shifted, second).t, rel=1e-12)


def test_fewer_independent_values_make_a_difference_less_sure() -> None:
    """The same mean and variance, counted as a tenth of the values."""
    values = np.random.default_rng(1).normal(10, 1, 500)

    def against_zero(count: float | None) -> TTest:
        return t_test(moments(values, count), moments(values + 0.1, count))

    assert against_zero(50.0).p_two_tail > against_zero(None).p_two_tail
    assert against_zero(50.0).t == pytest.approx(against_zero(None).t / math.sqrt(10))


@pytest.mark.parametrize("name", list(TTestName))
def test_without_variance_any_difference_is_sure_and_none_is_none(name: TTestName) -> None:
    """Constant samples: t is infinite with chance 0, or 0 with chance 1."""
    here, there = Moments(1.0, 0.0, 5), Moments(2.0, 0.0, 5)

    assert t_test(here, there, name).t == -math.inf
    assert t_test(here, there, name).p_two_tail == 0
    assert t_test(here, here, name).p_two_tail == 1


def test_a_sign_belongs_to_an_infinite_t() -> None:
    """It says which is larger."""
    assert standardised(1.0, 0.0) == math.inf
    assert standardised(-1.0, 0.0) == -math.inf
    assert standardised(0.0, 0.0) == 0


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.nan], [1.0, math.inf]])
def test_samples_that_cannot_be_tested_are_refused(values: list[float]) -> None:
    """Fewer than two values, or no numbers."""
    with pytest.raises(InvalidError, match="two finite values"):
        moments(values)


def test_values_worth_one_are_refused() -> None:
    """A series that is one long wave tells as much as one value."""
    with pytest.raises(InvalidError, match="worth 1"):
        moments([1.0, 2.0, 3.0], 1.0)


@pytest.mark.parametrize("wrong", [Moments(1, -1, 5), Moments(1, 1, 1), Moments(math.nan, 1, 5)])
def test_figures_that_no_sample_has_are_refused(wrong: Moments) -> None:
    """A variance below 0, one value, no mean."""
    with pytest.raises(InvalidError, match="no t-test"):
        t_test(wrong, Moments(1, 1, 5))
