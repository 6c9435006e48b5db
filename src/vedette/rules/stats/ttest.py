"""Student's and Welch's t-test, with every column of the tables that spreadsheets print.

    values --moments--> mean, variance, n --t_test--> t, df, p and critical t, of one tail and of two

The tests take their values as independent. Requests of one run follow each other and are not: `effective_count` says
how many independent ones they are worth, and `moments(values, count=...)` takes that number instead of their own.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from vedette.errors import InvalidError
from vedette.values.comparison import Moments, TTest, TTestName

LEVEL = 0.05
_LEAST = 2


def moments(values: ArrayLike, count: float | None = None) -> Moments:
    """Mean, variance (n - 1) and number of values.

    Args:
        values: shape (n,), any unit.
        count: independent values that they are worth; None: all of them are independent.

    Raises:
        InvalidError: fewer than two values, one of them no number, or a count below two.
    """
    sample = np.asarray(values, np.float64)
    if len(sample) < _LEAST or not np.isfinite(sample).all():
        raise InvalidError(
            f"a t-test needs two finite values or more on each side, not {_told(sample)}",
            help="take runs with more answers, or a feature that was read in both",
        )
    worth = len(sample) if count is None else count
    if not worth >= _LEAST:
        raise InvalidError(
            f"{len(sample)} values are worth {worth:.2f} independent ones: a t-test needs two",
            help="measure longer, or repeat the run",
        )
    return Moments(float(sample.mean()), float(sample.var(ddof=1)), worth)


def t_test(
    first: Moments,
    second: Moments,
    name: TTestName = TTestName.WELCH,
    *,
    hypothesized: float = 0.0,
    level: float = LEVEL,
    round_df: bool = False,
) -> TTest:
    """Test whether two means differ by `hypothesized`.

    Args:
        first: one sample.
        second: the other.
        name: Student's (equal variances: Student 1908) or Welch's (Welch 1947).
        hypothesized: mean of the first less mean of the second, as the hypothesis has it.
        level: of the critical values, 0..1.
        round_df: round Welch's degrees of freedom to a whole number, as Excel's analysis tools do before they look
            up p and the critical values; false keeps the fraction, as scipy and R do.

    Raises:
        InvalidError: one sample has a variance below 0 or fewer than two values.
    """
    from scipy.special import stdtrit

    _check(first)
    _check(second)
    pooled = _pooled(first, second) if name is TTestName.STUDENT else None
    variance_of_difference, df = _student(first, second, pooled) if pooled is not None else _welch(first, second)
    if round_df:
        df = float(max(1, math.floor(df + 0.5)))
    t = standardised(first.mean - second.mean - hypothesized, math.sqrt(variance_of_difference))
    tail = upper_tail(abs(t), df)
    return TTest(
        name,
        first,
        second,
        pooled,
        hypothesized,
        df,
        t,
        tail,
        float(-stdtrit(df, level)),
        2 * tail,
        float(-stdtrit(df, level / 2)),
        level,
    )


def upper_tail(t: float, df: float) -> float:
    """Chance that Student's t with `df` degrees of freedom is larger than `t`."""
    from scipy.special import stdtr

    return float(stdtr(df, -t))


def standardised(difference: float, deviation: float) -> float:
    """The t of a difference; infinite where it has no deviation, 0 where there is no difference either."""
    if deviation:
        return difference / deviation
    return math.copysign(math.inf, difference) if difference else 0.0


def _student(first: Moments, second: Moments, pooled: float) -> tuple[float, float]:
    """Variance of the difference of the means and degrees of freedom, under one variance."""
    return pooled * (1 / first.count + 1 / second.count), first.count + second.count - 2


def _pooled(first: Moments, second: Moments) -> float:
    above = (first.count - 1) * first.variance + (second.count - 1) * second.variance
    return above / (first.count + second.count - 2)


def _welch(first: Moments, second: Moments) -> tuple[float, float]:
    """The same without one variance; the degrees of freedom are those of Welch (1947) and Satterthwaite (1946)."""
    parts = first.variance / first.count, second.variance / second.count
    total = sum(parts)
    if total == 0:
        return 0.0, first.count + second.count - 2
    shares = parts[0] / total, parts[1] / total
    return total, 1 / (shares[0] ** 2 / (first.count - 1) + shares[1] ** 2 / (second.count - 1))


def _check(sample: Moments) -> None:
    finite = math.isfinite(sample.mean) and math.isfinite(sample.variance) and math.isfinite(sample.count)
    if not finite or sample.variance < 0 or sample.count < _LEAST:
        raise InvalidError(
            f"no t-test of mean {sample.mean:g}, variance {sample.variance:g}, n {sample.count:g}",
            help="the variance is 0 or more and there are two values at least",
        )


def _told(sample: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    wrong = int(np.count_nonzero(~np.isfinite(sample)))
    return f"{len(sample)} with {wrong} that are no number" if wrong else f"{len(sample)}"
