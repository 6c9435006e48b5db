"""Samples of several parts as one table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vedette.rules.monitor.joining import joined_samples
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples


def feature(name: str) -> Feature:
    return Feature(name, "%", "/proc/stat", "share", Pace.FAST, Reckoning.GAUGE)


def samples(start: int, columns: dict[str, list[float]], **changes) -> Samples:
    rows = len(next(iter(columns.values())))
    whole = Samples(
        at_ns=np.arange(start, start + rows, dtype=np.int64),
        took_ns=np.full(rows, 7, np.int64),
        columns={name: np.array(values) for name, values in columns.items()},
        features=tuple(map(feature, columns)),
        absences=(),
        peaks={},
        cpu_s=0.5,
    )
    return replace(whole, **changes)


def test_parts_stand_below_each_other_and_what_one_lacks_is_nan() -> None:
    """A feature that came with the second part has no value in the rows of the first."""
    joined = joined_samples([samples(0, {"a": [1.0, 2.0]}), samples(10, {"a": [3.0], "b": [4.0]})])

    assert joined.at_ns.tolist() == [0, 1, 10]
    assert joined.took_ns.tolist() == [7, 7, 7]
    assert joined.columns["a"].tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(joined.columns["b"][:2]).all()
    assert joined.columns["b"][2] == 4.0
    assert [one.name for one in joined.features] == ["a", "b"]


def test_peaks_are_the_highest_and_the_monitors_time_is_the_sum() -> None:
    """A part that has no such peak lowers nothing."""
    joined = joined_samples(
        [
            samples(0, {"a": [1.0]}, peaks={"rss": 5.0}),
            samples(1, {"a": [1.0]}, peaks={"rss": 9.0, "pss": 2.0}),
            samples(2, {"a": [1.0]}, peaks={"rss": 7.0}),
        ]
    )

    assert joined.peaks == {"rss": 9.0, "pss": 2.0}
    assert joined.cpu_s == 1.5


def test_an_absence_is_kept_where_no_part_has_the_feature() -> None:
    """What one part could read is not absent."""
    joined = joined_samples(
        [
            samples(0, {"a": [1.0]}, absences=(Absence("b", "no such file"), Absence("c", "no right"))),
            samples(1, {"a": [1.0], "b": [2.0]}, absences=(Absence("c", "no right"),)),
        ]
    )

    assert joined.absences == (Absence("c", "no right"),)


def test_no_part_no_samples() -> None:
    """Nothing was monitored."""
    assert joined_samples([]) is None
