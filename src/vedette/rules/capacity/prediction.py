"""How long devices take for their mini-batches: what counts against a deadline, how many fit, when the last is done.

    Option, T --most_uses--> the largest t with time <= T and t <= M
    Spread of each device --makespan--> Prediction of the last, --all_within--> probability

Deadlines count with the longest times, a quantile of `spread`, or the means (`time_s`). With one trial a soft deadline
counts with the longest times that were seen, as a hard one does, and there is no interval and no probability.

**Several devices.** Each device i ends within x with P_i(x). What they have in common is not known: profiled together,
they share the errors of the mean and of the deviation, and they may slow down together. Then

    product of P_i(x) <= P(all within x) <= least of P_i(x)

The right holds for whatever they have in common, the left for what makes all of them later or earlier together (J. D.
Esary, F. Proschan, D. W. Walkup, "Association of random variables, with applications", Annals of Mathematical
Statistics 38, 1967). So the product bounds the probability and the high end of an interval, and the slowest device
alone its low end: the interval holds with its confidence or a bit more. What is expected needs neither. With a part C
that all share and parts of their own the largest is C + max_i (mean_i + own_i). Expected is the sum of both medians: 0
for C, and for the rest that of the largest of independent times with the deviation S_a, or S_b where S_a is not known.
The median of the sum is the same but for the skewness of the largest, which is small where devices are alike.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from vedette.rules.capacity.capability import Option
from vedette.rules.capacity.spread import ROUNDING, Spread, bisected, is_known, margins, met, share_below, spread
from vedette.values.deadline import DeadlineClass
from vedette.values.plan import Prediction

MOST_USES = 10**12
"""Uses of a device whose later mini-batches take no time: a plan has no more."""

_HALF = 0.5


def quantile_s(option: Option, later_uses: int, probability: float) -> float | None:
    """Seconds within which a device ends with that probability; None where one trial tells nothing of the next."""
    return spread(option, later_uses).quantile_s(probability)


def prediction(option: Option, later_uses: int, confidence: float = 0.95, last: Option | None = None) -> Prediction:
    """Mean time of one device in seconds, and the interval that holds it with `confidence`; `last` as in `spread`."""
    return makespan((spread(option, later_uses, last),), confidence)


def makespan(spreads: Sequence[Spread], confidence: float = 0.95) -> Prediction:
    """When the last of several devices is done: expected, and an interval that holds it with `confidence` or more.

    Where a device has no distribution there is no interval, and the largest mean is expected.

    Raises:
        ValueError: there is no device.
    """
    if not spreads:
        raise ValueError("a makespan is that of one device at least")
    tail = (1 - confidence) / 2
    lows = [one.quantile_s(tail) for one in set(spreads)]
    known = [low for low in lows if low is not None]
    if len(known) < len(lows):
        return Prediction(max(one.mean for one in spreads), confidence=confidence)
    high = _largest_quantile(spreads, 1 - tail)
    # S_a may come out larger than S_b, since each rests on a few trials; what is expected lies in its interval anyway.
    return Prediction(min(_median(spreads), high), max(0.0, *known), high, confidence)


def all_within(spreads: Sequence[Spread], within_s: float) -> float | None:
    """Least probability that every device ends within a time, that of independent ones; None where one is not known."""
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
    if deadline is DeadlineClass.SOFT and is_known(option.first_s) and is_known(option.later_s):
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


def _largest_quantile(spreads: Sequence[Spread], share: float) -> float:
    """The time within which all of independent devices end with that probability, 1/2 or more."""
    low, high = (
        max(one.quantile_s(each) or 0.0 for one in set(spreads)) for each in (share, share ** (1 / len(spreads)))
    )
    if len(set(spreads)) == 1:
        return high
    return bisected(lambda x: (all_within(spreads, x) or 0.0) >= share, low, high)


def _median(spreads: Sequence[Spread]) -> float:
    """Of the largest of independent normal times, with the deviations that devices have at the same time."""
    counts = Counter(spreads)
    # Each is within z deviations with 2^(-1/n), so all are with 1/2, or sooner.
    far = margins(_HALF ** (1 / len(spreads)), 1)[0]

    def half_done(x: float) -> bool:
        return math.prod(_done(one, x) ** times for one, times in counts.items()) >= _HALF

    least, most = max(one.mean for one in counts), max(one.mean + far * one.deviation for one in counts)
    return most if len(counts) == 1 else bisected(half_done, least, most)


def _done(one: Spread, within_s: float) -> float:
    if one.deviation == 0:
        return 1.0 if met(one.mean, within_s) else 0.0
    return share_below((within_s - one.mean) / one.deviation)


def _root(option: Option, within_s: float, deadline: DeadlineClass, probability: float) -> float:
    """The real t at which the time is T."""
    rise, start = option.later_s.mean, option.first_s.mean
    known = is_known(option.first_s) and is_known(option.later_s)
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
