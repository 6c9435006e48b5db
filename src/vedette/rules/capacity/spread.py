"""How the time of one device is distributed: W(mbs) + t L(mbs), of a mean, and of two reasons to vary.

    Option, t later uses --spread--> mean, within, between --> quantile, probability

The mean is linear in t. The time varies for two reasons:

    S_w^2 = w_W^2 + t w_L^2                     single mini-batches, independent of each other: they average out
    S_b^2 = (b_W + t b_L)^2 (1 + 1/trials)      from process to process, common to all mini-batches of one process

`1 + 1/trials` is that of the prediction of one new value from the mean of `trials` others (G. J. Hahn, W. Q. Meeker,
"Statistical Intervals", 1991). b_W and b_L are added, not their squares: a slow process is taken as slow in both.
The quantile joins the normal quantile z of the first part with Student's quantile q of trials - 1 degrees of
freedom of the second, since b rests on so few values:

    quantile(p) = mean + sqrt((z_p S_w)^2 + (q_p S_b)^2)         for p >= 1/2, mirrored below

which is the method of variance estimates recovery (G. Y. Zou, A. Donner, Statistics in Medicine 27, 2008, 1693-1702).
It is Student's interval where only b varies, the normal one where only w does, and never falls as t grows.

One process tells nothing of the next: with one trial `between` is unknown, and there is no quantile and no probability.
Part of S_b is of the machine: devices that work at the same time slow down together. What is a process's own is
S_a = a_W + t a_L, a being the deviation of devices that were measured side by side (`apart`; b_W where W was not). The
quantile has no use for it, since it holds whatever devices share; `deviation` has, for the largest of several.

The deviation of a few means holds what is left of `within` in them, so that `within` counts twice where it is large:
quantiles above 1/2 are then later than they need be, and never too early for that reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vedette.rules.capacity.capability import Option
from vedette.values.moment import Moment

ROUNDING = 1e-12
"""Relative: a time that is longer than T by less is rounding and meets it."""

_HALF = 0.5
_HALVINGS = 60
_CLOSE = 1e-10
_CERTAIN_Z = 8.2  # the normal distribution has less than 2^-52 beyond it


@dataclass(frozen=True, slots=True)
class Spread:
    """Distribution of a time in seconds.

    Attributes:
        mean: of it.
        within: S_w, standard deviation of the part that averages out.
        between: S_b, of the part that a process has in common, with its uncertainty; None: not known.
        trials: that `between` rests on.
        apart: S_a, of the part of `between` that devices at work together do not share; None: not known.
    """

    mean: float
    within: float
    between: float | None
    trials: int
    apart: float | None = None

    @property
    def deviation(self) -> float:
        """Of the time of one process from another at the same time, without the uncertainty of the mean.

        That is S_a where it is known, and S_b otherwise, which takes all that varies for a process's own. A deviation
        out of f + 1 values is more often too small than too large; divided by the median of its ratio to the true one
        it is neither: sqrt of (1 - 2 / 9f)^3, f degrees of freedom (E. B. Wilson, M. M. Hilferty, "The distribution of
        chi-square", Proceedings of the National Academy of Sciences 17, 1931). Each trial beside a busy neighbour has
        one degree of freedom for S_a at least.
        """
        if self.apart is not None:
            return math.hypot(self.within, self.apart / _median_ratio(self.trials))
        if not self.between:
            return self.within
        between = self.between / math.sqrt(1 + 1 / self.trials)
        return math.hypot(self.within, between / _median_ratio(self.trials - 1))

    def quantile_s(self, probability: float) -> float | None:
        """The time within which it ends with that probability, in 0..1 exclusive; None where `between` is not known."""
        if self.between is None:
            return None
        margin = self._margin(_normal(max(probability, 1 - probability)))
        return self.mean + (margin if probability >= _HALF else -margin)

    def probability(self, within_s: float) -> float | None:
        """That it ends within a time but for rounding, the inverse of `quantile_s`; None: `between` is not known."""
        if self.between is None:
            return None
        if self.within == 0 and self.between == 0:
            return 1.0 if met(self.mean, within_s) else 0.0
        limit_s = within_s * (1 + ROUNDING)
        away = abs(limit_s - self.mean)
        half = share_below(bisected(lambda z: self._margin(z) > away, 0.0, _CERTAIN_Z))
        return half if limit_s >= self.mean else 1 - half

    def _margin(self, z: float) -> float:
        """Distance of a quantile from the mean; `z` is the same quantile of the normal distribution, 0 or more."""
        if not self.between:
            return z * self.within
        return math.hypot(z * self.within, _student(z, self.trials - 1) * self.between)


def spread(option: Option, later_uses: int, last: Option | None = None) -> Spread:
    """Distribution of the time of one device.

    Args:
        option: mini-batch size and its times.
        later_uses: t, 0 or more.
        last: option of the last mini-batch where that is smaller; None: it is as large as the others.
    """
    full = later_uses if last is None or not later_uses else later_uses - 1
    parts = [(1, option.first_s), (full, option.later_s)]
    if last is not None and later_uses:
        parts.append((1, last.later_s))
    used = [(times, moment) for times, moment in parts if times]
    mean = sum(times * moment.mean for times, moment in used)
    within = math.sqrt(sum(times * moment.within**2 for times, moment in used))
    trials = min(moment.trials for _, moment in used)
    known = [times * moment.between for times, moment in used if is_known(moment) and moment.between is not None]
    between = sum(known) * math.sqrt(1 + 1 / trials) if len(known) == len(used) else None
    alone = option.first_s.apart is None and option.later_s.apart is None
    return Spread(mean, within, between, trials, None if alone else _apart(used))


def margins(probability: float, trials: int) -> tuple[float, float]:
    """z_p, and q_p sqrt(1 + 1/trials): what S_w and b_W + t b_L are multiplied by; below 1/2 the mean counts."""
    z = _normal(max(_HALF, probability))
    return z, 0.0 if trials < 2 else _student(z, trials - 1) * math.sqrt(1 + 1 / trials)  # noqa: PLR2004 - a pair


def met(took_s: float, within_s: float) -> bool:
    """Whether a time is within another, but for rounding."""
    return took_s <= within_s * (1 + ROUNDING)


def bisected(reached: Callable[[float], bool], low: float, high: float) -> float:
    """Least x of an interval at which a monotone condition holds, to a share of 1e-10; `high` if nowhere below."""
    for _ in range(_HALVINGS):
        if high - low <= _CLOSE * abs(high):
            break
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def is_known(moment: Moment) -> bool:
    """Whether it tells how processes differ."""
    return moment.between is not None and moment.trials > 1


def _apart(used: Sequence[tuple[int, Moment]]) -> float | None:
    """S_a; what was measured alone counts with all that varies from process to process; None where that is not known.

    It is None, too, where all was measured alone.
    """
    if all(moment.apart is None for _, moment in used):
        return None
    parts = [(times, moment.between if moment.apart is None else moment.apart) for times, moment in used]
    known = [times * own for times, own in parts if own is not None]
    return sum(known) if len(known) == len(parts) else None


def _median_ratio(freedom: int) -> float:
    """Median of the ratio of a deviation with so many degrees of freedom to the true one."""
    return math.sqrt((1 - 2 / (9 * freedom)) ** 3)


@lru_cache(maxsize=1024)
def _normal(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))


@lru_cache(maxsize=1024)
def _student(z: float, freedom: int) -> float:
    """Student's quantile of the share that the normal distribution has below z."""
    from scipy.special import ndtr, stdtrit

    return float(stdtrit(freedom, ndtr(z)))


def share_below(z: float) -> float:
    """The share that the normal distribution has below z deviations."""
    from scipy.special import ndtr

    return float(ndtr(z))
