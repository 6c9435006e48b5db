"""Which cores each device of a plan is bound to. All that decides this is here.

    shares 1, 0.5, 0.5 and cores 0, 1  ->  (0,) (1,) (1,)

A device has its whole cores to itself; what is left of its share lies on one more core, which it divides with devices
whose shares add up to one core at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from vedette.errors import UnsupportedError

MOST_DEVICES = 256
"""Processes that one machine is asked to run at once."""

_MOST_STEPS = 20_000
_DIGITS = 10**6


def place(shares: Sequence[float], cores: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The cores of each device, in the order of `shares`.

    Parts of a core are packed largest first, and other ways are tried where that does not do: a way that exists is
    found, unless it takes more than 20,000 steps.

    Args:
        shares: cores that each device has, 0.5 being half of one.
        cores: numbers of those that may be used.

    Raises:
        UnsupportedError: the devices do not fit on the cores, or are more than 256.
    """
    if len(shares) > MOST_DEVICES:
        raise UnsupportedError(
            f"{len(shares)} devices are more than the {MOST_DEVICES} processes that are started here",
            help="plan with fewer, larger devices",
        )
    exact = [_exact(share) for share in shares]
    whole = [int(share) for share in exact]
    parts = [share - number for share, number in zip(exact, whole, strict=True)]
    bins = _packed(parts, len(cores) - sum(whole))
    if bins is None:
        raise _do_not_fit(exact, cores)
    shared = list(cores)[sum(whole) :]
    own = iter(cores)
    placed = []
    for number, part, chosen in zip(whole, parts, bins, strict=True):
        mine = [next(own) for _ in range(number)]
        placed.append((*mine, shared[chosen]) if part else tuple(mine))
    return tuple(placed)


def _exact(share: float) -> Fraction:
    """A share as it was written: three times 0.1 and 0.7 make one core."""
    return Fraction(share).limit_denominator(_DIGITS)


def _packed(parts: Sequence[Fraction], bins: int) -> list[int] | None:
    """A bin of size 1 for each part above 0 (0 has none, told as -1); None where there is no way."""
    order = sorted((number for number, part in enumerate(parts) if part), key=lambda number: -parts[number])
    if bins < 0:
        return None
    free = [Fraction(1)] * bins
    chosen = [-1] * len(parts)
    steps = 0

    def fill(depth: int) -> bool:
        nonlocal steps
        if depth == len(order):
            return True
        steps += 1
        part, tried = parts[order[depth]], set[Fraction]()
        for number, room in enumerate(free):
            if room < part or room in tried or steps > _MOST_STEPS:
                continue
            tried.add(room)  # bins with as much room are alike
            free[number], chosen[order[depth]] = room - part, number
            if fill(depth + 1):
                return True
            free[number] = room
        return False

    return chosen if fill(0) else None


def _do_not_fit(shares: Sequence[Fraction], cores: Sequence[int]) -> UnsupportedError:
    needed, free = float(sum(shares)), len(cores)
    told = ", ".join(f"{float(share):g}" for share in shares)
    if needed > free and len(shares) == 1:
        message = f"a device of {needed:g} cores is too large: {free} may be used here"
    elif needed > free:
        message = f"{len(shares)} devices have {needed:g} cores together ({told}), and {free} may be used here"
    else:
        message = f"devices with {told} of a core cannot be laid on {free} cores without dividing one of them"
    return UnsupportedError(message, help="name devices that fit this machine, or take one with more cores")
