"""Control groups, version 1, version 2 and hybrid, from fake trees and against this process's own CPU time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.cgroup_use import group_places, group_probes

V1_MOUNTS = (
    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
    "34 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)
V1 = {
    "proc/self/mountinfo": V1_MOUNTS,
    "proc/7/cgroup": "4:memory:/pod/app\n2:cpuacct:/pod/app\n1:cpu:/pod/app\n0::/\n",
    "sys/fs/cgroup/unified/cgroup.procs": "",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/pod/cpu.cfs_quota_us": "150000\n",
    "sys/fs/cgroup/cpu/pod/cpu.stat": "nr_periods 90\nnr_throttled 9\nthrottled_time 3000000000\n",
    "sys/fs/cgroup/cpu/pod/app/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/pod/app/cpu.stat": "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n",
    "sys/fs/cgroup/cpuacct/pod/app/cpuacct.usage": "2500000000\n",
    "sys/fs/cgroup/cpuacct/pod/app/cpuacct.stat": "user 200\nsystem 50\n",
    "sys/fs/cgroup/memory/pod/app/memory.usage_in_bytes": "4096\n",
    "sys/fs/cgroup/memory/pod/app/memory.failcnt": "2\n",
    "sys/fs/cgroup/memory/pod/app/memory.max_usage_in_bytes": "8192\n",
    "sys/fs/cgroup/memory/pod/app/memory.stat": "total_rss 1024\ntotal_cache 2048\ntotal_pgfault 6\n",
}
V2 = {
    "proc/self/mountinfo": "31 23 0:28 /box /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n",
    "proc/7/cgroup": "0::/box/app\n",
    "sys/fs/cgroup/app/cpu.max": "50000 100000\n",
    "sys/fs/cgroup/app/cpu.stat": "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n"
    "nr_periods 90\nnr_throttled 9\nthrottled_usec 3000000\nnr_bursts 0\nburst_usec 0\n",
    "sys/fs/cgroup/app/memory.current": "4096\n",
    "sys/fs/cgroup/app/memory.peak": "8192\n",
    "sys/fs/cgroup/app/memory.swap.current": "max\n",
    "sys/fs/cgroup/app/memory.stat": "anon 1024\nfile 2048\npgfault 6\n",
    "sys/fs/cgroup/app/memory.events": "low 0\nhigh 1\nmax 2\noom 0\noom_kill 3\n",
    "sys/fs/cgroup/app/cpu.pressure": "some avg10=1.50 avg60=0 avg300=0 total=1000000\n",
    "sys/fs/cgroup/app/pids.current": "12\n",
}
SAME = {
    "cpu.usage": 2.5,
    "cpu.periods": 90,
    "cpu.throttled_periods": 9,
    "cpu.throttled": 3.0,
    "memory.usage": 4096,
    "memory.peak": 8192,
    "memory.anonymous": 1024,
    "memory.cache": 2048,
    "memory.faults": 6,
    "memory.limit_hits": 2,
}


@pytest.mark.parametrize("files", [V1, V2], ids=["v1", "v2"])
def test_both_versions_give_the_same_names_and_units(tmp_path: Path, files: dict[str, str]) -> None:
    """Version 1 counts nanoseconds and ticks, version 2 microseconds; throttling of version 1 is the parent's here."""
    found = reading(*group_probes("server", 7, plant(tmp_path, files)))

    assert {name: found[f"cgroup.server.{name}"] for name in SAME} == pytest.approx(SAME)


def test_version_2_tells_pressure_and_kills(tmp_path: Path) -> None:
    """And a word that is no number is NaN with its reason."""
    probes = group_probes("server", 7, plant(tmp_path, V2))
    found = reading(*probes)

    assert found["cgroup.server.pressure.cpu.some.avg10"] == 1.5
    assert (found["cgroup.server.memory.kills"], found["cgroup.server.tasks"]) == (3, 12)
    assert str(found["cgroup.server.memory.swap"]) == "nan"
    assert "holds no number" in reasons(*probes)["cgroup.server.memory.swap"]
    assert "cgroup.server.pressure.io" in reasons(*probes)


def test_a_group_that_is_not_seen_falls_back_to_the_mount_point(tmp_path: Path) -> None:
    """In a container the mount point is the process's own group, whatever /proc says from outside."""
    plant(tmp_path, V2 | {"proc/7/cgroup": "0::/../elsewhere\n"})

    places = group_places(7, tmp_path)

    assert places is not None
    assert places.unified == tmp_path / "sys/fs/cgroup"


def test_equal_groups_have_equal_places(tmp_path: Path) -> None:
    """By that a group that two processes share is read once."""
    plant(tmp_path, V1 | {"proc/8/cgroup": V1["proc/7/cgroup"], "proc/9/cgroup": "1:cpu:/pod\n"})

    assert group_places(7, tmp_path) == group_places(8, tmp_path)
    assert group_places(7, tmp_path) != group_places(9, tmp_path)


def test_a_process_without_groups_has_a_reason(tmp_path: Path) -> None:
    """No cgroup file system, or no process."""
    assert "process 7 is not seen" in reasons(*group_probes("server", 7, tmp_path))["cgroup.server"]


def test_our_cpu_time_is_in_our_group() -> None:
    """What this process burns, its group used, at least; where this machine shows the group's CPU time."""
    probes = group_probes("server", os.getpid())
    before, own = reading(*probes).get("cgroup.server.cpu.usage"), sum(os.times()[:2])
    if before is None:
        pytest.skip("no CPU accounting of groups here")

    sum(value * value for value in range(2_000_000))

    burnt = sum(os.times()[:2]) - own
    assert burnt > 0.05
    assert reading(*probes)["cgroup.server.cpu.usage"] - before > burnt - 0.03
