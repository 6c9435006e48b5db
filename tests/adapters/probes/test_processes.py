"""Watched processes and their descendants, against getrusage of real children and in a fake /proc."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.processes import MOST_OWN, ProcessProbe, process_probes

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
TREE = "process.server.tree"

BLOCK_MB = 200
BURN = """
import resource, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) if "family" in sys.argv else None
block = b"x" * (BLOCK << 20)
del block
print("ready", flush=True)
for line in sys.stdin:
    start = resource.getrusage(resource.RUSAGE_SELF)
    while True:
        now = resource.getrusage(resource.RUSAGE_SELF)
        if now.ru_utime + now.ru_stime - start.ru_utime - start.ru_stime > 0.3:
            break
    print(now.ru_utime + now.ru_stime, now.ru_minflt, flush=True)
if child:
    child.communicate(b"")
"""


@contextmanager
def burner(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", BURN.replace("BLOCK", str(BLOCK_MB)), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
        if child.stdin and not child.stdin.closed:
            child.stdin.close()


def burnt(child: subprocess.Popen[str]) -> list[float]:
    """Let it burn 0.3 s of CPU time; what it says of itself afterwards."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("go\n")
    child.stdin.flush()
    return [float(word) for word in child.stdout.readline().split()]


def stat(utime: int, state: str = "S", threads: int = 1, name: str = "a) b") -> str:
    words = ["0"] * 50
    words[0], words[7], words[11], words[12], words[17] = state, "5", str(utime), "10", str(threads)
    words[21] = "20"
    return f"7 ({name}) " + " ".join(words) + "\n"


def member(pid: int, utime: int, children: str = "", **more: str) -> dict[str, str]:
    return {
        f"proc/{pid}/stat": stat(utime),
        f"proc/{pid}/io": "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n",
        f"proc/{pid}/schedstat": "1000000000 5000000 7\n",
        f"proc/{pid}/status": "Name:\tVmPTE: 9\nVmHWM:\t 8 kB\nVmPTE:\t 2 kB\n",
        f"proc/{pid}/task/{pid}/children": children,
        f"proc/{pid}/task/{pid}/schedstat": "1000000000 0 7\n",
        f"proc/{pid}/task/{pid}/status": "voluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n",
    } | {f"proc/{pid}/{name}": text for name, text in more.items()}


def server(root: Path, pid: int = 7) -> tuple[ProcessProbe, ...]:
    return process_probes([("server", pid)], root)


def test_cpu_time_and_faults_are_those_of_getrusage() -> None:
    """A child burns a known CPU time: /proc must say what the child's own getrusage says, to a tick or two."""
    with burner() as child:
        probes = process_probes([("server", child.pid)])
        before = reading(*probes)
        cpu_s, faults = burnt(child)
        found = reading(*probes)

    assert found["process.server.0.cpu_user"] + found["process.server.0.cpu_system"] == pytest.approx(cpu_s, abs=0.03)
    assert found["process.server.0.main_thread.run"] == pytest.approx(cpu_s, abs=0.03)
    assert found["process.server.0.run"] == pytest.approx(cpu_s, abs=0.03)
    assert found["process.server.0.faults"] == pytest.approx(faults, rel=0.02)
    grown = [found[f"{TREE}.cpu_{state}"] - before[f"{TREE}.cpu_{state}"] for state in ("user", "system")]
    assert sum(grown) == pytest.approx(0.3, abs=0.03)


def test_the_peak_remembers_what_was_given_back() -> None:
    """A child held 200 MB and gave them back before it was watched. (getrusage's peak is inherited over exec.)"""
    with burner() as child:
        found = reading(*process_probes([("server", child.pid)]))

    held = BLOCK_MB << 20
    assert held < found["process.server.0.rss_peak"] < held + (60 << 20)
    assert found["process.server.0.rss"] < held / 2


def test_threads_switches_and_files_of_this_process() -> None:
    """Threads that wait are counted, their switches are those of getrusage, which sums all threads."""
    gate = threading.Event()
    waiting = [threading.Thread(target=gate.wait) for _ in range(3)]
    for thread in waiting:
        thread.start()

    found = reading(*process_probes([("client", os.getpid())]))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    threads = threading.active_count()
    gate.set()
    for thread in waiting:
        thread.join()

    assert found["process.client.0.threads"] >= threads
    assert found["process.client.0.open_files"] == pytest.approx(len(list(Path("/proc/self/fd").iterdir())), abs=30)
    assert 0 < found["process.client.0.switches_voluntary"] <= usage.ru_nvcsw
    assert 0 <= found["process.client.0.switches_forced"] <= usage.ru_nivcsw
    assert 0 < found["process.client.0.pss"] <= found["process.client.0.rss"] * 1.1


def test_a_child_that_was_made_is_found_at_the_slow_pace() -> None:
    """The tree has two processes, each with columns of its own."""
    with burner("family") as child:
        fast, slow, _ = process_probes([("server", child.pid)])
        slow.read()
        found = reading(fast)

    assert found[f"{TREE}.processes"] == 2
    assert found[f"{TREE}.rss"] == found["process.server.0.rss"] + found["process.server.1.rss"]


def test_a_process_that_ends_is_an_absence_from_then_on() -> None:
    """NaN for its sums, no columns of its own, and the reason; reading goes on."""
    with burner() as child:
        fast, slow, peak = process_probes([("server", child.pid)])
        assert "process.server.0.rss" in reading(fast)
        child.kill()
        child.wait()
        found = reading(fast, slow, peak)

    assert "process.server.0.rss" not in found
    assert str(found[f"{TREE}.cpu_user"]) == "nan"
    assert "ended while it was watched" in reasons(fast)["process.server"]


def test_a_process_that_never_was_has_no_columns(tmp_path: Path) -> None:
    """Not even a sum of nothing."""
    probes = server(tmp_path)

    assert reading(*probes) == {}
    assert "process 7 is not there" in reasons(*probes)["process.server"]


def test_a_name_with_brackets_and_blanks_moves_nothing(tmp_path: Path) -> None:
    """A program may be called `a) b`, and its status may hold the names of keys."""
    found = reading(*server(plant(tmp_path, member(7, 250))))

    assert found["process.server.0.cpu_user"] == 250 / TICK
    assert found["process.server.0.rss"] == 20 * PAGE
    assert found["process.server.0.disk_written"] == 6
    assert found["process.server.0.page_tables"] == 2048
    assert found["process.server.0.rss_peak"] == 8192
    assert (found["process.server.0.switches_voluntary"], found["process.server.0.switches_forced"]) == (3, 4)
    assert str(found["process.server.0.pss"]) == "nan"


def test_what_an_ended_member_counted_stays_in_the_sum(tmp_path: Path) -> None:
    """CPU time of the tree never falls; memory does."""
    plant(tmp_path, member(7, 100, "8\n") | member(8, 300))
    fast, slow, _ = server(tmp_path)
    slow.read()
    both = reading(fast)

    plant(tmp_path, {"proc/8/stat": stat(300, state="Z"), "proc/7/stat": stat(150)})
    alone = reading(fast)

    assert both[f"{TREE}.cpu_user"] == pytest.approx(400 / TICK)
    assert alone[f"{TREE}.cpu_user"] == pytest.approx(450 / TICK)
    assert (both[f"{TREE}.rss"], alone[f"{TREE}.rss"]) == (40 * PAGE, 20 * PAGE)
    assert alone[f"{TREE}.processes"] == 1


def test_grandchildren_are_found_and_other_roles_are_not(tmp_path: Path) -> None:
    """The monitor may be a child of the client: its CPU time is not the client's."""
    files = member(7, 1, "8 9\n") | member(8, 1, "10\n") | member(9, 1, "11\n") | member(10, 1) | member(11, 1)
    fast, slow, _ = process_probes([("client", 7), ("monitor", 9)], plant(tmp_path, files))
    slow.read()

    found = reading(fast)

    assert (found["process.client.tree.processes"], found["process.monitor.tree.processes"]) == (3, 2)


def test_processes_beyond_a_limit_are_in_the_sum_only(tmp_path: Path) -> None:
    """A server that starts hundreds of processes does not decide how wide a row is."""
    pids = range(100, 100 + MOST_OWN + 4)
    files = member(7, 1, " ".join(map(str, pids)))
    for pid in pids:
        files |= member(pid, 10)
    fast, slow, _ = server(plant(tmp_path, files))
    slow.read()

    found = reading(fast)

    assert f"process.server.{MOST_OWN}.rss" not in found
    assert f"process.server.{MOST_OWN - 1}.rss" in found
    assert found[f"{TREE}.cpu_user"] == pytest.approx((1 + 10 * (MOST_OWN + 4)) / TICK)
    assert "in process.server.tree only" in reasons(fast)["process.server.<n>"]


def test_a_file_that_is_missing_takes_no_other_along(tmp_path: Path) -> None:
    """A kernel without I/O accounting: NaN there, a reason, and the rest is read."""
    files = member(7, 5)
    del files["proc/7/io"]
    probes = server(plant(tmp_path, files))

    found = reading(*probes)

    assert str(found["process.server.0.disk_read"]) == "nan"
    assert found["process.server.0.cpu_user"] == 5 / TICK
    assert "No such file" in reasons(*probes)["process.server.io"]


def test_what_an_ended_thread_ran_stays_in(tmp_path: Path) -> None:
    """The kernel forgets its figures; the sum over threads must not fall."""
    files = member(7, 5) | {
        "proc/7/task/70/schedstat": "2000000000 0 9\n",
        "proc/7/task/70/status": "voluntary_ctxt_switches:\t30\nnonvoluntary_ctxt_switches:\t40\n",
    }
    _, slow, _ = server(plant(tmp_path, files))
    with_both = reading(slow)

    for name in ("schedstat", "status"):
        (tmp_path / f"proc/7/task/70/{name}").unlink()
    (tmp_path / "proc/7/task/70").rmdir()
    with_one = reading(slow)

    for found in (with_both, with_one):
        assert found["process.server.0.run"] == 3.0
        assert found["process.server.0.switches_voluntary"] == 33
