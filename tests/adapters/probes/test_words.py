"""Kept-open files of figures: places among words, plans that are made anew, files that go away."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.words import Field, Group, KeptFile, WordsProbe, blanked, keyed, lines
from vedette.values.reading import Pace, Reckoning

GROUP = Group(
    "memory",
    "/proc/meminfo",
    Pace.SLOW,
    (
        Field("Total", "total", "bytes", "all", 1024.0),
        Field("Free", "free", "bytes", "free", 1024.0),
        Field("Faults", "faults", "count", "faults", grows=True),
    ),
)


def probe(root: Path) -> WordsProbe:
    return WordsProbe(GROUP, root / "file", keyed(GROUP))


def test_figures_are_read_anew_from_the_open_file(tmp_path: Path) -> None:
    """In the unit of the feature; features say what they are."""
    plant(tmp_path, {"file": "Total:  4 kB\nOther: 9\nFree: 1 kB\nFaults 7\n"})
    kept = probe(tmp_path)

    assert reading(kept) == {"memory.total": 4096, "memory.free": 1024, "memory.faults": 7}
    plant(tmp_path, {"file": "Total:  4 kB\nOther: 9\nFree: 2 kB\nFaults 8\n"})
    assert reading(kept) == {"memory.total": 4096, "memory.free": 2048, "memory.faults": 8}
    assert [one.reckoning for one in kept.features] == [Reckoning.GAUGE, Reckoning.GAUGE, Reckoning.COUNTER]


def test_a_key_that_the_kernel_lacks_is_an_absence(tmp_path: Path) -> None:
    """It has no column, and its reason names the file and the key."""
    plant(tmp_path, {"file": "Total: 4 kB\nFaults 7\n"})

    assert reading(probe(tmp_path)).keys() == {"memory.total", "memory.faults"}
    assert reasons(probe(tmp_path)) == {"memory.free": "/proc/meminfo of this kernel has no Free"}


def test_another_number_of_words_makes_a_new_plan(tmp_path: Path) -> None:
    """A line that appears moves all the others; their figures go on to be theirs."""
    plant(tmp_path, {"file": "Total: 4 kB\nFaults 7\n"})
    kept = probe(tmp_path)
    before = kept.features

    plant(tmp_path, {"file": "New: 1 kB\nTotal: 4 kB\nFree: 3 kB\nFaults 8\n"})

    assert reading(kept) == {"memory.total": 4096, "memory.free": 3072, "memory.faults": 8}
    assert kept.features is not before
    assert not kept.absences


def test_features_stay_the_same_object_while_they_do_not_change(tmp_path: Path) -> None:
    """By that the sampler sees that no columns have to be told."""
    plant(tmp_path, {"file": "Total: 4 kB\n"})
    kept = probe(tmp_path)
    before = kept.features

    kept.read()

    assert kept.features is before


@pytest.mark.parametrize("word", ["max", "-", "1.2.3", "\xff"])
def test_a_word_that_is_no_number_is_nan(tmp_path: Path, word: str) -> None:
    """The other figures of the file are not harmed."""
    plant(tmp_path, {"file": f"Total: {word} kB\nFree: 1 kB\nFaults 7\n"})

    found = reading(probe(tmp_path))

    assert math.isnan(found["memory.total"])
    assert found["memory.free"] == 1024


def test_a_file_that_is_not_there_is_one_absence(tmp_path: Path) -> None:
    """No feature, and the reason of the system."""
    kept = probe(tmp_path)

    assert (kept.features, kept.read()) == ((), ())
    assert reasons(kept) == {"memory": "/proc/meminfo: No such file or directory"}


def test_a_file_that_ends_gives_nan_and_says_so(tmp_path: Path) -> None:
    """Never the last figures again, and never 0: here a file that turned empty."""
    plant(tmp_path, {"file": "Total: 4 kB\nFaults 7\n"})
    kept = probe(tmp_path)

    plant(tmp_path, {"file": ""})

    assert reading(kept) == {}
    assert reasons(kept).keys() == {"memory.total", "memory.free", "memory.faults"}


def test_a_kept_file_reads_all_records(tmp_path: Path) -> None:
    """Files that the kernel writes in pieces of 4 kB are read to their end: /proc/kallsyms is longer than one."""
    path = Path("/proc/vmstat")
    kept = KeptFile(path, records=True)

    assert len(kept.read().splitlines()) == len(path.read_bytes().splitlines())
    kept.close()
    kept.close()


def test_separators_become_blanks() -> None:
    """So that figures stand as words of their own."""
    assert blanked(b"=/")(b"avg10=0.24 1/95") == b"avg10 0.24 1 95"


def test_lines_tell_where_their_first_word_stands() -> None:
    """Empty lines count for nothing."""
    assert list(lines(b"a b\n\nc d e\n")) == [(0, [b"a", b"b"]), (2, []), (2, [b"c", b"d", b"e"])]
