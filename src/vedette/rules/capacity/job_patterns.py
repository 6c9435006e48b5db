"""The devices of one job: what each number of images costs on one device of a kind, and the cheapest set of devices.

With a price mu_k of each kind's device, the cheapest set that processes N images is a knapsack over the images:

    g_k(x): least amount of one device of kind k with x images or more
    F_1(x) = min over k of g_k(x) + mu_k, F_1(0) = 0;  F_2d(x) = min over y of F_d(y) + F_d(x - y)

F_d is the best of d devices at most. Where F_2d = F_d more devices never help, so that F_d is the best of any number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vedette.rules.capacity.allocation import Rows
from vedette.rules.capacity.allocation_amounts import Real, Whole

_MOST_DOUBLINGS = 5
_AT_ONCE = 32  # sums of so many lines stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Pattern:
    """Devices that do a job.

    Attributes:
        job: its place.
        amount: of all of them, without the prices of devices.
        pieces: kind and images of each.
    """

    job: int
    amount: int
    pieces: tuple[tuple[int, int], ...]

    @property
    def kinds(self) -> tuple[int, ...]:
        """Of its devices."""
        return tuple(kind for kind, _ in self.pieces)


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A job on each kind.

    Attributes:
        job: its place.
        kinds: that can do a part of it.
        amounts: g, a line for each of the kinds, for 0..N images; infinite where it cannot be.
        required: kinds of which a device must be used, each once.
    """

    job: int
    kinds: Whole
    amounts: Real
    required: tuple[int, ...] = ()

    def without(self, kind: int) -> Work:
        """The same on the other kinds."""
        kept = self.kinds != kind
        return Work(self.job, self.kinds[kept], self.amounts[kept], self.required)

    def requiring(self, kind: int) -> Work:
        """The same with one device of a kind at least."""
        return Work(self.job, self.kinds, self.amounts, (*self.required, kind))

    def has(self, pattern: Pattern) -> bool:
        """Whether a pattern is one of this job under these conditions."""
        used = set(pattern.kinds)
        return pattern.job == self.job and used <= set(self.kinds.tolist()) and used >= set(self.required)

    def cheapest(self, prices: Real) -> tuple[float, Pattern] | None:
        """The least amount with the prices of devices, infinite where none is, and what has it; None: too much work."""
        priced = self.amounts + prices[self.kinds][:, None]
        single = priced.min(axis=0, initial=np.inf)
        single[0] = 0.0
        levels = _closed(single.tobytes())
        if levels is None:
            return None
        sums, parts = [levels[-1]], []
        for kind in self.required:
            parts.append(priced[np.flatnonzero(self.kinds == kind)[0]])
            sums.append(_best_sums(parts[-1], sums[-1]))
        left = len(single) - 1
        least = float(sums[-1][left])
        if not np.isfinite(least):
            return least, Pattern(self.job, 0, ())
        pieces: list[tuple[int, int]] = []
        for kind, part, rest in zip(reversed(self.required), reversed(parts), reversed(sums[:-1]), strict=True):
            here = _split(part, rest, left)
            pieces.append((kind, here))
            left -= here
        owners = priced.argmin(axis=0)
        pieces += [(int(self.kinds[owners[part]]), part) for part in _parts(levels, left)]
        place = {kind: at for at, kind in enumerate(self.kinds.tolist())}
        amount = sum(int(self.amounts[place[kind], images]) for kind, images in pieces)
        return least, Pattern(self.job, amount, tuple(sorted(pieces)))


def works_of(rows: Rows) -> list[Work]:
    """Every job on every kind that has rows of it."""
    first, later = rows.objective()
    made = []
    for job, wanted in enumerate(rows.order.jobs):
        images = wanted.images or 1
        here = np.flatnonzero(rows.job == job)
        kinds, line = np.unique(rows.kind[here], return_inverse=True)
        amounts = np.full((len(kinds), images + 1), np.inf)
        # Rows of one mini-batch size and different kinds are put in together, by slices.
        again = _again(rows.batch[here] * len(kinds) + line)
        group = rows.batch[here] * (again.max(initial=0) + 1) + again
        order = np.argsort(group, kind="stable")
        cuts = [0, *(np.flatnonzero(np.diff(group[order])) + 1).tolist(), len(order)]
        for low, high in pairwise(cuts):
            among = order[low:high]
            places = here[among]
            if not len(places):
                continue
            step = np.arange(int(rows.uses[places].max()) + 1)
            filled = np.minimum(rows.batch[places[0]] * (1 + step), images)
            sums = (first[places][:, None] + later[places][:, None] * step).astype(np.float64)
            sums[step > rows.uses[places][:, None]] = np.inf
            amounts[np.ix_(line[among], filled)] = np.minimum(amounts[np.ix_(line[among], filled)], sums)
        made.append(Work(job, kinds, np.minimum.accumulate(amounts[:, ::-1], axis=1)[:, ::-1]))
    return made


def _again(key: Whole) -> Whole:
    """How many equal keys come before each."""
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    rank = np.empty_like(key)
    rank[order] = np.arange(len(key)) - np.repeat(starts, np.diff(starts, append=len(key)))
    return rank


@lru_cache(maxsize=256)
def _closed(single: bytes) -> list[Real] | None:
    """F_1, F_2, F_4, ... up to the one that more devices do not better; None: it takes too many.

    Prices of other kinds change nothing, and most prices stay: the same F_1 comes again and again.
    """
    levels = [np.frombuffer(single)]
    for _ in range(_MOST_DOUBLINGS):
        double = _best_sums(levels[-1], levels[-1])
        if np.array_equal(double, levels[-1]):
            return levels
        levels.append(double)
    return None


def _best_sums(one: Real, other: Real) -> Real:
    """For each x the least of one(y) + other(x - y); both rise. Of equal one(y) the largest y is as good as any."""
    size = len(one)
    ends = np.flatnonzero(np.append(one[:-1] < one[1:], True) & np.isfinite(one))
    found = np.full(size, np.inf)
    # What is left of x may be below 0: then other(0) does it.
    windows = sliding_window_view(np.concatenate([np.full(size - 1, other[0]), other]), size)
    for low in range(0, len(ends), _AT_ONCE):
        here = ends[low : low + _AT_ONCE]
        found = np.minimum(found, (windows[size - 1 - here] + one[here][:, None]).min(axis=0))
    return found


def _split(one: Real, other: Real, images: int) -> int:
    return int((one[: images + 1] + other[: images + 1][::-1]).argmin())


def _parts(levels: list[Real], images: int) -> list[int]:
    """The images of each device of the best set."""
    if images == 0 or len(levels) == 1:
        return [images] * (images > 0)
    here = _split(levels[-2], levels[-2], images)
    return _parts(levels[:-1], here) + _parts(levels[:-1], images - here)
