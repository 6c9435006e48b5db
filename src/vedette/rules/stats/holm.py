"""The price of asking several questions at once: of twenty true hypotheses one is rejected at 5 % by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(chances: Sequence[float | None]) -> tuple[float | None, ...]:
    """P-values corrected so that the chance of even one false rejection stays below the level (Holm 1979).

    In rising order the k-th of m is multiplied by m - k + 1, and none falls below the one before it. A value of None
    is no test: it stays None and is not counted.
    """
    tested = [place for place, chance in enumerate(chances) if chance is not None]
    plain = np.array([chances[place] for place in tested], np.float64)
    rising = np.argsort(plain, kind="stable")
    steps = np.minimum(1.0, plain[rising] * np.arange(len(plain), 0, -1))
    corrected: list[float | None] = [None] * len(chances)
    for step, place in zip(np.maximum.accumulate(steps), rising, strict=True):
        corrected[tested[place]] = float(step)
    return tuple(corrected)
