"""Disks, from a fake /proc/diskstats and from this machine's."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.disks import disk_probes

VDA = "254 0 vda 10 1 20 300 40 2 50 600 1 700 900 5 0 8 30 2 40\n"
FILES = {
    "proc/diskstats": "7 0 loop0 1 1 1 1 1 1 1 1 1 1 1\n"
    + VDA
    + "254 1 vda1 9 9 9 9 9 9 9 9 9 9 9\n8 0 sda"
    + " 0" * 11,
    "sys/block/vda/size": "1",
    "sys/block/sda/size": "1",
    "sys/block/loop0/size": "1",
}


def test_whole_disks_that_worked_are_read(tmp_path: Path) -> None:
    """Sectors are 512 bytes, times milliseconds; loops, partitions and idle disks are left out."""
    found = reading(*disk_probes(plant(tmp_path, FILES)))

    assert {name.split(".")[1] for name in found} == {"vda"}
    assert (found["disk.vda.read"], found["disk.vda.written"], found["disk.vda.discarded"]) == (10240, 25600, 4096)
    assert (found["disk.vda.reading"], found["disk.vda.busy"], found["disk.vda.under_way"]) == (
        0.3,
        pytest.approx(0.7),
        1,
    )


def test_a_disk_of_an_old_kernel_has_no_discards(tmp_path: Path) -> None:
    """Eleven figures instead of seventeen: what is not there has no column."""
    plant(tmp_path, {"proc/diskstats": "8 0 sda 10 1 20 300 40 2 50 600 1 700 900\n"})

    found = reading(*disk_probes(tmp_path))

    assert "disk.sda.busy" in found
    assert "disk.sda.discards" not in found


def test_a_disk_that_takes_another_s_place_gets_its_own_columns(tmp_path: Path) -> None:
    """The number of words is the same; the name tells them apart."""
    (probe,) = disk_probes(plant(tmp_path, FILES | {"sys/block/vdb/size": "1"}))
    probe.read()

    plant(tmp_path, {"proc/diskstats": FILES["proc/diskstats"].replace("vda", "vdb")})

    assert {name.split(".")[1] for name in reading(probe)} == {"vdb"}


def test_no_disk_is_an_absence(tmp_path: Path) -> None:
    """A machine may have none, or none that worked."""
    plant(tmp_path, {"proc/diskstats": "7 0 loop0 1 1 1 1 1 1 1 1 1 1 1\n"})

    assert "names no disk" in reasons(*disk_probes(tmp_path))["disk"]
