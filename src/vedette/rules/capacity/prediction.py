"""How long a device takes for its mini-batches: the distribution, what counts against a deadline, how many fit.

    Option, t later uses --spread--> mean, within, between --> quantile, probability, Prediction
    Option, T --most_uses--> the largest t with time <= T and t <= M

The time of a device is W(mbs) + t L(mbs). Its mean is linear in t. It varies for two reasons:

    S_w^2 = w_W^2 + t w_L^2                     single mini-batches, independent of each other: they average out
    S_b^2 = (b_W + t b_L)^2 (1 + 1/trials)      from process to process, common to all mini-batches of one process

`1 + 1/trials` is that of the prediction of one new value from the mean of `trials` others (G. J. Hahn, W. Q. Meeker,
"Statistical Intervals", 1991). b_W and b_L are added, not their squares: a slow process is taken as slow in both.
The quantile joins the normal quantile z of the first part with Student's quantile q of trials - 1 degrees of
freedom of the second, since b rests on so few values:

    quantile(p) = mean + sqrt((z_p S_w)^2 + (q_p S_b)^2)         for p >= 1/2, mirrored below

which is the method of variance estimates recovery (G. Y. Zou, A. Donner, Statistics in Medicine 27, 2008, 1693-1702).
It is Student's interval where only b varies, the normal one where only w does, and never falls as t grows.

One process tells nothing of the next: with one trial `between` is unknown, there is no interval and no probability, and
a soft deadline counts with the longest times that were seen, as a hard one does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vedette.rules.capacity.capability import Option
from vedette.values.deadline import DeadlineClass
from vedette.values.moment import Moment
from vedette.values.plan import Prediction

MOST_USES = 10**12
"""Uses of a device whose later mini-batches take no time: a plan has no more."""

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
    """

    mean: float
    within: float
    between: float | None
    trials: int

    def quantile_s(self, probability: float) -> float | None:
        """The time within which it ends with that probability, in 0..1 exclusive; None where `between` is not known."""
        if self.between is None:
            return None
        margin = self._margin(_normal(max(probability, 1 - probability)))
        return self.mean + (margin if probability >= _HALF else -margin)

    def probability(self, within_s: float) -> float | None:
        """That it ends within a time, the inverse of `quantile_s`; None where `between` is not known."""
        if self.between is None:
            return None
        away = abs(within_s - self.mean)
        if self.within == 0 and self.between == 0:
            return 1.0 if met(self.mean, within_s) else 0.0
        half = _share_below(bisected(lambda z: self._margin(z) > away, 0.0, _CERTAIN_Z))
        return half if within_s >= self.mean else 1 - half

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
    known = [times * moment.between for times, moment in used if _is_known(moment) and moment.between is not None]
    between = sum(known) * math.sqrt(1 + 1 / trials) if len(known) == len(used) else None
    return Spread(mean, within, between, trials)


def quantile_s(option: Option, later_uses: int, probability: float) -> float | None:
    """Seconds within which a device ends with that probability; None where one trial tells nothing of the next."""
    return spread(option, later_uses).quantile_s(probability)


def prediction(option: Option, later_uses: int, confidence: float = 0.95, last: Option | None = None) -> Prediction:
    """Mean time of one device in seconds, and the interval that holds it with `confidence`; `last` as in `spread`."""
    return makespan((spread(option, later_uses, last),), confidence)


def makespan(spreads: Sequence[Spread], confidence: float = 0.95) -> Prediction:
    """When the last of several devices is done: median and central interval of the largest of independent times.

    P(all within x) is the product of theirs. Where a device has no distribution there is no interval, and the largest
    mean is expected.

    Raises:
        ValueError: there is no device.
    """
    if not spreads:
        raise ValueError("a makespan is that of one device at least")
    if any(one.between is None for one in spreads):
        return Prediction(max(one.mean for one in spreads), confidence=confidence)
    tails = ((1 - confidence) / 2, _HALF, (1 + confidence) / 2)
    low, expected, high = (_largest_quantile(spreads, share) for share in tails)
    return Prediction(expected, max(0.0, low), high, confidence)


def all_within(spreads: Sequence[Spread], within_s: float) -> float | None:
    """Probability that every device ends within a time, the devices being independent; None where one is not known."""
    product = 1.0
    for one, times in Counter(spreads).items():
        each = one.probability(within_s)
        if each is None:
            return None
        product *= each**times
    return product


def time_s(option: Option, later_uses: int, deadline: DeadlineClass, probability: float = 0.95) -> float:
    """What counts against T, in seconds.

    Args:
        option: mini-batch size and its times.
        later_uses: t.
        deadline: `hard` counts with the longest times that were seen, `soft` with the quantile, `relaxed` and
            `best-effort` with the means.
        probability: of this device alone, for `soft`; below 1/2 the mean counts. With one trial of W or L
            `soft` counts as `hard` does.
    """
    if deadline is DeadlineClass.SOFT and _is_known(option.first_s) and _is_known(option.later_s):
        likely = quantile_s(option, later_uses, max(_HALF, probability))
        if likely is not None:
            return likely
    if deadline in {DeadlineClass.HARD, DeadlineClass.SOFT}:
        return option.longest_first_s + later_uses * option.longest_later_s
    return option.first_s.mean + later_uses * option.later_s.mean


def most_uses(
    option: Option,
    within_s: float,
    deadline: DeadlineClass,
    probability: float = 0.95,
    uses: int | None = None,
) -> int | None:
    """The largest t whose time counts as within T, M at most; None where even the first mini-batch takes longer.

    The root of the formula of its class (a line; for `soft` a parabola) is the guess, and is then settled by the times
    themselves, so that rounding decides nothing.

    Args:
        option: mini-batch size and its times.
        within_s: T.
        deadline: class, as in `time_s`.
        probability: as in `time_s`.
        uses: M; None: no limit.
    """

    def fits(later_uses: int) -> bool:
        return met(time_s(option, later_uses, deadline, probability), within_s)

    if not fits(0):
        return None
    most = MOST_USES if uses is None else uses
    guess = _root(option, within_s, deadline, max(_HALF, probability))
    return _settled(fits, max(0, math.floor(guess)) if guess < most else most, most)


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


def _is_known(moment: Moment) -> bool:
    return moment.between is not None and moment.trials > 1


def _largest_quantile(spreads: Sequence[Spread], share: float) -> float:
    if len(spreads) == 1:
        return spreads[0].quantile_s(share) or 0.0
    low, high = (
        max(one.quantile_s(each) or 0.0 for one in set(spreads)) for each in (share, share ** (1 / len(spreads)))
    )
    return bisected(lambda x: (all_within(spreads, x) or 0.0) >= share, low, high)


def _root(option: Option, within_s: float, deadline: DeadlineClass, probability: float) -> float:
    """The real t at which the time is T."""
    rise, start = option.later_s.mean, option.first_s.mean
    known = _is_known(option.first_s) and _is_known(option.later_s)
    if deadline is DeadlineClass.HARD or (deadline is DeadlineClass.SOFT and not known):
        rise, start = option.longest_later_s, option.longest_first_s
    left = within_s * (1 + ROUNDING) - start
    if rise <= 0 or math.isinf(left):
        return math.inf
    if left <= 0:
        return 0.0
    if deadline is not DeadlineClass.SOFT or not known:
        return left / rise
    return _parabola_root(option, left, probability)


def _parabola_root(option: Option, left: float, probability: float) -> float:
    """Smaller root t of (left - t m)^2 = z^2 (w_W^2 + t w_L^2) + k^2 (b_W + t b_L)^2, m being the mean of L."""
    first, later = option.first_s, option.later_s
    z, k = margins(probability, min(first.trials, later.trials))
    k2 = k * k
    first_b, later_b = first.between or 0.0, later.between or 0.0
    # In units of `left`, so that no square of it overflows.
    rise, noise, first_b, later_b = (part / left for part in (later.mean, later.within, first_b, later_b))
    square = rise**2 - k2 * later_b**2
    half = -(rise + (z * noise) ** 2 / 2 + k2 * first_b * later_b)
    rest = 1 - (z * first.within / left) ** 2 - k2 * first_b**2
    return rest / (math.sqrt(max(0.0, half * half - square * rest)) - half)


def _settled(fits: Callable[[int], bool], guess: int, most: int) -> int:
    """Largest t in 0..most that fits, found from a guess in steps that double; t = 0 fits, and so does all below."""
    step = 1
    if fits(guess):
        low = guess
        while low + step <= most and fits(low + step):
            low, step = low + step, step * 2
        high = min(most + 1, low + step)
    else:
        high = guess
        while high - step > 0 and not fits(high - step):
            high, step = high - step, step * 2
        low = max(0, high - step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


@lru_cache(maxsize=1024)
def _normal(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))


@lru_cache(maxsize=1024)
def _student(z: float, freedom: int) -> float:
    """Student's quantile of the share that the normal distribution has below z."""
    from scipy.special import ndtr, stdtrit

    return float(stdtrit(freedom, ndtr(z)))


def _share_below(z: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(z))
