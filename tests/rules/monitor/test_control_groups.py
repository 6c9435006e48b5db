"""Control groups out of the kernel's texts: both versions, renamed roots, and what is not there."""

from __future__ import annotations

from pathlib import PurePosixPath

from vedette.rules.monitor.control_groups import UNIFIED, GroupPlace, group_places

V1 = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
V2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"


def places(cgroup: str, mountinfo: str, *controllers: str) -> list[tuple[str, str, str]]:
    return [
        (one.controller, str(one.top), str(one.inside))
        for one in group_places(cgroup, mountinfo, controllers or ("memory",))
    ]


def test_each_version_is_told_under_its_own_name() -> None:
    """Version 1 by the controller, version 2 under the empty one, whichever controllers are asked for."""
    cgroup = "4:memory:/jobs/7\n0::/user.slice/app.scope\n"

    assert places(cgroup, V1) == [("memory", "sys/fs/cgroup/memory", "jobs/7")]
    assert places(cgroup, V2) == [(UNIFIED, "sys/fs/cgroup", "user.slice/app.scope")]
    assert places(cgroup, V1, "cpu") == []


def test_controllers_that_are_mounted_together_are_told_each() -> None:
    """`cpu,cpuacct` is one mount and one line."""
    mounted = "36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"

    assert places("5:cpu,cpuacct:/a\n", mounted, "cpu", "cpuacct") == [
        ("cpu", "sys/fs/cgroup/cpu,cpuacct", "a"),
        ("cpuacct", "sys/fs/cgroup/cpu,cpuacct", "a"),
    ]


def test_a_group_is_told_below_what_is_mounted() -> None:
    """A container sees its own group as the root; what lies outside of it, or climbs out of it, is the mount itself."""
    inner = V1.replace("0:32 / ", "0:32 /docker/ab ")

    assert places("4:memory:/docker/ab/jobs\n", inner) == [("memory", "sys/fs/cgroup/memory", "jobs")]
    assert places("4:memory:/other\n", inner) == [("memory", "sys/fs/cgroup/memory", ".")]
    assert places("4:memory:/docker/ab/../x\n", inner) == [("memory", "sys/fs/cgroup/memory", ".")]


def test_escaped_characters_of_a_mount_point_are_read() -> None:
    """The kernel writes a space as \\040 and a backslash as \\134."""
    odd = V1.replace("/sys/fs/cgroup/memory", r"/my\040groups\134x")

    assert list(group_places("4:memory:/\n", odd, ["memory"])) == [
        GroupPlace("memory", PurePosixPath("my groups\\x"), PurePosixPath())
    ]


def test_other_lines_are_passed_over() -> None:
    """Other file systems, lines that are cut off, and processes without a group."""
    assert places("4:memory:/a\n", "21 1 8:1 / / rw - ext4 /dev/sda rw\nshort\n35 31\n") == []
    assert places("", V1) == []
    assert places("nonsense\n\n0:\n", V1 + V2) == []
