"""Two shapes through times that were measured: a straight line, or the nearest sequence that never falls.

means at rising batches --line--> a + c b, and how far the points lie from it
                        --isotonic--> levels that never fall, nearest to the means
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LINE_POINTS = 3
"""Points from which on a line can be wrong: two always lie on one."""

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Line:
    """a + c b.

    Attributes:
        intercept: a, in the unit of the means.
        slope: c, the same for each image more.
        residual: largest distance of a point from the line, as a share of the point.
        deviation: standard deviation of the points about the line, as a share of them; n - 2 degrees of freedom.
    """

    intercept: float
    slope: float
    residual: float
    deviation: float

    def at(self, batch: float) -> float:
        """The line's value."""
        return self.intercept + self.slope * batch


def line(batches: Sequence[int], means: Sequence[float]) -> Line | None:
    """The line with the least squared relative residuals; None with fewer than three points.

    Each point weighs 1 / mean^2: errors of times grow with the time, and deviations of a handful of trials are too
    uncertain to weigh by. It is weighted least squares in its closed form (N. R. Draper, H. Smith, "Applied Regression
    Analysis", 3rd ed. 1998, section 9.2).
    """
    if len(batches) < LINE_POINTS:
        return None
    weights = [1 / max(mean, _TINY) ** 2 for mean in means]
    total = sum(weights)
    middle = sum(w * b for w, b in zip(weights, batches, strict=True)) / total
    height = sum(w * y for w, y in zip(weights, means, strict=True)) / total
    spread = sum(w * (b - middle) ** 2 for w, b in zip(weights, batches, strict=True))
    common = sum(w * (b - middle) * (y - height) for w, b, y in zip(weights, batches, means, strict=True))
    slope = common / spread
    intercept = height - slope * middle
    off = [abs(intercept + slope * b - y) / max(y, _TINY) for b, y in zip(batches, means, strict=True)]
    deviation = math.sqrt(sum(share**2 for share in off) / (len(off) - 2))
    return Line(intercept, slope, max(off), deviation)


def isotonic(values: Sequence[float], weights: Sequence[float]) -> tuple[float, ...]:
    """The sequence that never falls with the least weighted squared distance from `values`.

    Pool adjacent violators: neighbours that fall are replaced by their weighted mean until none fall (R. E. Barlow et
    al., "Statistical Inference under Order Restrictions", 1972, section 1.2).
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, mass, length = value, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, heavier, longer = blocks.pop()
            mean = (before * heavier + mean * mass) / (heavier + mass)
            mass, length = heavier + mass, longer + length
        blocks.append((mean, mass, length))
    return tuple(mean for mean, _, length in blocks for _ in range(length))
