"""Settings of the whole process, and work that leaves the cores to the rest of it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import colour_manifest, write_colour_model

from vedette.adapters.runtimes import openvino
from vedette.adapters.runtimes.openvino import OpenVinoLoader
from vedette.clock import SystemClock
from vedette.flows.inference.proof import warm_up
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.station import Loaded
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.wiring.process import gently

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
SIDE = 8
_NICENESS = 16
"""Word of /proc/PID/task/TID/stat behind the name in brackets (proc(5))."""

COUNT = """
from pathlib import Path
from vedette.wiring.process import spare_blas_threads
spare_blas_threads()
import numpy, cv2
print(len(list(Path("/proc/self/task").iterdir())))
"""


def niceness() -> dict[int, int]:
    """Of every thread of this process, as the system tells it."""
    threads = Path("/proc/self/task").iterdir()
    return {
        int(one.name): int((one / "stat").read_text().rpartition(")")[2].split()[_NICENESS])
        for one in threads
        if (one / "stat").exists()
    }


def threads_with(number: str | None) -> int:
    """Threads of a process that asked to spare those of linear algebra, and then imported what brings it."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    if number is not None:
        environment["OPENBLAS_NUM_THREADS"] = number
    told = subprocess.run([sys.executable, "-c", COUNT], env=environment, check=True, capture_output=True, text=True)
    return int(told.stdout)


def fail() -> None:
    raise ZeroDivisionError


@linux
def test_linear_algebra_has_no_threads_of_its_own_unless_the_user_asks_for_some() -> None:
    """NumPy and OpenCV are imported, and the process has one thread; a number that is set already stays."""
    assert threads_with(None) == 1
    if (os.cpu_count() or 1) > 1:
        assert threads_with("2") > 1


@linux
def test_gentle_work_has_a_lower_priority_than_the_thread_that_waits_for_it() -> None:
    """The waiting thread keeps its own, and what the work raises is raised."""
    seen: list[tuple[int, int]] = []
    before = niceness()[threading.get_native_id()]

    gently(lambda: seen.append((threading.get_native_id(), niceness()[threading.get_native_id()])))

    ((worker, during),) = seen
    assert worker != threading.get_native_id()
    assert during == min(before + 10, 19)
    assert niceness()[threading.get_native_id()] == before
    with pytest.raises(ZeroDivisionError):
        gently(fail)


@linux
@pytest.mark.parametrize("bound", [1, openvino.COPIES_BYTES], ids=["shared", "copies"])
def test_a_model_that_was_warmed_up_gently_has_no_thread_of_a_lower_priority(bound, tmp_path, monkeypatch) -> None:
    """What an engine starts at its first inference would stay slow for good: it starts nothing then."""
    monkeypatch.setattr(openvino, "COPIES_BYTES", bound)
    execution = Execution(RuntimeName.OPENVINO, Precision.FP32, "cpu", streams=2, threads=1)
    manifest = colour_manifest(write_colour_model(tmp_path / "colour.onnx", SIDE), SIDE)
    runtime = OpenVinoLoader(tmp_path / "compiled", side_by_side=False).load(manifest, execution)
    loaded = Loaded(Instance(manifest, runtime), open_tensors=lambda: runtime)
    workers: list[int] = []

    def work() -> None:
        workers.append(threading.get_native_id())
        warm_up(loaded, 2, SystemClock(), together=False)

    before = niceness()
    gently(work)
    after = niceness()

    assert {thread for thread in after if thread not in before} <= set(workers)
    assert all(after[thread] == nice for thread, nice in before.items() if thread in after)
    assert np.isfinite(runtime.infer(np.zeros((1, SIDE, SIDE, 3), np.uint8))[0]).all()
    runtime.close()
