"""Processor times, switches, load, pressure and run queues, against the system's own answers and a fake /proc."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.processor import MOST_CORES, processor_probes

STAT = (
    "cpu  300 20 100 4000 50 6 7 80 9 10\n"
    "cpu0 100 10 50 2000 25 3 3 40 4 5\n"
    "cpu1 200 10 50 2000 25 3 4 40 5 5\n"
    "intr 12345 0 0 7 0 99\nctxt 777\nbtime 1\nprocesses 55\nprocs_running 2\nprocs_blocked 1\n"
    "softirq 66 1 2 3 4 5 6 7 8 9 10\n"
)
PRESSURE = (
    "some avg10=0.24 avg60=0.47 avg300=0.25 total=2000000\nfull avg10=0.10 avg60=0.20 avg300=0.30 total=1000000\n"
)
SCHEDSTAT = (
    "version 15\ntimestamp 4294\ncpu0 0 0 0 0 0 0 5000000000 2000000000 40\ndomain0 3 1 2 3\n"
    "cpu1 0 0 0 0 0 0 1000000000 0 4\n"
)
FILES = {
    "proc/stat": STAT,
    "proc/loadavg": "0.15 0.51 1.11 1/95 23756\n",
    "proc/pressure/io": PRESSURE,
    "proc/schedstat": SCHEDSTAT,
}
TICK = os.sysconf("SC_CLK_TCK")


def test_the_lines_of_stat_become_seconds_and_counts(tmp_path: Path) -> None:
    """All cores together, each core, switches, interrupts in total and deferred ones by kind."""
    found = reading(*processor_probes(plant(tmp_path, FILES)))

    assert found["system.cpu.user"] == 300 / TICK
    assert found["system.cpu.steal"] == 80 / TICK
    assert found["system.cpu.guest_nice"] == pytest.approx(10 / TICK)
    assert found["core.1.cpu.user"] == 200 / TICK
    assert found["core.0.cpu.idle"] == 2000 / TICK
    assert found["system.interrupts"] == 12345
    assert (found["system.context_switches"], found["system.forks"]) == (777, 55)
    assert (found["system.running"], found["system.blocked"]) == (2, 1)
    assert (found["system.softirq.all"], found["system.softirq.net_rx"], found["system.softirq.rcu"]) == (66, 4, 10)


def test_load_pressure_and_run_queues(tmp_path: Path) -> None:
    """Each from its file, in the units that are named."""
    found = reading(*processor_probes(plant(tmp_path, FILES)))

    assert (found["system.load.1m"], found["system.load.15m"]) == (0.15, 1.11)
    assert (found["system.tasks.runnable"], found["system.tasks.all"]) == (1, 95)
    assert (found["pressure.io.some.avg10"], found["pressure.io.full.avg300"]) == (0.24, 0.30)
    assert (found["pressure.io.some.stalled"], found["pressure.io.full.stalled"]) == (2.0, 1.0)
    assert (found["core.0.sched.run"], found["core.0.sched.wait"], found["core.1.sched.slices"]) == (5.0, 2.0, 4)


def test_a_core_that_is_switched_off_takes_its_columns_along(tmp_path: Path) -> None:
    """The figures of the others stay theirs."""
    stat = processor_probes(plant(tmp_path, FILES))[0]

    plant(tmp_path, {"proc/stat": STAT.replace("cpu0 100 10 50 2000 25 3 3 40 4 5\n", "")})

    found = reading(stat)
    assert "core.0.cpu.user" not in found
    assert found["core.1.cpu.user"] == 200 / TICK
    assert found["system.context_switches"] == 777


def test_an_old_kernel_with_fewer_states_has_fewer_features(tmp_path: Path) -> None:
    """Linux before 2.6.11 had no steal: no column, not a 0."""
    plant(tmp_path, {"proc/stat": "cpu  3 2 1 4 5 6 7\ncpu0 3 2 1 4 5 6 7\nctxt 9\n"})

    found = reading(processor_probes(tmp_path)[0])

    assert "system.cpu.softirq" in found
    assert "system.cpu.steal" not in found


def test_more_cores_than_fit_are_told(tmp_path: Path) -> None:
    """A row of a machine with hundreds of cores would be nothing but cores."""
    cores = "".join(f"cpu{core} 1 1 1 1 1 1 1 1 1 1\n" for core in range(MOST_CORES + 6))
    stat = processor_probes(plant(tmp_path, {"proc/stat": f"cpu  9 9 9 9 9 9 9 9 9 9\n{cores}ctxt 5\n"}))[0]

    assert sum(name.endswith(".cpu.user") for name in reading(stat)) == MOST_CORES + 1
    assert f"the first {MOST_CORES} of {MOST_CORES + 6} cores" in reasons(stat)["core"]


def test_a_system_without_proc_has_reasons_only(tmp_path: Path) -> None:
    """One for each file."""
    probes = processor_probes(tmp_path)

    assert reading(*probes) == {}
    assert {"system.cpu", "system", "pressure.cpu", "pressure.io", "core.N.sched"} <= reasons(*probes).keys()


def test_load_is_that_of_the_standard_library() -> None:
    """os.getloadavg asks the kernel another way, and gives more digits; the load changes every 5 s."""
    for _ in range(3):
        before, found, after = os.getloadavg(), reading(*processor_probes()), os.getloadavg()
        if before == after:
            break

    assert found["system.load.1m"] == pytest.approx(before[0], abs=0.006)
    assert found["system.load.15m"] == pytest.approx(before[2], abs=0.006)


def test_the_machine_works_at_least_as_much_as_this_process() -> None:
    """CPU time that getrusage counts for us is in the machine's user and system time."""
    (stat, *_) = processor_probes()
    before, own_before = reading(stat), resource.getrusage(resource.RUSAGE_SELF)

    sum(value * value for value in range(2_000_000))

    after, own_after = reading(stat), resource.getrusage(resource.RUSAGE_SELF)
    own = own_after.ru_utime - own_before.ru_utime
    busy = sum(after[f"system.cpu.{state}"] - before[f"system.cpu.{state}"] for state in ("user", "nice", "system"))
    cores = sum(after[f"core.{core}.cpu.user"] for core in range(os.cpu_count() or 1))
    assert own > 0.05
    assert busy > own - 0.05
    assert cores == pytest.approx(after["system.cpu.user"], abs=0.02 * (os.cpu_count() or 1))
