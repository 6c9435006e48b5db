"""The files of one control group."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.adapters.sandboxes.group import Group, end_now, name_of, sweep


@pytest.mark.parametrize(
    ("share", "period", "quota"),
    [(0.5, 10_000, 5_000), (2, 10_000, 20_000), (0.1, 10_000, 1_000), (0.02, 50_000, 1_000)],
)
def test_a_quota_is_the_share_of_its_period(tmp_path: Path, share: float, period: int, quota: int) -> None:
    """10 ms, and longer where the quota would be below the millisecond that is the kernel's least."""
    Group(tmp_path, unified=True).limit_share(share)
    Group(tmp_path, unified=False).limit_share(share)

    assert (tmp_path / "cpu.max").read_text() == f"{quota} {period}"
    assert (tmp_path / "cpu.cfs_period_us").read_text() == str(period)
    assert (tmp_path / "cpu.cfs_quota_us").read_text() == str(quota)


def test_swap_counts_for_the_memory_limit(tmp_path: Path) -> None:
    """Version 1 limits memory and swap together, version 2 apart."""
    assert Group(tmp_path, unified=False).limit_memory(4096)
    assert Group(tmp_path, unified=True).limit_memory(4096)

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "memory.limit_in_bytes": "4096",
        "memory.memsw.limit_in_bytes": "4096",
        "memory.max": "4096",
        "memory.swap.max": "0",
    }


def test_a_kernel_that_does_not_account_for_swap_is_told_from_one_that_does(tmp_path: Path) -> None:
    """The limit itself holds."""
    (tmp_path / "memory.swap.max").mkdir()

    assert not Group(tmp_path, unified=True).limit_memory(4096)
    assert (tmp_path / "memory.max").read_text() == "4096"


@pytest.mark.parametrize(
    ("unified", "file", "text", "kills"),
    [
        (False, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", 2),
        (True, "memory.events", "max 3\noom 1\noom_kill 1\noom_group_kill 0\n", 1),
        (True, "memory.events", "oom_kill many", 0),
        (True, "elsewhere", "oom_kill 1", 0),
    ],
)
def test_kills_are_counted_by_the_kernel(tmp_path: Path, unified: bool, file: str, text: str, kills: int) -> None:  # noqa: FBT001 - a parameter of the table
    """In another file by version; what is not there counts as none."""
    (tmp_path / file).write_text(text)

    assert Group(tmp_path, unified=unified).kills() == kills


def test_a_group_that_is_gone_is_removed_already(tmp_path: Path) -> None:
    """One that cannot go yet says so."""
    gone, kept = Group(tmp_path / "gone", unified=True), Group(tmp_path / "kept", unified=True)
    kept.make()
    (kept.folder / "file").touch()

    assert gone.remove()
    assert not kept.remove()


def test_this_process_never_ends_itself(tmp_path: Path) -> None:
    """Nor its whole session: a process of another namespace is shown as 0."""
    group = Group(tmp_path, unified=True)
    group.entrance.write_text(f"0\n{os.getpid()}\n")

    end_now((group,))

    assert group.folder.is_dir()


def test_only_groups_of_dead_processes_are_swept(tmp_path: Path) -> None:
    """Those of this one, and folders with other names, stay."""
    child = subprocess.Popen([sys.executable, "-S", "-c", ""])
    child.wait()
    kept = [name_of(7), "vedette-x-1", "somebody"]
    for name in (f"vedette-{child.pid}-1", *kept):
        (tmp_path / name).mkdir()

    sweep(tmp_path)

    assert sorted(folder.name for folder in tmp_path.iterdir()) == sorted(kept)
