"""What the dimensions of many images say: spread, histogram and the most frequent sizes.

facts of each image -> five measures, each with quartiles (linear between neighbours) and bins with round edges
                            (1 + log2 of the number of images, 10 at most: Sturges)
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles

from vedette.values.frame import Size

MOST_BINS = 10
MOST_FREQUENT = 5
_ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header of one image says, and the bytes of its file."""

    format: str
    size: Size
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values lie in [low, high); where all values are the same, the edges are that value."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Measure:
    """The spread of one quantity over all images."""

    name: str
    min: float
    quartile_1: float
    median: float
    mean: float
    quartile_3: float
    max: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a set of images.

    Attributes:
        count: number of images.
        formats: (format, images), most frequent first.
        measures: width, height, megapixels, aspect (width / height), file_bytes.
        distinct_sizes: number of different sizes.
        frequent_sizes: (size, images), most frequent first, five at most.
    """

    count: int
    formats: tuple[tuple[str, int], ...]
    measures: tuple[Measure, ...]
    distinct_sizes: int
    frequent_sizes: tuple[tuple[Size, int], ...]


def summarise(images: Sequence[ImageFacts]) -> Summary:
    """Summarise one image or more."""
    assert images, "a summary needs an image"
    sizes = Counter(image.size for image in images)
    formats = Counter(image.format for image in images)
    by_count = sorted(sizes.items(), key=lambda item: (-item[1], item[0].width, item[0].height))
    return Summary(
        count=len(images),
        formats=tuple(sorted(formats.items(), key=lambda item: (-item[1], item[0]))),
        measures=(
            measure("width", [image.size.width for image in images]),
            measure("height", [image.size.height for image in images]),
            measure("megapixels", [image.size.pixels / 1e6 for image in images]),
            measure("aspect", [image.size.width / image.size.height for image in images]),
            measure("file_bytes", [image.file_bytes for image in images]),
        ),
        distinct_sizes=len(sizes),
        frequent_sizes=tuple(by_count[:MOST_FREQUENT]),
    )


def measure(name: str, values: Sequence[float]) -> Measure:
    """The spread of one or more values."""
    lower, middle, upper = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    bins = histogram(values, most=min(MOST_BINS, 1 + math.ceil(math.log2(len(values)))))
    return Measure(name, min(values), lower, middle, fmean(values), upper, max(values), bins)


def histogram(values: Sequence[float], *, most: int) -> tuple[Bin, ...]:
    """Bins of equal width with round edges that hold all values: `most` of them, or one more."""
    low, high = min(values), max(values)
    if math.isclose(low, high, rel_tol=1e-9):
        return (Bin(low, high, len(values)),)
    step = _round_step((high - low) / most, whole=all(isinstance(value, int) for value in values))
    edges = _edges(low, high, step)
    counts = Counter(bisect_right(edges, value) - 1 for value in values)
    return tuple(Bin(edges[i], edges[i + 1], counts[i]) for i in range(len(edges) - 1))


def _round_step(least: float, *, whole: bool) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that reaches `least`; whole numbers get whole steps."""
    if whole and least <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    steps = (power * factor for factor in _ROUND_STEPS)
    return next(step for step in steps if step >= least * (1 - 1e-9) and (not whole or step.is_integer()))


def _edges(low: float, high: float, step: float) -> list[float]:
    """Multiples of the step from the last one at or below `low` to the first one above `high`."""
    digits = max(0, 2 - math.floor(math.log10(step)))
    first, last = math.floor(low / step), math.floor(high / step) + 1
    edges = [round(number * step, digits) for number in range(first - 1, last + 2)]
    return edges[bisect_right(edges, low) - 1 : bisect_right(edges, high) + 1]
