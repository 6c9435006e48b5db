"""Memory of the machine, against sysconf and a fake /proc."""

from __future__ import annotations

import mmap
import os
import resource
from pathlib import Path

from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.memory import memory_probes

PAGE = os.sysconf("SC_PAGE_SIZE")


def test_kilobytes_and_pages_become_bytes(tmp_path: Path) -> None:
    """Counts stay counts."""
    plant(
        tmp_path,
        {
            "proc/meminfo": "MemTotal: 100 kB\nActive(anon): 3 kB\nHugePages_Total: 5\n",
            "proc/vmstat": "nr_free_pages 7\npgpgin 9\npswpin 2\npgmajfault 4\nnr_kernel_stack 11\n",
        },
    )

    found = reading(*memory_probes(tmp_path))

    assert found == {
        "memory.total": 102400,
        "memory.active_anonymous": 3072,
        "memory.huge_reserved_pages": 5,
        "vm.major_faults": 4,
        "vm.paged_in": 9216,
        "vm.swapped_in": 2 * PAGE,
        "vm.free": 7 * PAGE,
        "vm.kernel_stacks": 11264,
    }
    assert "has no MemFree" in reasons(*memory_probes(tmp_path))["memory.free"]


def test_memory_is_that_of_sysconf() -> None:
    """Total exactly; free memory moves between two calls."""
    found = reading(*memory_probes())

    assert found["memory.total"] == os.sysconf("SC_PHYS_PAGES") * PAGE
    assert abs(found["memory.free"] - os.sysconf("SC_AVPHYS_PAGES") * PAGE) < 0.2 * found["memory.total"]


def test_our_faults_are_among_the_machine_s() -> None:
    """Touching new pages raises the machine's count by at least what getrusage counts for us."""
    _, vm = memory_probes()
    before, own = reading(vm)["vm.faults"], resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    with mmap.mmap(-1, 64 << 20) as touched:  # pages that no allocator has kept
        for start in range(0, len(touched), PAGE):
            touched[start] = 1

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - own
    assert grown > 0
    assert reading(vm)["vm.faults"] - before >= 0.5 * grown
