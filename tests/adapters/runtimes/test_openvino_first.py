"""The first inferences of a process may come at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fakes import write_colour_model

FIRST_AT_ONCE = """
import faulthandler, sys, threading
faulthandler.dump_traceback_later(40, exit=True)
from pathlib import Path
import numpy as np
import openvino
from fakes import colour_manifest
from vedette.adapters.runtimes.openvino import OpenVinoLoader
from vedette.values.execution import Execution, Precision, RuntimeName

folder = Path(sys.argv[1])
from dataclasses import replace
manifest = replace(colour_manifest("colour.onnx", 8), file=str(folder / "colour.onnx"))
runtime = OpenVinoLoader(folder).load(manifest, Execution(RuntimeName.OPENVINO, Precision.FP32, "cpu", 4, 1))
barrier = threading.Barrier(4)
sys.setswitchinterval(1e-7)  # hand the interpreter over as often as can be

def first():
    barrier.wait()
    openvino.Type.u8.to_dtype()  # what an inference begins with
    runtime.infer(np.zeros((1, 8, 8, 3), np.uint8))

threads = [threading.Thread(target=first) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("answered")
"""


@pytest.mark.parametrize("attempt", range(2))
def test_first_inferences_at_the_same_time_all_answer(attempt: int, tmp_path: Path) -> None:
    """Without care in the loader nearly every such process stands still for ever (24 of 25 did)."""
    write_colour_model(tmp_path / "colour.onnx", 8)

    ran = subprocess.run(
        [sys.executable, "-c", FIRST_AT_ONCE, str(tmp_path)],
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.stdout == "answered\n", ran.stderr
