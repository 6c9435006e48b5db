"""Files that hold one figure each, many of which make one probe: frequencies, temperatures, energy, use of groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vedette.adapters.probes.words import NAN, KeptFile, why
from vedette.values.reading import Absence, Feature, Pace


class Single(NamedTuple):
    """A feature, the file that holds nothing else, the factor to its unit, and at which figure a counter starts anew.

    `wraps_at` is in the file's own unit; 0 where the figure never starts anew.
    """

    feature: Feature
    path: Path
    scale: float = 1.0
    wraps_at: float = 0.0


class SinglesProbe:
    """Implements `Probe` for files of one figure; one that cannot be opened is an absence.

    Args:
        pace: when they are read.
        singles: the files.
        nothing: what to say if there is none of them.
    """

    def __init__(self, pace: Pace, singles: Sequence[Single], nothing: Absence | None = None) -> None:
        self.pace = pace
        self._kept: list[tuple[KeptFile, Single, _Unwrapped]] = []
        self._absent: dict[str, Absence] = {}
        for single in singles:
            self._open(single)
        if not singles and nothing is not None:
            self._absent[nothing.name] = nothing
        self.features = tuple(single.feature for _, single, _ in self._kept)

    @property
    def absences(self) -> Sequence[Absence]:
        """See `Probe.absences`."""
        return tuple(self._absent.values())

    def read(self) -> Sequence[float]:
        """See `Probe.read`."""
        return [self._figure(*kept) for kept in self._kept]

    def _open(self, single: Single) -> None:
        try:
            self._kept.append((KeptFile(single.path), single, _Unwrapped(single.wraps_at)))
        except OSError as error:
            self._lacks(single, why(single.feature.source, error))

    def _figure(self, file: KeptFile, single: Single, unwrapped: _Unwrapped) -> float:
        try:
            return unwrapped.add(float(file.read())) * single.scale
        except OSError as error:
            self._lacks(single, why(single.feature.source, error))
        except ValueError:
            self._lacks(single, f"{single.feature.source} holds no number")
        return NAN

    def _lacks(self, single: Single, reason: str) -> None:
        self._absent[single.feature.name] = Absence(single.feature.name, reason)


class _Unwrapped:
    """A counter of limited range as one that only grows; it must be read at least once a round."""

    def __init__(self, wraps_at: float) -> None:
        self._wraps_at, self._rounds, self._last = wraps_at, 0.0, 0.0

    def add(self, figure: float) -> float:
        if self._wraps_at and figure < self._last:
            self._rounds += self._wraps_at
        self._last = figure
        return self._rounds + figure
