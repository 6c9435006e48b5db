"""Samples survive Parquet with everything they know, and CSV with their table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet, table

from vedette.adapters.store.samples import read_parquet, write_csv, write_parquet
from vedette.errors import InvalidError, NotFoundError
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples

NAN = float("nan")
USER = Feature("system.cpu.user", "s", "/proc/stat", 'time, "user"', Pace.FAST, Reckoning.COUNTER)
LABELLED = Feature('server.x{device="cpu",n="1"}', "bytes", "http", "x", Pace.SLOW, Reckoning.GAUGE)
PEAK = Feature("process.server.0.rss_peak", "bytes", "status", "the most", Pace.PEAK, Reckoning.GAUGE)


def samples(cpu_s: float = 0.5) -> Samples:
    return Samples(
        at_ns=np.array([2**60 + 1, 2**60 + 3], np.int64),
        took_ns=np.array([5, 6], np.int64),
        columns={USER.name: np.array([1.25, 0.1]), LABELLED.name: np.array([NAN, 7.0])},
        features=(USER, LABELLED),
        absences=(Absence("gpu", "none"),),
        peaks={PEAK.name: 123.0},
        cpu_s=cpu_s,
        peak_features=(PEAK,),
    )


def test_parquet_gives_back_what_was_written(tmp_path: Path) -> None:
    """Stamps to the nanosecond, figures to the bit, NaN as NaN, features, absences, peaks and CPU time."""
    write_parquet(samples(), tmp_path / "s.parquet")

    found = read_parquet(tmp_path / "s.parquet")

    np.testing.assert_array_equal(found.at_ns, samples().at_ns)
    np.testing.assert_array_equal(found.took_ns, [5, 6])
    np.testing.assert_array_equal(found.columns[USER.name], [1.25, 0.1])
    np.testing.assert_array_equal(found.columns[LABELLED.name], [NAN, 7.0])
    assert (found.features, found.peak_features) == ((USER, LABELLED), (PEAK,))
    assert (found.absences, found.peaks, found.cpu_s) == ((Absence("gpu", "none"),), {PEAK.name: 123.0}, 0.5)


def test_an_unknown_cpu_time_stays_unknown(tmp_path: Path) -> None:
    """The monitor was killed before its first remark."""
    write_parquet(samples(NAN), tmp_path / "s.parquet")

    assert np.isnan(read_parquet(tmp_path / "s.parquet").cpu_s)


def test_what_is_absent_is_null_in_parquet(tmp_path: Path) -> None:
    """Tools that know no NaN read it as missing."""
    write_parquet(samples(), tmp_path / "s.parquet")

    assert parquet.read_table(tmp_path / "s.parquet").column(LABELLED.name).to_pylist() == [None, 7.0]


def test_csv_has_a_head_and_an_empty_cell_for_what_was_absent(tmp_path: Path) -> None:
    """Read back by the standard library's reader, which takes care of quotes in names."""
    write_csv(samples(), tmp_path / "s.csv")

    with (tmp_path / "s.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["at_ns", "took_ns", USER.name, LABELLED.name]
    assert rows[1] == [str(2**60 + 1), "5", "1.25", ""]
    assert rows[2] == [str(2**60 + 3), "6", "0.1", "7"]


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    """No file, no Parquet, Parquet of something else: each has its message."""
    (tmp_path / "text.parquet").write_text("no")
    parquet.write_table(table({"x": [1]}), tmp_path / "other.parquet")

    with pytest.raises(NotFoundError, match="is not there"):
        read_parquet(tmp_path / "gone.parquet")
    with pytest.raises(InvalidError, match="cannot be read"):
        read_parquet(tmp_path / "text.parquet")
    with pytest.raises(InvalidError, match="holds no samples"):
        read_parquet(tmp_path / "other.parquet")
