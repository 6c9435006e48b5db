"""The options of a capability as columns, and the most images that each could do: which of them are worth a look.

A plan asks dozens of times what thousands of options reach. The bound of all of them is a handful of operations on
arrays; what is exact (`most_uses`) is then asked of the one or two options whose bound is highest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.prediction import MOST_USES, ROUNDING, margins
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
class Columns:
    """A capability by columns, a row for each option.

    Attributes:
        capability: that they are of.
        batch, peak_bytes: of the options; 0 bytes where the memory is not known.
        first, later: means of W and L, then the longest, then deviations within and between trials.
        known: whether the deviations between trials are known.
        trials: most that any figure rests on.
    """

    capability: Capability
    batch: Column
    peak_bytes: Column
    first: Column
    later: Column
    known: NDArray[np.bool_]
    trials: int


def columns_of(capability: Capability) -> Columns:
    """The columns of a capability."""
    rows = capability.options
    first = [(one.first_s.mean, one.longest_first_s, one.first_s.within, one.first_s.between or 0.0) for one in rows]
    later = [(one.later_s.mean, one.longest_later_s, one.later_s.within, one.later_s.between or 0.0) for one in rows]
    moments = [(one.first_s, one.later_s) for one in rows]
    return Columns(
        capability,
        np.array([one.batch for one in rows], np.float64),
        np.array([one.peak_bytes or 0 for one in rows], np.float64),
        np.array(first, np.float64).reshape(-1, 4).T,
        np.array(later, np.float64).reshape(-1, 4).T,
        np.array([all(part.between is not None and part.trials > 1 for part in pair) for pair in moments], np.bool_),
        max((part.trials for pair in moments for part in pair), default=1),
    )


def usable(columns: Columns, terms: Terms) -> NDArray[np.bool_]:
    """Options within MB and the memory of the device; one whose memory is not known is taken as fitting."""
    fits = np.ones(len(columns.batch), np.bool_)
    if terms.batch is not None:
        fits &= columns.batch <= terms.batch
    if columns.capability.device.memory_bytes is not None:
        fits &= columns.peak_bytes <= columns.capability.device.memory_bytes
    return fits


def bounds(columns: Columns, within_s: float, terms: Terms) -> Column:
    """Images that each option does within a time at most; 0 where not one mini-batch ends, or it may not be used."""
    uses = _straight_uses(columns, within_s, 1 if terms.deadline is DeadlineClass.HARD else 0)
    if terms.deadline is DeadlineClass.SOFT:
        uses = _likely_uses(columns, within_s, terms.probability, uses)
        if not columns.known.all():
            uses = np.where(columns.known, uses, _straight_uses(columns, within_s, 1))
    most = MOST_USES if terms.uses is None else terms.uses
    whole = np.floor(np.minimum(uses * (1 + _SAFE) + _SAFE, most))
    return np.where(usable(columns, terms) & (whole >= 0), (whole + 1) * columns.batch, 0.0)


def tabled(capabilities: Sequence[Capability]) -> tuple[Columns, ...]:
    """The columns of each.

    Raises:
        ValueError: a kind of device has two capabilities.
    """
    if len({one.device.name for one in capabilities}) != len(capabilities):
        raise ValueError("a kind of device has one capability: one model is planned at a time")
    return tuple(columns_of(one) for one in capabilities)


def _straight_uses(columns: Columns, within_s: float, row: int) -> Column:
    """Root t of W + t L = T, of the means (row 0) or of the longest times (row 1)."""
    left = within_s * (1 + ROUNDING) - columns.first[row]
    with np.errstate(over="ignore"):
        return np.where(left >= 0, left / np.maximum(columns.later[row], _LEAST), -1.0)


def _likely_uses(columns: Columns, within_s: float, probability: float, straight: Column) -> Column:
    """Root t of the quantile, with the most trials and so the narrowest margin that any row has."""
    z, k = margins(probability, columns.trials)
    left = within_s * (1 + ROUNDING) - columns.first[0]
    ahead = (left > 0) & np.isfinite(left)
    scale = np.where(ahead, left, 1.0)
    rise, noise, part = columns.later[0] / scale, z * columns.later[2] / scale, k * columns.later[3] / scale
    start, begun = z * columns.first[2] / scale, k * columns.first[3] / scale
    half = rise + noise**2 / 2 + begun * part
    rest = 1 - start**2 - begun**2
    under = np.sqrt(np.maximum(0.0, half**2 - (rise**2 - part**2) * rest)) + half
    with np.errstate(over="ignore"):
        root = rest / np.maximum(under, _LEAST)
    return np.where(ahead, np.minimum(root, straight), straight)
