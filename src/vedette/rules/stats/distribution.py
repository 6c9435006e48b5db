"""A sample of times in figures: extremes, quartiles, mean and tail, with intervals where the sample supports them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vedette.rules.stats.autocorrelation import effective_count
from vedette.rules.stats.intervals import mean_estimate
from vedette.rules.stats.quantiles import nearest_rank, quantile_estimate
from vedette.values.evidence import Distribution

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)


def distribution(times_ms: ArrayLike) -> Distribution | None:
    """The figures of a sample; None without a value.

    Args:
        times_ms: milliseconds in order of sending, because autocorrelation widens the intervals; shape (n,).
    """
    series = np.asarray(times_ms, np.float64)
    if not len(series):
        return None
    percentiles = tuple((percent, quantile_estimate(series, percent / 100)) for percent in PERCENTILES)
    return Distribution(
        count=len(series),
        total_ms=float(series.sum()),
        minimum=float(series.min()),
        quartile_1=nearest_rank(series, 0.25),
        median=dict(percentiles)[50.0],
        quartile_3=nearest_rank(series, 0.75),
        maximum=float(series.max()),
        mean=mean_estimate(series),
        deviation_ms=float(series.std(ddof=1)) if len(series) > 1 else None,
        percentiles=percentiles,
        effective_count=effective_count(series),
    )
