"""Sets of plans of which none has more images for less: sums of two sets, the best of two, and what it is made of.

A plan has images x and an amount z (money, energy). With a price of an image, lambda, its excess is z - lambda x, less
the least excess there is: a whole number of 0 or more. Excesses add up where plans are put together. So of all plans
with z <= Z and x >= X only those matter whose excess is at most Z - lambda X less the least, however they are put
together, and of those only the ones that no other beats in both x and z: at most one for each x. This is dynamic
programming over a knapsack by lists, with the bound of Lagrange (E. Balas and E. Zemel, Operations Research 28, 1980;
D. Pisinger, Operations Research 45, 1997). All of it is in whole numbers, so nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.rules.capacity.allocation_amounts import Whole

MOST_PAIRS = 6_000_000
"""Pairs of plans that are put together at once; a sum that needs more is not made."""

_BITS = 62


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Plans that no other beats, the most images first.

    Attributes:
        images: x of each, falling.
        excess: of each.
        source: what each stands for, in a set that is no sum.
        parts: the two sets that this one is the sum of.
    """

    images: Whole
    excess: Whole
    source: Whole | None = None
    parts: tuple[Frontier, Frontier] | None = None

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, slots=True)
class Slack:
    """What plans are kept by.

    Attributes:
        price: lambda, in units of the amount.
        most: excess of a plan that may still matter.
    """

    price: int
    most: int

    def frontier(self, images: Whole, excess: Whole, source: Whole) -> Frontier:
        """Those of some plans that matter; of equal ones one."""
        kept = np.flatnonzero(excess <= self.most)
        amount = excess[kept] + self.price * images[kept]
        order = kept[np.lexsort((amount, -images[kept]))]
        order = order[_falling(excess[order] + self.price * images[order])]
        return Frontier(images[order], excess[order], source[order])

    def total(self, one: Frontier, other: Frontier) -> Frontier | None:
        """The sum: a plan of the one and a plan of the other; None: it would need too many pairs, or bits."""
        large, small = (one, other) if len(one) >= len(other) else (other, one)
        by_excess = np.argsort(large.excess, kind="stable")
        images, excess = large.images[by_excess], large.excess[by_excess]
        partners = np.searchsorted(excess, self.most - small.excess, side="right")
        pairs, bits = int(partners.sum()), self.most.bit_length()
        if not pairs:
            return Frontier(images[:0], excess[:0], parts=(one, other))
        top = int(large.images[0] + small.images[0])
        if pairs > MOST_PAIRS or bits + top.bit_length() > _BITS:
            return None
        places = np.arange(pairs) - np.repeat(np.cumsum(partners) - partners, partners)
        summed = images[places] + np.repeat(small.images, partners)
        # Both numbers in one: sorting pairs by two keys takes several times as long.
        packed = (top - summed << bits) + excess[places] + np.repeat(small.excess, partners)
        packed.sort()
        summed, left = top - (packed >> bits), packed & (1 << bits) - 1
        kept = _falling(left + self.price * summed)
        return Frontier(summed[kept], left[kept], parts=(one, other))

    def repeated(self, one: Frontier, times: int) -> Frontier | None:
        """The sum of a set with itself, so many times, 1 or more; None: as for `total`."""
        if times == 1:
            return one
        half = self.repeated(one, times // 2)
        double = None if half is None else self.total(half, half)
        return double if double is None or times % 2 == 0 else self.total(double, one)

    def cheapest(self, one: Frontier, other: Frontier, images: int) -> tuple[int, int] | None:
        """Images and excess of the sum that has the least amount with so many images, or more."""
        last = np.searchsorted(-other.images, one.images - images, side="right") - 1
        able = np.flatnonzero(last >= 0)
        total, excess = _sums(one, other, able, last[able])
        return _place(total, excess, excess + self.price * total)

    def fullest(self, one: Frontier, other: Frontier, amount: int) -> tuple[int, int] | None:
        """Images and excess of the sum that has most images with so great an excess + price x images, or less."""
        # Amounts of a set fall with its images: to each plan of `one` belongs the first of `other` that is cheap.
        rising = (other.excess + self.price * other.images)[::-1]
        spare = amount - one.excess - self.price * one.images
        first = len(other) - np.searchsorted(rising, spare, side="right")
        able = np.flatnonzero(first < len(other))
        total, excess = _sums(one, other, able, first[able])
        return _place(total, excess, -total)


def traced(frontier: Frontier, images: int, excess: int) -> list[int]:
    """The sources that a plan of a set is made of.

    Raises:
        ValueError: the set has no such plan.
    """
    if frontier.parts is None:
        place = int(np.searchsorted(-frontier.images, -images))
        if frontier.source is None or place == len(frontier) or frontier.images[place] != images:
            raise ValueError(f"no plan of {images} images is in the set")
        return [int(frontier.source[place])]
    one, other = frontier.parts
    places = np.searchsorted(-other.images, one.images - images)
    inside = np.minimum(places, len(other) - 1)
    fits = (other.images[inside] == images - one.images) & (other.excess[inside] == excess - one.excess)
    if not fits.any():
        raise ValueError(f"no plan of {images} images is in the set")
    first = int(np.argmax(fits))
    second = int(inside[first])
    return traced(one, int(one.images[first]), int(one.excess[first])) + traced(
        other, int(other.images[second]), int(other.excess[second])
    )


def _sums(one: Frontier, other: Frontier, places: Whole, partners: Whole) -> tuple[Whole, Whole]:
    return one.images[places] + other.images[partners], one.excess[places] + other.excess[partners]


def _place(images: Whole, excess: Whole, measure: Whole) -> tuple[int, int] | None:
    """Images and excess where a measure is least."""
    if not len(measure):
        return None
    best = int(np.argmin(measure))
    return int(images[best]), int(excess[best])


def _falling(amount: Whole) -> Whole:
    """Places of amounts that are less than all before them."""
    before = np.minimum.accumulate(amount)
    return np.flatnonzero(np.concatenate([[True], amount[1:] < before[:-1]])) if len(amount) else np.arange(0)
