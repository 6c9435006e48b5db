"""The monitor as its own process, on this machine."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_tree import plant

from vedette.adapters.store.samples_log import read_samples
from vedette.flows.monitor.sampler import Watched, WatchOrder
from vedette.rules.monitor.rates import process_cpu_s, rate, why_absent
from vedette.rules.monitor.table import features_page
from vedette.values.reading import Samples
from vedette.wiring.monitor import catalogue, monitor, offer, probes

DOCS = Path(__file__).parents[2] / "docs/features.md"
RUN = """
import json, sys
from pathlib import Path
from vedette.wiring.monitor import WatchOrder, Watched, run_monitor
told = json.loads(sys.argv[1])
run_monitor(WatchOrder(tuple(Watched(*one) for one in told["watched"]), told["hz"]), Path(told["file"]))
assert "numpy" not in sys.modules and "pyarrow" not in sys.modules
"""
BURN = """
import resource, sys
def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime
for line in sys.stdin:
    start = used()
    while used() - start < 0.4:
        pass
    print(used() - start, flush=True)
"""
needs_proc = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="the monitor reads /proc")


class Turns:
    """A wait that ends after some samples, without letting time pass; `between` is called before each."""

    def __init__(self, samples: int, between=lambda turn: None) -> None:
        self.left, self.between = samples, between

    def until(self, instant_ns: int) -> bool:
        self.left -= 1
        self.between(self.left)
        return self.left < 0


def started(file: Path, *watched: tuple[str, int], hz: float = 50) -> subprocess.Popen[bytes]:
    told = json.dumps({"watched": watched, "hz": hz, "file": str(file)})
    return subprocess.Popen([sys.executable, "-c", RUN, told], stdin=subprocess.PIPE, stderr=subprocess.PIPE)


def burner() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def burnt(child: subprocess.Popen[str]) -> float:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("go\n")
    child.stdin.flush()
    return float(child.stdout.readline())


def sampled(file: Path, size: int) -> None:
    """Return once the log has grown to a size; the monitor flushes once a second."""
    while not file.exists() or file.stat().st_size < size:
        os.sched_yield()


@needs_proc
def test_a_burn_of_known_cpu_time_is_seen_from_another_process(tmp_path: Path) -> None:
    """What the child's own getrusage says it burnt, the samples say it used; and the log ends in order."""
    child = burner()
    burnt(child)
    watcher = started(tmp_path / "log", ("server", child.pid))
    sampled(tmp_path / "log", 1000)
    told = burnt(child)
    watcher.communicate()
    child.communicate()

    samples = read_samples(tmp_path / "log")

    assert watcher.returncode == 0
    assert process_cpu_s(samples, "server") == pytest.approx(told, abs=0.05)
    assert samples.cpu_s > 0
    assert samples.peaks["process.server.0.rss_peak"] > 0
    assert {one.name for one in samples.peak_features} >= samples.peaks.keys()
    assert {one.name for one in samples.features} == samples.columns.keys()


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_monitor_that_is_ended_leaves_what_it_read(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM ends it in order, a kill in the middle; Ctrl-C is the parent's, and ends nothing."""
    watcher = started(tmp_path / "log", ("server", os.getpid()))
    sampled(tmp_path / "log", 60_000)
    watcher.send_signal(number)
    if number is signal.SIGINT:
        assert watcher.stdin is not None
    else:
        watcher.wait()
    watcher.communicate()

    samples = read_samples(tmp_path / "log")

    assert watcher.returncode == (-number if number is signal.SIGKILL else 0)
    assert len(samples.at_ns) >= 2
    assert not math.isnan(samples.columns["system.cpu.user"][0])


@needs_proc
def test_a_server_that_dies_is_absent_from_then_on(tmp_path: Path) -> None:
    """Its columns end in NaN, the reason is there, and the monitor watches on."""
    child = burner()

    def end(left: int) -> None:
        if left == 2:
            child.communicate()

    monitor(WatchOrder((Watched("server", child.pid),)), tmp_path / "log", Turns(6, end))

    samples = read_samples(tmp_path / "log")
    used = samples.columns["process.server.tree.cpu_user"]
    assert [math.isnan(value) for value in used] == [False] * 3 + [True] * 3
    assert any(one.name == "process.server" and "ended" in one.reason for one in samples.absences)
    assert not math.isnan(samples.columns["system.cpu.user"][-1])


@needs_proc
def test_at_least_164_features_are_read_on_this_machine() -> None:
    """Each has a unit, a source and a meaning; what is absent says why."""
    found = offer()

    read = {feature.name for feature, value in found.features if not math.isnan(value)}
    assert len(read) >= 164
    assert all(feature.unit and feature.source and feature.meaning for feature, _ in found.features)
    assert all(absence.reason for absence in found.absences)


@needs_proc
def test_everything_that_is_read_is_in_the_catalogue() -> None:
    """With the names of this machine in the places; the meaning is the same."""
    places = re.compile(r"<\w+>")
    patterns = {
        (re.compile(r"[^ ]+".join(map(re.escape, places.split(one.name))) + "$"), one.meaning) for one in catalogue()
    }

    for feature, _ in offer().features:
        assert any(name.match(feature.name) and feature.meaning == meaning for name, meaning in patterns), feature


def test_the_page_of_features_is_what_the_code_reads() -> None:
    """After a change: write `features_page(catalogue())` to docs/features.md."""
    assert DOCS.read_text() == features_page(catalogue())


def test_a_system_without_proc_has_reasons_for_everything(tmp_path: Path) -> None:
    """No feature, no crash."""
    found = probes(WatchOrder((Watched("server", 7),)), tmp_path)

    assert [feature for probe in found for feature in probe.features if feature.source != "NVML"] == []
    names = {absence.name for probe in found for absence in probe.absences}
    assert {"system.cpu", "memory", "process.server", "cgroup.server", "energy.rapl", "core.frequency"} <= names


def test_a_control_group_that_is_shared_is_read_once(tmp_path: Path) -> None:
    """The second role says whose figures are its own, too."""
    plant(
        tmp_path,
        {
            "proc/self/mountinfo": "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            "proc/7/cgroup": "0::/\n",
            "proc/8/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.current": "5\n",
        },
    )

    found = probes(WatchOrder((Watched("server", 7), Watched("client", 8))), tmp_path)

    names = {feature.name for probe in found for feature in probe.features}
    said = {absence.name: absence.reason for probe in found for absence in probe.absences}
    assert "cgroup.server.memory.usage" in names
    assert "cgroup.client.memory.usage" not in names
    assert said["cgroup.client"] == "same control group as cgroup.server"


def summary(samples: Samples) -> tuple[str | None, int]:
    return why_absent(samples, "energy.rapl.package-0"), len(rate(samples, "system.context_switches")[0])


@needs_proc
def test_samples_answer_the_rules(tmp_path: Path) -> None:
    """Rates come out of what was really read, and reasons for what was not."""
    monitor(WatchOrder(), tmp_path / "log", Turns(4))

    reason, rates = summary(read_samples(tmp_path / "log"))

    assert rates == 3
    assert reason is None or reason
