"""The options of a capability as columns, and the most images that each could do: which of them are worth a look.

A plan asks dozens of times what thousands of options reach. The bound of all of them is a handful of operations on
arrays; what is exact (`most_uses`) is then asked of the one or two options whose bound is highest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.prediction import MOST_USES
from vedette.rules.capacity.spread import ROUNDING, margins
from vedette.values.deadline import DeadlineClass

Column = NDArray[np.float64]

_SAFE = 1e-6
_LEAST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms one device works.

    Attributes:
        deadline: what counts against T.
        probability: of this device alone.
        uses: M; None: no limit.
        batch: MB; None: the largest of the profile.
    """

    deadline: DeadlineClass
    probability: float
    uses: int | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Options by columns, a row for each.

    Attributes:
        batch, peak_bytes: of the options; 0 bytes where the memory is not known.
        first, later: means of W and L, then the longest, then deviations within and between trials.
        known: whether the deviations between trials are known.
        trials: most that W or L of the option rests on.
    """

    batch: Column
    peak_bytes: Column
    first: Column
    later: Column
    known: NDArray[np.bool_]
    trials: Column


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A capability, and the figures of its options."""

    capability: Capability
    figures: Figures


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Several capabilities by columns, one below the other, so that one pass over arrays tells of all of them.

    Attributes:
        capabilities: that have options.
        figures: of all their options.
        memory: of the device of each option, infinite where it is not known.
        starts: row of the first option of each capability.
    """

    capabilities: tuple[Columns, ...]
    figures: Figures
    memory: Column
    starts: NDArray[np.int64]


_READ = (
    "batch",
    "peak_bytes",
    *("first_s.mean", "longest_first_s", "first_s.within", "first_s.between"),
    *("later_s.mean", "longest_later_s", "later_s.within", "later_s.between"),
    *("first_s.trials", "later_s.trials"),
)

_MEANS = [0, 1, 2, 6]
_FIGURES = ("batch", "peak_bytes", "first", "later", "known", "trials")


def read(options: Iterable[Option], names: Sequence[str]) -> Column:
    """Attributes of options by their dotted names, a row for each name; NaN where one is None."""
    # A list of tuples would take twice as long, most of it in the garbage collector.
    every = chain.from_iterable(map(attrgetter(*names), options))
    return np.fromiter(every, np.float64).reshape(-1, len(names)).T


def figures_of(options: Iterable[Option]) -> Figures:
    """The figures of some options."""
    return _figures(read(options, _READ))


def means_of(options: Iterable[Option]) -> Figures:
    """The same, but nothing is told of what varies: the longest times and the deviations are 0."""
    read_off = read(options, [_READ[row] for row in _MEANS])
    every = np.zeros((len(_READ), read_off.shape[1]))
    every[_MEANS] = read_off
    return _figures(every)


def _figures(read_off: Column) -> Figures:
    trials = read_off[10:12]
    known = ~(np.isnan(read_off[5]) | np.isnan(read_off[9])) & (trials[0] > 1) & (trials[1] > 1)
    told = np.nan_to_num(read_off[:10])
    return Figures(told[0], told[1], told[2:6], told[6:10], known, trials.max(axis=0))


def columns_of(capability: Capability) -> Columns:
    """The columns of a capability."""
    return Columns(capability, figures_of(capability.options))


@lru_cache(maxsize=64)
def table_of(capabilities: tuple[Columns, ...]) -> Table:
    """The table of those that have options; the same for the same capabilities."""
    able = tuple(one for one in capabilities if one.capability.options)
    parts = [one.figures for one in able]
    if not parts:
        return Table((), figures_of(()), np.zeros(0), np.zeros(0, np.int64))
    joined = {name: np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in _FIGURES}
    sizes = [len(part.batch) for part in parts]
    known = [one.capability.device.memory_bytes for one in able]
    memory = [math.inf if one is None else one for one in known]
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    return Table(able, Figures(**joined), np.repeat(np.array(memory, np.float64), sizes), starts)


def bounds(table: Table, within_s: float, terms: Terms) -> Column:
    """Images that each option does within a time at most; 0 where not one mini-batch ends, or it may not be used."""
    figures = table.figures
    whole = uses_at_most(figures, within_s, terms)
    fits = (figures.peak_bytes <= table.memory) & (figures.batch <= (np.inf if terms.batch is None else terms.batch))
    return np.where(fits & (whole >= 0), (whole + 1) * figures.batch, 0.0)


def usable(columns: Columns, terms: Terms) -> NDArray[np.bool_]:
    """Options within MB and the memory of the device; one whose memory is not known is taken as fitting."""
    figures, memory = columns.figures, columns.capability.device.memory_bytes
    fits = np.ones(len(figures.batch), np.bool_)
    if terms.batch is not None:
        fits &= figures.batch <= terms.batch
    if memory is not None:
        fits &= figures.peak_bytes <= memory
    return fits


def uses_at_most(figures: Figures, within_s: float, terms: Terms) -> Column:
    """Later mini-batches within a time: `most_uses` or a bit more, never less; below 0 where the first does not end."""
    uses = _straight_uses(figures, within_s, 1 if terms.deadline is DeadlineClass.HARD else 0)
    if terms.deadline is DeadlineClass.SOFT:
        uses = _likely_uses(figures, within_s, terms.probability, uses)
        if not figures.known.all():
            uses = np.where(figures.known, uses, _straight_uses(figures, within_s, 1))
    most = MOST_USES if terms.uses is None else terms.uses
    return np.floor(np.minimum(uses * (1 + _SAFE) + _SAFE, most))


def tabled(capabilities: Sequence[Capability]) -> tuple[Columns, ...]:
    """The columns of each.

    Raises:
        ValueError: a kind of device has two capabilities.
    """
    if len({one.device.name for one in capabilities}) != len(capabilities):
        raise ValueError("a kind of device has one capability: one model is planned at a time")
    return tuple(columns_of(one) for one in capabilities)


def _straight_uses(figures: Figures, within_s: float, row: int) -> Column:
    """Root t of W + t L = T, of the means (row 0) or of the longest times (row 1)."""
    left = within_s * (1 + ROUNDING) - figures.first[row]
    with np.errstate(over="ignore"):
        return np.where(left >= 0, left / np.maximum(figures.later[row], _LEAST), -1.0)


def _likely_uses(figures: Figures, within_s: float, probability: float, straight: Column) -> Column:
    """Root t of the quantile, with the most trials and so the narrowest margin that W or L has."""
    z, k = _margins(figures.trials, probability)
    left = within_s * (1 + ROUNDING) - figures.first[0]
    ahead = (left > 0) & np.isfinite(left)
    scale = np.where(ahead, left, 1.0)
    rise, noise, part = figures.later[0] / scale, z * figures.later[2] / scale, k * figures.later[3] / scale
    start, begun = z * figures.first[2] / scale, k * figures.first[3] / scale
    half = rise + noise**2 / 2 + begun * part
    rest = 1 - start**2 - begun**2
    under = np.sqrt(np.maximum(0.0, half**2 - (rise**2 - part**2) * rest)) + half
    with np.errstate(over="ignore"):
        root = rest / np.maximum(under, _LEAST)
    return np.where(ahead, np.minimum(root, straight), straight)


def _margins(trials: Column, probability: float) -> tuple[float, Column]:
    """What both deviations of each row are multiplied by."""
    k = np.zeros(len(trials))
    for number in set(trials.tolist()):
        k[trials == number] = margins(probability, int(number))[1]
    return margins(probability, 0)[0], k
