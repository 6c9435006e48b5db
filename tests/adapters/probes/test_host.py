"""The host probe reads /proc and /sys trees of every kind."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vedette.adapters.probes.host import probe_host

INTEL = """processor\t: 0
model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
flags\t\t: fpu avx avx2 fma f16c avx512f avx512_bf16 avx512_vnni avx_vnni avx512_fp16 amx_tile amx_bf16 amx_int8

processor\t: 1
model name\t: another
flags\t\t: fpu
"""
ARM = """processor\t: 0
BogoMIPS\t: 2100.00
Features\t: fp asimd evtstrm aes sve i8mm bf16 dgh
CPU implementer\t: 0x41
CPU part\t: 0xd40

processor\t: 1
"""
V2_MOUNT = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n"
V1_MOUNTS = (
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "34 31 0:33 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
)
GB = 1024**3


def tree(root: Path, **files: str) -> Path:
    """A fake root; keyword `a__b` becomes a file `a/b`."""
    return plant(root, {name.replace("__", "/"): text for name, text in files.items()})


def plant(root: Path, files: dict[str, str]) -> Path:
    base = {
        "proc/cpuinfo": INTEL,
        "proc/meminfo": "MemTotal:       8388608 kB\nMemFree: 1 kB\n",
        "sys/devices/system/cpu/online": "0-3,8,10-11\n",
        "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    }
    for name, text in (base | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_intel_names_and_features_come_from_the_first_processor(tmp_path: Path) -> None:
    """x86 instruction sets keep the names that Linux gives them."""
    host = probe_host(tree(tmp_path))

    assert host.cpu == "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"
    assert set(host.features) == {
        *("avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni"),
        *("avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8"),
    }


def test_arm_features_are_translated(tmp_path: Path) -> None:
    """ARM's asimd is our neon, and a part number becomes the core's name."""
    host = probe_host(tree(tmp_path, proc__cpuinfo=ARM))

    assert host.cpu == "ARM Neoverse-V1"
    assert host.features == ("neon", "sve", "i8mm", "bf16")


def test_an_unknown_arm_core_shows_its_numbers(tmp_path: Path) -> None:
    """A part without a name in the table is shown by its numbers."""
    host = probe_host(tree(tmp_path, proc__cpuinfo=ARM.replace("0xd40", "0xfff")))

    assert host.cpu == "ARM (implementer 0x41, part 0xfff)"


def test_online_cores_are_counted_over_ranges(tmp_path: Path) -> None:
    """`0-3,8,10-11` are seven cores."""
    assert probe_host(tree(tmp_path)).cores == 7


def test_memory_is_that_of_the_machine_without_a_limit(tmp_path: Path) -> None:
    """Without control groups there is no quota, and all memory counts."""
    host = probe_host(tree(tmp_path))

    assert host.quota_cores is None
    assert host.memory_bytes == 8 * GB


def test_the_system_has_name_and_kernel(tmp_path: Path) -> None:
    """The system is the distribution and the kernel."""
    assert probe_host(tree(tmp_path)).system == (
        f"Debian GNU/Linux 12 (bookworm), {os.uname().sysname} {os.uname().release}"
    )


def test_version_2_quota_and_memory_of_the_own_group(tmp_path: Path) -> None:
    """cpu.max 150000 100000 is a quota of 1.5 cores."""
    group = {"proc/self/cgroup": "0::/app\n", "proc/self/mountinfo": V2_MOUNT}
    files = {"sys/fs/cgroup/app/cpu.max": "150000 100000\n", "sys/fs/cgroup/app/memory.max": f"{GB}\n"}
    host = probe_host(plant(tmp_path, group | files))

    assert host.quota_cores == 1.5
    assert host.memory_bytes == GB


def test_version_2_the_lowest_limit_of_the_parents_wins(tmp_path: Path) -> None:
    """A parent that allows less than the own group binds."""
    host = probe_host(
        plant(
            tmp_path,
            {
                "proc/self/cgroup": "0::/slice/app/deep\n",
                "proc/self/mountinfo": V2_MOUNT,
                "sys/fs/cgroup/slice/cpu.max": "50000 100000\n",
                "sys/fs/cgroup/slice/app/cpu.max": "max 100000\n",
                "sys/fs/cgroup/slice/app/deep/cpu.max": "400000 100000\n",
                "sys/fs/cgroup/slice/memory.max": "max\n",
                "sys/fs/cgroup/slice/app/memory.max": f"{2 * GB}\n",
                "sys/fs/cgroup/slice/app/deep/memory.max": f"{4 * GB}\n",
            },
        )
    )

    assert host.quota_cores == 0.5
    assert host.memory_bytes == 2 * GB


def test_version_2_max_is_no_limit(tmp_path: Path) -> None:
    """`max` is neither a quota nor a memory limit."""
    group = {"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": V2_MOUNT}
    files = {"sys/fs/cgroup/cpu.max": "max 100000\n", "sys/fs/cgroup/memory.max": "max\n"}
    host = probe_host(plant(tmp_path, group | files))

    assert host.quota_cores is None
    assert host.memory_bytes == 8 * GB


def test_version_1_quota_and_memory_with_parents(tmp_path: Path) -> None:
    """Version 1 keeps CPU and memory in two hierarchies; the parents of each count."""
    cpu, memory = "sys/fs/cgroup/cpu,cpuacct", "sys/fs/cgroup/memory"
    host = probe_host(
        plant(
            tmp_path,
            {
                "proc/self/cgroup": "8:pids:/x\n4:memory:/box/a\n2:cpu,cpuacct:/box/a\n0::/\n",
                "proc/self/mountinfo": V1_MOUNTS,
                f"{cpu}/cpu.cfs_quota_us": "-1\n",
                f"{cpu}/cpu.cfs_period_us": "100000\n",
                f"{cpu}/box/cpu.cfs_quota_us": "250000\n",
                f"{cpu}/box/cpu.cfs_period_us": "100000\n",
                f"{cpu}/box/a/cpu.cfs_quota_us": "-1\n",
                f"{cpu}/box/a/cpu.cfs_period_us": "100000\n",
                f"{memory}/memory.limit_in_bytes": "9223372036854771712\n",
                f"{memory}/box/a/memory.limit_in_bytes": f"{3 * GB}\n",
            },
        )
    )

    assert host.quota_cores == 2.5
    assert host.memory_bytes == 3 * GB


def test_a_container_that_sees_its_own_group_as_the_mount_point(tmp_path: Path) -> None:
    """Docker on version 1 without a namespace: /proc names the host's path, the mount shows the group itself."""
    mount = "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    files = {
        "proc/self/cgroup": "2:cpu:/docker/abc\n",
        "proc/self/mountinfo": mount,
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }

    assert probe_host(plant(tmp_path, files)).quota_cores == 2.0


def test_a_group_outside_of_the_mount_reads_the_mount_point(tmp_path: Path) -> None:
    """A path that leaves the namespace is not followed; what the mount point says still counts."""
    files = {
        "proc/self/cgroup": "0::/../../other\n",
        "proc/self/mountinfo": V2_MOUNT,
        "sys/fs/cgroup/cpu.max": "100000 100000\n",
    }

    assert probe_host(plant(tmp_path, files)).quota_cores == 1.0


def test_a_machine_without_proc_still_answers(tmp_path: Path) -> None:
    """Without /proc and /sys the standard library tells what it can, and no feature is made up."""
    host = probe_host(tmp_path)

    assert host.features == ()
    assert host.quota_cores is None
    assert host.cores == os.cpu_count()
    assert host.memory_bytes == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert host.cpu == (platform.machine() or "unknown processor")


def test_this_machine_agrees_with_the_standard_library() -> None:
    """Cores, affinity and Python are what os and platform say."""
    host = probe_host()

    assert host.cores == os.cpu_count()
    assert host.allowed_cores == len(os.sched_getaffinity(0))
    assert host.python == platform.python_version()
    assert 0 < host.memory_bytes <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_the_affinity_of_the_process_counts() -> None:
    """A process that is bound to one core is allowed one core."""
    script = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from vedette.adapters.probes.host import probe_host; print(probe_host().allowed_cores)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "1"


def test_the_probe_is_quick() -> None:
    """The best of ten readings takes less than 5 ms."""
    times = []
    for _ in range(10):
        start = time.perf_counter()
        probe_host()
        times.append(time.perf_counter() - start)

    assert min(times) < 0.005


def test_the_probe_imports_nothing_heavy() -> None:
    """Neither an engine nor OpenCV is loaded by the probe."""
    script = (
        "import sys, json; from vedette.adapters.probes.host import probe_host; probe_host()\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert not {"cv2", "onnxruntime", "openvino", "torch", "onnx"} & set(json.loads(done.stdout))


@pytest.mark.parametrize("text", ["", "garbage", "0::", "a:b:c:d\n"])
def test_damaged_group_files_give_no_quota(tmp_path: Path, text: str) -> None:
    """A file that cannot be understood is no reason to stop."""
    files = {"proc/self/cgroup": text, "proc/self/mountinfo": text + " - cgroup2"}

    assert probe_host(plant(tmp_path, files)).quota_cores is None
