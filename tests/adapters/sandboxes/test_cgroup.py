"""Control groups: really enforced where there are rights for it, and their files for version 2 on a made tree."""

from __future__ import annotations

import asyncio
import gc
import glob
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_tree import plant

from vedette.adapters.sandboxes.cgroup import ControlGroups
from vedette.adapters.sandboxes.hierarchy import own_groups
from vedette.clock import SystemClock
from vedette.flows.bench.sandbox import Confinement, Sandbox

MB = 1_000_000
MOUNT = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"


def ours(pid: int | None = None) -> list[str]:
    """The groups of this process, or of another, that are there."""
    folders = {str(own.folder) for own in own_groups().values()}
    return [found for folder in folders for found in glob.glob(f"{folder}/vedette-{pid or os.getpid()}-*")]


def enforced(confinement: Confinement) -> Sandbox:
    sandbox = ControlGroups(SystemClock()).enforce(confinement)
    if sandbox.not_enforced:
        pytest.skip(f"needs rights for control groups: {sandbox.not_enforced[0]}")
    return sandbox


def started(sandbox: Sandbox, code: str) -> subprocess.Popen[str]:
    command = [*sandbox.prefix, sys.executable, "-S", "-c", code]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def close(sandbox: Sandbox) -> None:
    asyncio.run(sandbox.close())


def unified(root: Path, own: str = "/", **files: str) -> Path:
    """A made system with control groups of version 2 only, this process being in the group `own`."""
    folder = f"sys/fs/cgroup{own}".rstrip("/")
    made = {"cgroup.controllers": "cpu io memory pids", "cgroup.subtree_control": "", "cgroup.procs": ""}
    made |= {name.replace("_", ".", 1): text for name, text in files.items()}
    plant(root, {f"{folder}/{name}": text for name, text in made.items()})
    return plant(root, {"proc/self/cgroup": f"0::{own}\n", "proc/self/mountinfo": MOUNT})


def made_group(root: Path, own: str = "/") -> Path:
    (found,) = (root / f"sys/fs/cgroup{own}").glob("vedette-*")
    return found


def test_a_process_within_its_limits_runs_as_ever() -> None:
    """Its pid is that of the command, it finds itself in the groups, and they are gone after it."""
    sandbox = enforced(Confinement((), 0.5, 100 * MB))

    child = started(sandbox, "import os; print(os.getpid(), open('/proc/self/cgroup').read())")
    said, _ = child.communicate(timeout=30)
    close(sandbox)
    close(sandbox)

    assert said.split()[0] == str(child.pid)
    assert sandbox.memory_bytes == 100 * MB
    assert said.count(f"/vedette-{os.getpid()}-") in (1, 2)  # version 2 has one for both
    assert not sandbox.out_of_memory()
    assert ours() == []


def test_a_share_of_the_cores_is_not_exceeded() -> None:
    """A busy loop of 400 ms of wall time in half a core gets no more than 0.6 of it."""
    sandbox = enforced(Confinement((), 0.5))
    code = (
        "import time as t; w=t.monotonic()\nwhile t.monotonic()-w<0.4: pass\nprint(t.process_time()/(t.monotonic()-w))"
    )

    said, _ = started(sandbox, code).communicate(timeout=30)
    close(sandbox)

    assert 0 < float(said) <= 0.6


def test_an_allocation_beyond_the_limit_is_seen_as_out_of_memory() -> None:
    """The kernel kills the process; the sandbox tells so, also once it is closed."""
    sandbox = enforced(Confinement((), None, 60 * MB))

    child = started(sandbox, "b = bytearray(200_000_000); b[::4096] = b'x' * len(b[::4096]); print('alive')")
    said, _ = child.communicate(timeout=30)
    before, _, after = sandbox.out_of_memory(), close(sandbox), sandbox.out_of_memory()

    assert (child.returncode, said) == (-signal.SIGKILL, "")
    assert before
    assert after


def test_a_kill_by_somebody_else_is_not_out_of_memory() -> None:
    """SIGKILL alone proves nothing."""
    sandbox = enforced(Confinement((), None, 60 * MB))

    child = started(sandbox, "import sys; print('up', flush=True); sys.stdin.read()")
    assert child.stdout is not None
    child.stdout.readline()
    child.kill()
    child.communicate()

    assert not sandbox.out_of_memory()
    close(sandbox)


def test_what_still_runs_is_ended_by_close() -> None:
    """No group outlives its sandbox because of a process that was forgotten."""
    sandbox = enforced(Confinement((), None, 60 * MB))
    child = started(sandbox, "import sys; print('up', flush=True); sys.stdin.read()")
    assert child.stdout is not None
    child.stdout.readline()

    close(sandbox)

    assert child.wait(30) == -signal.SIGKILL
    child.communicate()
    assert ours() == []


def test_a_sandbox_that_nobody_closes_goes_with_its_object() -> None:
    """And what runs in it; the same holds at the exit of the interpreter."""
    sandbox = enforced(Confinement((), 0.5))
    child = started(sandbox, "import sys; print('up', flush=True); sys.stdin.read()")
    assert child.stdout is not None
    child.stdout.readline()

    del sandbox
    gc.collect()

    assert child.wait(30) == -signal.SIGKILL
    child.communicate()
    assert ours() == []


def test_groups_of_dead_parents_are_swept_by_the_next_one() -> None:
    """Those of a process that was killed, and of nobody who lives."""
    enforced(Confinement((), 0.5))
    code = """
import os, signal
from vedette.adapters.sandboxes.cgroup import ControlGroups
from vedette.clock import SystemClock
from vedette.flows.bench.sandbox import Confinement
sandbox = ControlGroups(SystemClock()).enforce(Confinement((), 0.5))
os.kill(os.getpid(), signal.SIGKILL)
"""
    dead = subprocess.Popen([sys.executable, "-c", code])
    dead.wait(30)
    left = ours(dead.pid)

    alive = ControlGroups(SystemClock()).enforce(Confinement((), 0.5))

    assert left
    assert ours(dead.pid) == []
    assert ours() != []
    close(alive)


def test_nothing_is_made_where_nothing_needs_it() -> None:
    """A share that is the whole of the cores that it is bound to needs no quota."""
    sandbox = ControlGroups(SystemClock()).enforce(Confinement((1,), 1.0))

    assert (sandbox.prefix, sandbox.not_enforced) == ((), ())
    close(sandbox)


def test_version_two_has_one_group_with_both_limits(tmp_path: Path) -> None:
    """cpu.max in periods of 10 ms, memory.max, no swap; the controllers are offered to the groups below first."""
    root = unified(tmp_path, "/jobs/7", memory_events="oom_kill 3")

    sandbox = ControlGroups(SystemClock(), root).enforce(Confinement((), 1.5, 64 * MB))

    group = made_group(root, "/jobs/7")
    texts = {file.name: file.read_text() for file in group.iterdir()}
    assert texts == {"cpu.max": "15000 10000", "memory.max": "64000000", "memory.swap.max": "0"}
    assert (group.parent / "cgroup.subtree_control").read_text() == "+memory"  # the last one that was written
    assert sandbox.prefix[-1] == str(group / "cgroup.procs")
    assert sandbox.not_enforced == ()


def test_version_two_counts_kills_in_its_events(tmp_path: Path) -> None:
    """Those since the sandbox was made."""
    root = unified(tmp_path)
    sandbox = ControlGroups(SystemClock(), root).enforce(Confinement((), None, MB))
    events = made_group(root) / "memory.events"

    events.write_text("low 0\nmax 12\noom 1\noom_kill 0\n")
    untouched = sandbox.out_of_memory()
    events.write_text("low 0\nmax 12\noom 2\noom_kill 1\n")

    assert not untouched
    assert sandbox.out_of_memory()


def test_a_group_of_version_two_that_cannot_be_divided_gets_a_neighbour(tmp_path: Path) -> None:
    """The group of this process holds processes: one beside it is made, unless that would escape a limit."""
    root = unified(tmp_path, "/jobs/7", memory_max="max")
    plant(root, {f"sys/fs/cgroup/jobs/{name}": "" for name in ("cgroup.subtree_control", "cgroup.procs")})
    control = root / "sys/fs/cgroup/jobs/7/cgroup.subtree_control"
    control.unlink()
    control.mkdir()  # cannot be written

    free = ControlGroups(SystemClock(), root).enforce(Confinement((), None, MB))
    plant(root, {"sys/fs/cgroup/jobs/7/memory.max": "1000000000"})
    bound = ControlGroups(SystemClock(), root).enforce(Confinement((), None, MB))

    assert free.not_enforced == ()
    assert made_group(root, "/jobs").is_dir()
    assert len(bound.not_enforced) == 1
    assert "the memory limit of 1 MB is not enforced" in bound.not_enforced[0]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "no control groups with the controller"),
        ({"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": MOUNT}, "no control groups with the controller"),
    ],
)
def test_what_cannot_be_enforced_is_told_with_its_reason(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    """Both limits, by name and figure, and why."""
    root = plant(tmp_path, files)

    share, memory = ControlGroups(SystemClock(), root).enforce(Confinement((), 0.5, 1000 * MB)).not_enforced

    assert share.startswith(f"the share of 0.5 cores is not enforced: {reason}")
    assert memory.startswith(f"the memory limit of 1 GB is not enforced: {reason}")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user without rights")
def test_without_rights_that_is_the_reason() -> None:
    """Another user's process may not make a group; the command runs all the same, with the backstop."""
    code = """
import encodings.ascii, os  # the user without rights need not be able to read Python's own files
from vedette.adapters.sandboxes.cgroup import ControlGroups
from vedette.clock import SystemClock
from vedette.flows.bench.sandbox import Confinement
os.setuid(65534)
sandbox = ControlGroups(SystemClock()).enforce(Confinement((), 0.5, 10**9))
print(*sandbox.not_enforced, sep="\\n")
print(sandbox.prefix[2])
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)

    share, memory, prefix = done.stdout.splitlines()
    assert share == "the share of 0.5 cores is not enforced: no rights to make a control group"
    assert memory.startswith("the memory limit of 1 GB is not enforced: no rights to make a control group; ")
    assert prefix.startswith("ulimit -d ")
