"""Samples of several parts of a run as one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.values.reading import Feature, Samples


def joined_samples(parts: Sequence[Samples]) -> Samples | None:
    """The samples of all parts, one below the other; None without any.

    A feature that a part does not have is NaN in its rows. Absences are kept where no part has the feature. Peaks are
    the highest of all parts, and the CPU time of the monitor is their sum.
    """
    if not parts:
        return None
    features: dict[str, Feature] = {feature.name: feature for part in parts for feature in part.features}
    columns = {name: np.concatenate([_column(part, name) for part in parts]) for name in features}
    peaks: dict[str, float] = {}
    for part in parts:
        for name, value in part.peaks.items():
            peaks[name] = max(value, peaks.get(name, value))
    absences = {absence.name: absence for part in parts for absence in part.absences if absence.name not in features}
    return Samples(
        np.concatenate([part.at_ns for part in parts]),
        np.concatenate([part.took_ns for part in parts]),
        columns,
        tuple(features.values()),
        tuple(absences.values()),
        peaks,
        sum(part.cpu_s for part in parts),
    )


def _column(part: Samples, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = part.columns.get(name)
    return np.full(len(part.at_ns), np.nan) if found is None else np.asarray(found, np.float64)
