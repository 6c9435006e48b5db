"""The most memory that this process held."""

from __future__ import annotations

import mmap
from pathlib import Path

from kernel_tree import plant

from vedette.adapters.probes.own_peak import OwnPeak

SIZE = 64_000_000


def touched(size: int) -> mmap.mmap:
    """Memory that is really there, and goes when it is closed, whatever the allocator keeps."""
    held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
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
    assert peak.sampled_peak_bytes < peak.peak_bytes


def test_pages_of_files_and_shared_ones_do_not_count(tmp_path: Path) -> None:
    """The kernel takes pages of files back before it ends a process for want of memory."""
    file = tmp_path / "weights"
    file.write_bytes(bytes(SIZE))
    with OwnPeak() as empty:
        pass
    with (
        file.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as held,
        mmap.mmap(-1, SIZE) as shared,
        OwnPeak() as peak,
    ):
        for page in range(0, SIZE, mmap.PAGESIZE):
            shared[page] = held[page] + 1

    assert peak.peak_bytes - empty.peak_bytes < 0.1 * SIZE


def test_the_samples_the_mark_and_the_kernels_part_add_up(tmp_path: Path) -> None:
    """300 resident pages of which 100 are shared, a mark 20 kB above them, 8 kB of page tables, and a MiB."""
    page = mmap.PAGESIZE
    mark = (300 * page + 20 * 1024) // 1024
    files = {"statm": "900 300 100 1 0 200 0", "status": f"Name: x\nVmHWM:\t{mark} kB\nVmPTE:\t8 kB\nThreads:\t3\n"}
    with OwnPeak(plant(tmp_path, files)) as peak:
        pass

    assert peak.sampled_peak_bytes == 200 * page
    assert peak.peak_bytes == 200 * page + 28 * 1024 + 2**20


def test_a_system_that_does_not_tell_gives_zeros(tmp_path: Path) -> None:
    """Nothing fails."""
    with OwnPeak(tmp_path / "nowhere") as missing:
        pass
    with OwnPeak(plant(tmp_path, {"statm": "broken", "status": "Name: x\nVmHWM:\n"})) as broken:
        pass

    assert (missing.peak_bytes, missing.sampled_peak_bytes) == (0, 0)
    assert (broken.peak_bytes, broken.sampled_peak_bytes) == (0, 0)
