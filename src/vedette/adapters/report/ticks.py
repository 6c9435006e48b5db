"""Round values along an axis: 1, 2 or 5 times a power of ten, or powers of two."""

from __future__ import annotations

import math

from vedette.adapters.report.plot import Axis

_FEW_DECADES = 3.1


def fraction(axis: Axis, value: float) -> float:
    """Where a value lies along an axis: 0 at its low end, 1 at its high end; outside it is brought to the end."""
    if axis.log:
        value = max(value, axis.low)
        share = math.log(value / axis.low) / math.log(axis.high / axis.low)
    else:
        share = (value - axis.low) / (axis.high - axis.low)
    return min(1.0, max(0.0, share))


def ticks(axis: Axis, most: int = 6) -> tuple[float, ...]:
    """Round values on the axis, ascending; at most about `most` of them."""
    if axis.doubling:
        return _powers_of_two(axis)
    return _decades(axis) if axis.log else _even(axis, most)


def _even(axis: Axis, most: int) -> tuple[float, ...]:
    raw = (axis.high - axis.low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= raw * 0.999)
    first = math.ceil(axis.low / step - 1e-9)
    last = math.floor(axis.high / step + 1e-9)
    return tuple(place * step for place in range(first, last + 1))


def _decades(axis: Axis) -> tuple[float, ...]:
    first, last = math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high))
    times = (1, 2, 5) if math.log10(axis.high / axis.low) < _FEW_DECADES else (1,)
    every = (one * 10.0**decade for decade in range(first, last + 1) for one in times)
    return tuple(value for value in every if axis.low <= value <= axis.high)


def _powers_of_two(axis: Axis) -> tuple[float, ...]:
    first, last = math.ceil(math.log2(axis.low)), math.floor(math.log2(axis.high))
    return tuple(2.0**power for power in range(first, last + 1))


def tick_words(values: tuple[float, ...]) -> tuple[str, ...]:
    """Ticks as words, all with the digits that tell them apart."""
    return tuple(f"{value:,.12g}" for value in values)
