"""What a chart shows, as plain data: axes, series, bands and marks. Nothing here knows how it is drawn.

Plot
├── Axis x, y       range, unit, linear or logarithmic
├── Series          a line, dots, or ticks at the upper edge
├── Band            a stretch of x that is shaded and named
└── Mark            a value of x that a vertical line names
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_DECADES_LINEAR = 20.0
"""Above this ratio of the largest to the middle value an axis is logarithmic: the middle would lie at its very foot."""


class Shape(StrEnum):
    """How a series is drawn: RUG ticks hang from the upper edge and have no height of their own."""

    LINE = "line"
    DOTS = "dots"
    RUG = "rug"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values with its name and unit; `log` where it is logarithmic (then `low` is above 0).

    `doubling`: its round values are powers of two, as those of mini-batches are.
    """

    name: str
    unit: str
    low: float
    high: float
    log: bool = False
    doubling: bool = False

    def __post_init__(self) -> None:
        assert self.high > self.low, "an axis has a length"
        assert self.low > 0 or not self.log, "a logarithmic axis starts above 0"


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of x, thinned for display.

    Attributes:
        label: what it is called.
        colour: as CSS writes it.
        shape: how it is drawn.
        x, y: the points.
        total: how many there were before thinning.
        breaks: indices at which a line starts anew.
    """

    label: str
    colour: str
    shape: Shape
    x: tuple[float, ...]
    y: tuple[float, ...]
    total: int
    breaks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        assert len(self.x) == len(self.y), "a point has both"


@dataclass(frozen=True, slots=True)
class Band:
    """A shaded stretch of x: `kind` is its style (warm-up, cut, interval)."""

    low: float
    high: float
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a value of x, and its words."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One chart.

    Attributes:
        key: its name in the document.
        title: what it shows.
        x, y: the axes.
        series, bands, marks: what is drawn.
        caption: what a reader must know to read it, such as what was left out.
        group: plots of one group share x and are zoomed together.
        height: in CSS pixels.
    """

    key: str
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    caption: str = ""
    group: str = ""
    height: int = 280


def value_axis(name: str, unit: str, values: tuple[float, float, float], *, headroom: float = 0.05) -> Axis:
    """An axis for (smallest, middle, largest): from 0, or logarithmic where the largest dwarfs the middle.

    `headroom` is the share of the axis that stays free above the largest value, for labels.
    """
    smallest, middle, largest = values
    if smallest > 0 and largest > MOST_DECADES_LINEAR * middle:
        low = smallest / 1.15
        return Axis(name, unit, low, largest * (largest / low) ** (headroom / (1 - headroom)), log=True)
    return Axis(name, unit, 0.0, largest / (1 - headroom) if largest > 0 else 1.0)
