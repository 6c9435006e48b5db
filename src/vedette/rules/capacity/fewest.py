"""Where something begins or ceases to do, found with few tries: each try is a simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def fewest(suits: Callable[[int], T | None], low: int, most: int) -> tuple[int, T] | None:
    """The least number from `low` to `most` that suits, and what it gives, where all above one that suits do too.

    Steps that double, then bisection: the answer suits and the one before it was tried and does not.
    """
    if low > most:
        return None
    failed, step, number = low - 1, 1, low
    while (given := suits(number)) is None:
        if number == most:
            return None
        failed, number, step = number, min(most, number + step), 2 * step
    while number - failed > 1:
        middle = (failed + number) // 2
        tried = suits(middle)
        if tried is None:
            failed = middle
        else:
            number, given = middle, tried
    return number, given


def bisected(suits: Callable[[float], bool], low: float, high: float, steps: int) -> float | None:
    """The largest amount that was found to suit between `low` and `high`; None where not even `low` does."""
    if low > high or not suits(low):
        return None
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if suits(middle) else (low, middle)
    return low
