"""Little's law: requests under way on average = arrivals a second x mean time in the system (Little 1961).

It holds for any system that is neither filling nor draining. Where the reported latency is not that of the requests
that were under way (stamps that are missing or wrong, a queue that grows, a short run), the two sides part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vedette.rules.stats.under_way import mean_under_way

REQUESTS_FOR_EACH = 100
"""Requests that must count for each one under way, before the gap is told: those cut in two at the edges are then few.

With 16 for each, one loop in four of 64 clients with exponential service times shows a gap above 5 % by chance.
"""


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """Both sides of the law over a span of time.

    Attributes:
        in_flight: L, mean number under way, over time.
        rate: lambda, arrivals a second; one at the edge of the span counts by its part within.
        time_s: W, mean time of the requests that count.
        count: how many count.
    """

    in_flight: float
    rate: float
    time_s: float
    count: int

    @property
    def gap(self) -> float | None:
        """|L - lambda W| / L; None where nothing was under way, or too few requests count to tell."""
        if self.in_flight <= 0 or self.count < REQUESTS_FOR_EACH * self.in_flight:
            return None
        return abs(self.in_flight - self.rate * self.time_s) / self.in_flight


def littles_law(begin_s: ArrayLike, end_s: ArrayLike, counts: ArrayLike) -> LittlesLaw | None:
    """Both sides of the law from the first to the last due time of the requests that count; None without one.

    L is taken over all requests that were under way in that span, those that do not count too: they were there. The
    edges cut some requests in two. A whole count of them on one side and their part within the span on the other would
    open a gap of about clients / requests, in every closed loop; each is therefore an arrival by the share of its time
    that lies within. A span without length (all were due at once) ends with the last answer.

    Args:
        begin_s: when each request was due, seconds, shape (n,).
        end_s: when each was done, shape (n,).
        counts: which of them the reported latency is about, bool, shape (n,).
    """
    begin, end = np.asarray(begin_s, np.float64), np.asarray(end_s, np.float64)
    chosen = np.asarray(counts, np.bool_)
    if not chosen.any():
        return None
    first, last = float(begin[chosen].min()), float(begin[chosen].max())
    if last <= first:
        last = float(end[chosen].max())
    time_s = float((end - begin)[chosen].mean())
    if last <= first:
        return LittlesLaw(0.0, 0.0, time_s, int(chosen.sum()))
    in_flight = float(mean_under_way(begin - first, end - first, [0.0, last - first])[0])
    lasted = end - begin
    within = np.clip(np.minimum(end, last) - np.maximum(begin, first), 0.0, None)
    instant = (lasted <= 0) & (begin >= first) & (begin <= last)
    arrivals = float(np.divide(within, lasted, out=instant.astype(np.float64), where=lasted > 0).sum())
    return LittlesLaw(in_flight, arrivals / (last - first), time_s, int(chosen.sum()))
