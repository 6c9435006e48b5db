"""The log of samples is readable whatever happens to the monitor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vedette.adapters.store.samples_log import SampleWriter, read_samples
from vedette.errors import InvalidError, NotFoundError
from vedette.values.reading import Absence, Feature, Pace, Reckoning

NAN = float("nan")


def feature(name: str, pace: Pace = Pace.FAST, reckoning: Reckoning = Reckoning.GAUGE) -> Feature:
    return Feature(name, "bytes", "/proc/x", "a figure | with a bar", pace, reckoning)


A, B = feature("a", reckoning=Reckoning.COUNTER), feature("b")
C, D = feature("c", Pace.SLOW), feature("d", Pace.PEAK)


def written(file: Path) -> Path:
    log = SampleWriter(file)
    log.columns(Pace.FAST, [A])
    log.row(Pace.FAST, 100, 7, [1.0])
    log.columns(Pace.SLOW, [C])
    log.row(Pace.SLOW, 108, 3, [10.0])
    log.columns(Pace.PEAK, [D])
    log.remark([Absence("gpu", "none")], {"d": 5.0}, 0.25)
    log.columns(Pace.FAST, [A, B])
    log.row(Pace.FAST, 200, 8, [2.0, 20.0])
    log.row(Pace.FAST, 300, 9, [3.0, NAN])
    log.columns(Pace.FAST, [B])
    log.row(Pace.FAST, 400, 9, [40.0])
    log.remark([Absence("gpu", "none")], {"d": 5.0}, 0.5)
    log.flush()
    log.close()
    return file


def test_rows_of_changing_columns_join_to_one_table(tmp_path: Path) -> None:
    """What was not there, or not read, is NaN; a slow row stands in the sample before it, whose time it adds to."""
    samples = read_samples(written(tmp_path / "log"))

    assert samples.at_ns.tolist() == [100, 200, 300, 400]
    assert samples.took_ns.tolist() == [10, 8, 9, 9]
    np.testing.assert_array_equal(samples.columns["a"], [1, 2, 3, NAN])
    np.testing.assert_array_equal(samples.columns["b"], [NAN, 20, NAN, 40])
    np.testing.assert_array_equal(samples.columns["c"], [10, NAN, NAN, NAN])
    assert samples.features == (A, B, C)
    assert list(samples.columns) == ["a", "b", "c"]
    assert samples.absences == (Absence("gpu", "none"),)
    assert (samples.peaks, samples.peak_features) == ({"d": 5.0}, (D,))
    assert samples.cpu_s == 0.5


def test_a_log_that_was_cut_off_gives_the_whole_rows_before(tmp_path: Path) -> None:
    """At every byte behind the first: never an error, never a row that was not written."""
    data = written(tmp_path / "log").read_bytes()
    cut, counts = tmp_path / "cut", []

    for size in range(8, len(data) + 1):
        cut.write_bytes(data[:size])
        samples = read_samples(cut)
        counts.append(len(samples.at_ns))
        assert samples.at_ns.tolist() == [100, 200, 300, 400][: counts[-1]]

    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3, 4}


def test_what_was_not_flushed_is_not_there(tmp_path: Path) -> None:
    """A kill between two flushes costs what was read since."""
    log = SampleWriter(tmp_path / "log")
    log.columns(Pace.FAST, [A])
    log.row(Pace.FAST, 1, 1, [1.0])
    log.flush()
    log.row(Pace.FAST, 2, 1, [2.0])
    log.close()

    samples = read_samples(tmp_path / "log")

    assert samples.at_ns.tolist() == [1]
    assert np.isnan(samples.cpu_s)


def test_a_full_disk_is_told() -> None:
    """The caller hears of it; nothing is lost in silence."""
    with pytest.raises(OSError, match="No space"):
        SampleWriter(Path("/dev/full"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a log"),
        (b"PAR1....", "not a log"),
        (b"VEDMON1\nF\x18\x00\x00\x00" + b"\0" * 24, "damaged"),
        (b"VEDMON1\nC\x02\x00\x00\x00{}", "damaged"),
        (b"VEDMON1\nS\x10\x00\x00\x00" + b"\0" * 16, "damaged"),
        (b"VEDMON1\nR\x02\x00\x00\x00{x", "damaged"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """With the name of the file."""
    file = tmp_path / "log"
    file.write_bytes(content)

    with pytest.raises(InvalidError, match=f"{file} is {reason}"):
        read_samples(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As every missing file."""
    with pytest.raises(NotFoundError, match="nothing"):
        read_samples(tmp_path / "nothing")


def test_kinds_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    """A record of unknown kind does not hide the others."""
    file = written(tmp_path / "log")
    file.write_bytes(file.read_bytes() + b"Z\x01\x00\x00\x00!")

    assert len(read_samples(file).at_ns) == 4
