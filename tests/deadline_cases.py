"""Capabilities with figures that tests choose, and the brute force that plans of fewest devices are held against."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from hypothesis import strategies as st

from vedette.rules.capacity.capability import Capability, Option
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Limits, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.moment import Moment

BRUTE_MOST_USES = 24


def sure(mean: float) -> Moment:
    """A time that does not vary, in ten trials."""
    return Moment(mean, within=0.0, between=0.0, count=100, trials=10)


def option(batch: int, first: float, later: float, longest: float = 1.0, peak_bytes: int | None = None) -> Option:
    """A mini-batch size without variation; the longest times are the means times `longest`."""
    return Option(batch, sure(first), sure(later), first * longest, later * longest, peak_bytes)


def capability(
    name: str, rows: Sequence[tuple[int, float, float]], longest: float = 1.0, memory_bytes: int | None = None
) -> Capability:
    """Rows of (mbs, W, L) on a kind of device."""
    options = tuple(option(batch, first, later, longest) for batch, first, later in rows)
    return Capability("m", "p", DeviceKind(name, memory_bytes=memory_bytes), options)


def affine(name: str, warm_up: float, start: float, each: float, most: int = 6) -> Capability:
    """L(b) = start + each b and W(b) = warm_up + L(b), for b in 1..most: the shape of the curves of 001."""
    later = [(batch, round(start + each * batch, 9)) for batch in range(1, most + 1)]
    return capability(name, [(batch, round(warm_up + time, 9), time) for batch, time in later])


def demand(
    able: Sequence[tuple[Capability, int]],
    images: int | None = None,
    within_s: float = 10.0,
    deadline: DeadlineClass = DeadlineClass.RELAXED,
    *,
    uses: int | None = None,
    batch: int | None = None,
    lost: int = 0,
    probability: float = 0.95,
) -> Demand:
    """A demand on so many devices of each capability's kind."""
    return Demand(
        PlanKind.DEADLINE if images else PlanKind.BUDGET,
        ("m",),
        Fleet(tuple(Stock(one.device, count) for one, count in able)),
        images,
        within_s,
        deadline=deadline,
        probability=probability,
        lost_devices=lost,
        limits=Limits(uses=uses, batch=batch),
    )


def exact_time(option: Option, later_uses: int) -> Fraction:
    """W + t L in fractions of the decimals as they are written."""
    return Fraction(str(option.first_s.mean)) + later_uses * Fraction(str(option.later_s.mean))


def choices(one: Capability, uses: int | None = None, batch: int | None = None) -> Iterator[tuple[int, Fraction]]:
    """Every (images, time) of one device: each mbs, each t."""
    for row in one.options:
        if batch is None or row.batch <= batch:
            for later in range((BRUTE_MOST_USES if uses is None else uses) + 1):
                yield (later + 1) * row.batch, exact_time(row, later)


def brute_plans(
    able: Sequence[tuple[Capability, int]], uses: int | None = None, batch: int | None = None
) -> Iterator[tuple[int, Callable[[Fraction], int]]]:
    """Every set of devices by its size, with the images that it does within a time."""
    every = [list(choices(one, uses, batch)) for one, count in able for _ in range(count)]

    def does(chosen: tuple[int, ...], within: Fraction) -> int:
        best = [max((images for images, took in every[number] if took <= within), default=0) for number in chosen]
        return sum(best) if all(best) else 0

    for size in range(1, len(every) + 1):
        for chosen in itertools.combinations(range(len(every)), size):
            yield size, lambda within, chosen=chosen: does(chosen, within)


def brute_fewest(able: Sequence[tuple[Capability, int]], images: int, within_s: float, **limits) -> int | None:
    """Fewest devices by trying every set, mini-batch size and number of uses."""
    within = Fraction(str(within_s))
    return min((size for size, does in brute_plans(able, **limits) if does(within) >= images), default=None)


def brute_makespan(able: Sequence[tuple[Capability, int]], images: int, devices: int, **limits) -> Fraction | None:
    """Least makespan of so many devices: the least of all attainable times in which one set of them does the images."""
    times = sorted({took for one, _ in able for _, took in choices(one, **limits)})
    plans = [does for size, does in brute_plans(able, **limits) if size == devices]
    found = bisect_left(times, True, key=lambda took: any(does(took) >= images for does in plans))
    return times[found] if found < len(times) else None


@st.composite
def varying(draw: st.DrawFn) -> Option:
    """A mini-batch size whose times vary within processes and between them; of some the latter is not known.

    Of some it is known what devices at work together do not share, and it may be more than what varies between trials.
    """
    amounts, deviations = st.floats(0.001, 2.0), st.none() | st.floats(0.0, 0.5)
    trials = draw(st.integers(1, 6))
    parts = [Moment(draw(amounts), draw(amounts), draw(deviations), trials, trials, draw(deviations)) for _ in range(2)]
    return Option(draw(st.integers(1, 64)), parts[0], parts[1], draw(amounts), draw(amounts))
