"""Where control groups lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel_tree import plant

from vedette.adapters.sandboxes.hierarchy import Own, own_groups

V1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
V1 += "35 31 0:32 /jobs /m rw - cgroup cgroup rw,memory\n"
V2 = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"


def test_version_one_has_a_folder_for_each_controller(tmp_path: Path) -> None:
    """A mount may show a part of the hierarchy only."""
    root = plant(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/jobs/7\n1:cpu,cpuacct:/\n0::/\n",
            "proc/self/mountinfo": V1,
            "m/7/cgroup.procs": "",
        },
    )

    found = own_groups(root)

    assert found["memory"] == Own(root / "m/7", root / "m", unified=False)
    assert found["cpu"] == Own(root / "sys/fs/cgroup/cpu", root / "sys/fs/cgroup/cpu", unified=False)


def test_of_both_versions_the_one_that_has_the_controller_counts(tmp_path: Path) -> None:
    """A hybrid system mounts version 2 without controllers, or with some of them."""
    root = plant(
        tmp_path,
        {
            "proc/self/cgroup": "1:cpu,cpuacct:/\n0::/app\n",
            "proc/self/mountinfo": V1 + V2,
            "sys/fs/cgroup/unified/app/cgroup.controllers": "memory pids",
        },
    )

    found = own_groups(root)

    assert not found["cpu"].unified
    assert found["memory"] == Own(root / "sys/fs/cgroup/unified/app", root / "sys/fs/cgroup/unified", unified=True)


@pytest.mark.parametrize("group", ["/elsewhere", "/jobs/../../etc", "/jobs/gone"])
def test_a_group_that_is_not_seen_is_taken_for_the_mount_itself(tmp_path: Path, group: str) -> None:
    """As in a container whose group lies outside of its mount; never a folder beyond it."""
    root = plant(tmp_path, {"proc/self/cgroup": f"4:memory:{group}\n", "proc/self/mountinfo": V1})

    assert own_groups(root)["memory"].folder == root / "m"


@pytest.mark.parametrize("files", [{}, {"proc/self/cgroup": "broken", "proc/self/mountinfo": "1 2 3 - cgroup2\nx"}])
def test_a_system_without_control_groups_has_none(tmp_path: Path, files: dict[str, str]) -> None:
    """And lines that are no lines are left out."""
    assert own_groups(plant(tmp_path, files)) == {}
