"""How long one image takes, learnt from those that were served: a running mean and its deviation.

After V. Jacobson, "Congestion avoidance and control" (SIGCOMM 1988): the mean follows by an eighth of each error, the
deviation by a quarter; the mean and four deviations is what few exceed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MEAN_SHARE, _DEVIATION_SHARE, _DEVIATIONS = 1 / 8, 1 / 4, 4
_AGED = 0.9


@dataclass(frozen=True, slots=True)
class Estimate:
    """Milliseconds; both None until something was measured."""

    mean_ms: float | None = None
    deviation_ms: float | None = None

    @property
    def likely_ms(self) -> float | None:
        """What most do not exceed: a deviation above the mean."""
        if self.mean_ms is None or self.deviation_ms is None:
            return None
        return self.mean_ms + self.deviation_ms

    @property
    def high_ms(self) -> float | None:
        """What few exceed."""
        if self.mean_ms is None or self.deviation_ms is None:
            return None
        return self.mean_ms + _DEVIATIONS * self.deviation_ms

    def aged(self) -> Estimate:
        """The estimate, trusted a little less: what nobody may try is never corrected otherwise."""
        if self.mean_ms is None or self.deviation_ms is None:
            return self
        return Estimate(self.mean_ms * _AGED, self.deviation_ms * _AGED)

    def after(self, measured_ms: float) -> Estimate:
        """The estimate with one more measurement."""
        if self.mean_ms is None or self.deviation_ms is None:
            return Estimate(measured_ms, measured_ms / 2)
        error = measured_ms - self.mean_ms
        return Estimate(
            self.mean_ms + _MEAN_SHARE * error,
            self.deviation_ms + _DEVIATION_SHARE * (abs(error) - self.deviation_ms),
        )


def together(estimates: Sequence[Estimate]) -> Estimate:
    """The estimate of models that see the same image one after the other; nothing is known where one is not."""
    if any(one.mean_ms is None for one in estimates):
        return Estimate()
    return Estimate(sum(one.mean_ms or 0.0 for one in estimates), sum(one.deviation_ms or 0.0 for one in estimates))
