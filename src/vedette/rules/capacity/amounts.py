"""Times, counts and shares in words, with the unit that reads best."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal

_MINUTE, _HOUR = 60.0, 3600.0
_IN_SECONDS, _IN_MINUTES = 2 * _MINUTE, 2 * _HOUR
_SPARED = 1e-9


def time_text(seconds: float) -> str:
    """`840 ms`, `17.4 s`, `12.5 min`, `3.2 h`: three significant figures, four from 100 on."""
    if abs(seconds) < 1:
        return f"{_three(seconds * 1000)} ms"
    if abs(seconds) < _IN_SECONDS:
        return f"{_three(seconds)} s"
    if abs(seconds) < _IN_MINUTES:
        return f"{_three(seconds / _MINUTE)} min"
    return f"{_three(seconds / _HOUR)} h"


def span_text(low: float, high: float) -> str:
    """`16.9 to 17.9 s`: both in the unit of the larger one."""
    for unit, size, below in (("ms", 1e-3, 1.0), ("s", 1.0, _IN_SECONDS), ("min", _MINUTE, _IN_MINUTES)):
        if abs(high) < below:
            return f"{_three(low / size)} to {_three(high / size)} {unit}"
    return f"{_three(low / _HOUR)} to {_three(high / _HOUR)} h"


def share_text(share: float) -> str:
    """`95 %`, `99.97 %`; never 100 % or 0 % of what is only nearly so."""
    percent = share * 100
    for digits in range(3):
        rounded = round(percent, digits)
        if (0 < rounded < 100 and abs(rounded - percent) < 0.5) or share in (0.0, 1.0):  # noqa: PLR2004 - per cent
            return f"{rounded:g} %"
    return "less than 0.01 %" if percent < 1 else "more than 99.99 %"


def money_text(amount: float, currency: str) -> str:
    """`12.50 EUR`, `0.00125 EUR`."""
    return f"{amount:,.2f} {currency}" if amount >= 1 else f"{_three(amount)} {currency}"


def amount_text(amount: float) -> str:
    """A number as people write it: `1,200`, `17.4`, `0.0123`."""
    return _three(amount)


def written(amount: float) -> str:
    """All figures of a number, without a power of ten: `1,234.5`, `0.000279`."""
    return f"{Decimal(repr(amount)).normalize():,f}"


def enough(amount: float) -> float:
    """Three significant figures, to the hundredth from one on, rounded up: an amount that is written so suffices.

    What is more than such a figure by a billionth is rounding, and is that figure.
    """
    if amount <= 0:
        return 0.0
    step = Decimal(1).scaleb(-2 if amount >= 1 else math.floor(math.log10(amount)) - 2)
    return float((Decimal(amount * (1 - _SPARED)) / step).to_integral_value(ROUND_CEILING) * step)


def apart(one: float, other: float, text: Callable[[float], str] = amount_text) -> tuple[str, str]:
    """Both amounts in words; where three figures make them look the same, with as many as tell them apart.

    Args:
        one: an amount.
        other: another one.
        text: of an amount, for people.
    """
    same, words = text(one), text(other)
    if one == other or same != words:
        return same, words
    unit = same.partition(" ")[2]
    for digits in range(4, 17):
        short = tuple(f"{Decimal(f'{amount:.{digits}g}'):,f}" for amount in (one, other))
        if short[0] != short[1]:
            return f"{short[0]} {unit}".strip(), f"{short[1]} {unit}".strip()
    return same, words


def plural(count: int, noun: str, nouns: str = "") -> str:
    """`1 image`, `6,080 images`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def _three(value: float) -> str:
    """Three significant figures, never with a power of ten; whole numbers from 100 on."""
    if abs(value) >= 100:  # noqa: PLR2004 - three figures
        return f"{value:,.0f}"
    short = f"{value:.3g}"
    return f"{Decimal(short):f}" if "e" in short else short
