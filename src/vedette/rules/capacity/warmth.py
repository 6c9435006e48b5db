"""Keep warm, or scale to zero: what one instance costs and how long images wait, if it ends after an idle time.

    loaded and idle for tau -> ended -> the next image starts it: load, first mini-batch W(1) -> later images take L(1)

Images arrive one by one as a Poisson process and are served in their order by one instance. An image that finds the
instance idle comes after an exponential gap: with probability q = exp(-rate tau) the instance has ended by then, and
the image is cold. So it is the queue M/G/1 in which the first service of a busy period is exceptional (P. D. Welch
1964, On a generalized M/G/1 queuing process): load + W with probability q, else L. Times are the means, without their
spread.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from vedette.rules.capacity.fewest import bisected
from vedette.rules.capacity.queueing import offered
from vedette.values.device import Billing

HOUR_S = 3600.0
_P99 = 0.99
_STEPS_A_SERVICE = 32
_STEPS_A_COLD = 40_000
_SERVICES_AFTER = 24
_TAIL = 1e-9
"""Density, as a share of that at 0, at which the distribution is taken to end."""

_SEARCH_STEPS = 40
_RATES, _LEAST_SHARE = 400, 1e-12


@dataclass(frozen=True, slots=True)
class Instance:
    """A model on a device that may be started and ended.

    Attributes:
        load_s: start of the process until the model is loaded.
        warm_up_s: W(1), the whole first image.
        latency_s: L(1), a later one.
        price_per_hour: while it runs, from its start on; None: not known.
        billing: what is paid.
    """

    load_s: float
    warm_up_s: float
    latency_s: float
    price_per_hour: float | None = None
    billing: Billing = Billing.SECOND

    def __post_init__(self) -> None:
        if not (self.load_s >= 0 and self.warm_up_s > 0 and self.latency_s > 0):
            raise ValueError(f"times must be above 0, got {self}")

    @property
    def cold_s(self) -> float:
        """What the image takes that starts the instance: load and first mini-batch."""
        return self.load_s + self.warm_up_s


@dataclass(frozen=True, slots=True)
class Warmth:
    """What an idle timeout means.

    Attributes:
        timeout_s: tau; infinite: kept warm.
        cold_share: images that start the instance.
        mean_s, p99_s: of the latency.
        on_share: share of the time in which the instance runs.
        starts_per_hour: of the instance.
        cost_per_hour: None without a price. Where hours are billed it is the most that it can be: every start may pay
            one hour more than it runs.
        least_cost_per_hour: the same, and where hours are billed the least that it can be.
    """

    timeout_s: float
    cold_share: float
    mean_s: float
    p99_s: float
    on_share: float
    starts_per_hour: float
    cost_per_hour: float | None
    least_cost_per_hour: float | None


@dataclass(frozen=True, slots=True)
class _Work:
    """The work that an image finds, in steps.

    Attributes:
        waits: P(0 < work <= k) for k = 0, 1, ... steps.
        rest: P(work > the last k), which falls by `ratio` with each step; 0 where hardly anything is left.
    """

    waits: list[float]
    rest: float
    ratio: float


def warmth(instance: Instance, rate_per_s: float, timeout_s: float) -> Warmth:
    """What happens at a rate with an idle timeout; `math.inf` keeps the instance warm.

    With B0 the first service of a busy period, its length is E[B0] / (1 - rho) and it serves 1 + rate E[B0] / (1 - rho)
    images. Between two the instance idles for min(gap, tau), (1 - q) / rate on average.

    Raises:
        ValueError: no rate above 0, a timeout below 0, or more images than the instance can serve.
    """
    load = offered(rate_per_s, instance.latency_s)
    if not timeout_s >= 0:
        raise ValueError(f"a timeout is 0 or more, got {timeout_s}")
    cold = math.exp(-rate_per_s * timeout_s)
    busy_s = _first_s(instance, cold) / (1 - load)
    served = 1 + rate_per_s * busy_s
    cycle_s = 1 / rate_per_s + busy_s
    on_share = ((1 - cold) / rate_per_s + busy_s) / cycle_s
    starts = cold / cycle_s * HOUR_S
    price = instance.price_per_hour
    extra = starts if instance.billing is Billing.HOUR else 0.0
    return Warmth(
        timeout_s,
        cold / served,
        _mean_s(instance, rate_per_s, cold),
        latency_quantile(instance, rate_per_s, timeout_s, _P99),
        on_share,
        starts,
        None if price is None else price * (on_share + extra),
        None if price is None else price * max(on_share, extra),
    )


def _first_s(instance: Instance, cold: float) -> float:
    """E[B0], of the first service of a busy period."""
    return cold * instance.cold_s + (1 - cold) * instance.latency_s


def _mean_s(instance: Instance, rate: float, cold: float) -> float:
    """Mean latency: of those that find it idle E[B0], of those that wait their wait and L.

    Welch: E[W] = p0 rate ((1 - rho) E[B0^2] + rate E[B0] L^2) / (2 (1 - rho)^2), where p0 is the share that find it
    idle, (1 - rho) / (1 - rho + rate E[B0]).
    """
    later, load = instance.latency_s, rate * instance.latency_s
    first = _first_s(instance, cold)
    squared = cold * instance.cold_s**2 + (1 - cold) * later**2
    idle = (1 - load) / (1 - load + rate * first)
    wait = idle * rate * ((1 - load) * squared + rate * first * later**2) / (2 * (1 - load) ** 2)
    return wait + idle * first + (1 - idle) * later


def latency_quantile(instance: Instance, rate_per_s: float, timeout_s: float, share: float = _P99) -> float:
    """The latency that `share` of the images stay within, from the distribution of the work that an image finds.

    Its density f balances the crossings of each level x (P. H. Brill and M. J. M. Posner 1977, Level crossings in point
    processes applied to queues, Operations Research 25):

        f(x) = rate (p0 P(B0 > x) + integral of f over x - L .. x)

    It is integrated by the trapezoid rule in steps of L / 32 or of a 40,000th of a cold start, the longer of both, to
    where it falls as one exponential (`_work`).
    """
    load = offered(rate_per_s, instance.latency_s)
    cold = math.exp(-rate_per_s * timeout_s)
    idle = (1 - load) / (1 - load + rate_per_s * _first_s(instance, cold))
    step = instance.latency_s / _STEPS_A_SERVICE
    # Of a grid that a cold start would make too fine, the service is a smaller number of steps, one at least.
    per_service = max(1, min(_STEPS_A_SERVICE, round(_STEPS_A_SERVICE * _STEPS_A_COLD * step / instance.cold_s)))
    step = instance.latency_s / per_service
    waits = _work(rate_per_s * step, idle, cold, (per_service, instance.cold_s / step))
    return _latency_at(share, instance, idle, cold, (step, waits))


def _work(rate: float, idle: float, cold: float, steps: tuple[int, float]) -> _Work:
    """How much work an image finds; `rate` is that of a step.

    `steps` are those of a later service and of a cold one. Some services after the longest of both only the slowest of
    the exponentials is left that the density is made of. So the integration ends there, however near the load is to 1.
    The sum is known to be 1 - p0, and is made so.
    """
    later, first = steps
    density, total = [rate * idle], [0.0]
    place, end = 0, max(first, later) + _SERVICES_AFTER * later
    while place <= first or (place < end and density[-1] > _TAIL * density[0]):
        place += 1
        beyond = (cold if place < first else 0.0) + (1 - cold if place < later else 0.0)
        before = total[place - later] if place >= later else 0.0
        known = rate * (idle * beyond + total[-1] + density[-1] / 2 - before)
        new = known / (1 - rate / 2)
        total.append(total[-1] + (density[-1] + new) / 2)
        density.append(new)
    ratio = 0.0 if place < end else (density[-1] / density[-1 - later]) ** (1 / later)
    ratio = min(ratio, 1 - sys.float_info.epsilon)
    rest = density[-1] * (1 + ratio) / (2 * (1 - ratio)) if ratio else 0.0
    scale = (1 - idle) / (total[-1] + rest)
    return _Work([one * scale for one in total], rest * scale, ratio)


def _latency_at(share: float, instance: Instance, idle: float, cold: float, grid: tuple[float, _Work]) -> float:
    """The quantile of a mixture: images that find it idle take L or a cold start, others their wait and L."""
    step, work = grid
    places = np.arange(len(work.waits))
    if work.rest > 1 - share:
        more = math.log((1 - share) / work.rest) / math.log(work.ratio)
        return instance.latency_s + (len(places) - 1 + more) * step

    def within(time: float) -> float:
        alone = (1 - cold) * (time >= instance.latency_s) + cold * (time >= instance.cold_s)
        waited = float(np.interp((time - instance.latency_s) / step, places, work.waits, left=0.0))
        return idle * alone + waited

    times = sorted({instance.latency_s, instance.cold_s, *(instance.latency_s + k * step for k in range(len(places)))})
    place = bisect_left(times, share, key=within)
    return times[min(place, len(times) - 1)]


def kept_cheaper(instance: Instance, timeout_s: float, kept_price_per_hour: float) -> tuple[float, float] | None:
    """The rates between which keeping an instance for `kept_price_per_hour` is cheaper than paying this one as it runs.

    The upper end is infinite where it is cheaper up to the most that one instance serves, as it is by the second: the
    cost then grows with the rate. By the hour it grows with the starts, and falls again once they become rare: the
    first and the last crossing are sought on 400 rates, evenly spaced by their logarithm, and bisected. None: at no
    rate.

    Raises:
        ValueError: the instance has no price.
    """
    if instance.price_per_hour is None:
        raise ValueError("the instance has no price")

    def dearer(rate: float) -> bool:
        return (_cost(instance, rate, timeout_s) or 0.0) > kept_price_per_hour

    most = (1 - 1e-9) / instance.latency_s
    rates = np.geomspace(most * _LEAST_SHARE, most, _RATES).tolist()
    found = [place for place, rate in enumerate(rates) if dearer(rate)]
    if not found:
        return None
    first, last = found[0], found[-1]
    low = 0.0 if first == 0 else bisected(lambda rate: not dearer(rate), rates[first - 1], rates[first], 60) or 0.0
    high = math.inf if last == _RATES - 1 else bisected(dearer, rates[last], rates[last + 1], 60)
    return low, rates[last] if high is None else high


def _cost(instance: Instance, rate: float, timeout_s: float) -> float | None:
    """As `warmth` has it, without its quantile."""
    cold = math.exp(-rate * timeout_s)
    busy_s = _first_s(instance, cold) / (1 - rate * instance.latency_s)
    cycle_s = 1 / rate + busy_s
    extra = cold / cycle_s * HOUR_S if instance.billing is Billing.HOUR else 0.0
    on_share = ((1 - cold) / rate + busy_s) / cycle_s
    return None if instance.price_per_hour is None else instance.price_per_hour * (on_share + extra)


def best_timeout(instance: Instance, rate_per_s: float, p99_s: float) -> Warmth | None:
    """The shortest idle timeout whose p99 is within `p99_s`: the instance runs least; None where not even warm it is.

    The p99 falls and the running time grows with the timeout, so the shortest one is the cheapest where seconds are
    billed. To a thousandth of the mean gap.

    Raises:
        ValueError: as `warmth`.
    """
    if latency_quantile(instance, rate_per_s, math.inf) > p99_s:
        return None
    low, high = 0.0, math.log(1e12) / rate_per_s
    if latency_quantile(instance, rate_per_s, low) <= p99_s:
        return warmth(instance, rate_per_s, low)
    if latency_quantile(instance, rate_per_s, high) > p99_s:
        return warmth(instance, rate_per_s, math.inf)
    for _ in range(_SEARCH_STEPS):
        if high - low <= 1e-3 / rate_per_s:
            break
        middle = (low + high) / 2
        low, high = (low, middle) if latency_quantile(instance, rate_per_s, middle) <= p99_s else (middle, high)
    return warmth(instance, rate_per_s, high)
