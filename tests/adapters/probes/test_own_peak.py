"""The most memory that this process held."""

from __future__ import annotations

import mmap
from pathlib import Path

from kernel_tree import plant

from vedette.adapters.probes.own_peak import OwnPeak

SIZE = 64_000_000


def touched(size: int) -> mmap.mmap:
    """Memory that is really there, and goes when it is closed, whatever the allocator keeps."""
    held = mmap.mmap(-1, size)
    for page in range(0, size, mmap.PAGESIZE):
        held[page] = 1
    return held


def test_what_was_held_and_let_go_again_is_in_the_mark() -> None:
    """The mark counts from its opening on: an allocation before it that is gone by then is not in it."""
    touched(4 * SIZE).close()

    with OwnPeak() as empty:
        pass
    with OwnPeak() as filled:
        touched(SIZE).close()

    assert empty.peak_bytes > 0
    assert 0.9 * SIZE < filled.peak_bytes - empty.peak_bytes < 2 * SIZE


def test_samples_see_what_stays_until_the_end() -> None:
    """One is taken at the beginning and one at the end, whatever the time between them; none is above the mark."""
    with OwnPeak() as peak:
        held = touched(SIZE)
    held.close()

    assert peak.sampled_peak_bytes >= SIZE
    assert peak.sampled_peak_bytes <= peak.peak_bytes + 2_000_000  # the kernel sums up threads' own counts now and then


def test_a_system_that_does_not_tell_gives_zeros(tmp_path: Path) -> None:
    """Nothing fails."""
    with OwnPeak(tmp_path / "nowhere") as missing:
        pass
    with OwnPeak(plant(tmp_path, {"statm": "broken", "status": "Name: x\nVmHWM:\n"})) as broken:
        pass

    assert (missing.peak_bytes, missing.sampled_peak_bytes) == (0, 0)
    assert (broken.peak_bytes, broken.sampled_peak_bytes) == (0, 0)
