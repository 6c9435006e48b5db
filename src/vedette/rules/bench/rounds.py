"""In which order targets take their turns."""

from __future__ import annotations

import numpy as np


def rounds(targets: int, repeats: int, rng: np.random.Generator) -> tuple[tuple[int, ...], ...]:
    """Each round has every target once: a random order, then the same one backwards (ABBA), then another.

    A drift of the machine that is linear in time cancels out over the two rounds of a pair.
    """
    found: list[tuple[int, ...]] = []
    for number in range(repeats):
        mirrored = number % 2 == 1
        found.append(found[-1][::-1] if mirrored else tuple(rng.permutation(targets).tolist()))
    return tuple(found)
