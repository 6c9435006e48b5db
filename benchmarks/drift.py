"""How far is a loop from itself, some time later? What no plan on this machine can be better than.

    one bare loop a core, all at once -> the time of every inference -> mean before an instant against the mean after it

The loop is one process a core with one thread, the same input again and again, nothing of ours around it. At every
second of the record the slowest core's mean over `LOOK_S` is held against its mean over a run that begins after a gap:
that is what a plan does with a profile that is so old. Medians and 90th percentiles of the difference are told.

    python -m benchmarks.drift --minutes 8 --json docs/benchmarks/drift.json
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bare import bare_infer
from benchmarks.evidence import environment, write
from vedette.adapters.config.home import default_home
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.wiring.devices import ProcessDevices
from vedette.wiring.instances import find_manifest

MODEL = "efficientnet-lite0"
EXECUTION = Execution(RuntimeName.ONNXRUNTIME, Precision.FP32, "cpu", 1, 1)
LOOK_S, GAPS_S, RUNS_S = 20.0, (3.0, 10.0, 30.0, 60.0, 120.0), (3.0, 6.0, 12.0, 30.0)
_LEAD_S, _FEWEST_MINUTES = 5.0, 4

Series = NDArray[np.float64]
"""Instants and times of inferences, in seconds; shape (n, 2)."""


def main() -> None:
    """Measure, print, and write the evidence."""
    asked = _options()
    cores = sorted(ProcessDevices().free_cores())
    with tempfile.TemporaryDirectory(prefix="vedette-drift-") as scratch:
        files = [Path(scratch) / f"{core}.npy" for core in cores]
        begin = time.monotonic() + _LEAD_S
        arguments = [
            (asked.model, core, begin, 60 * asked.minutes, file) for core, file in zip(cores, files, strict=True)
        ]
        loops = [get_context("spawn").Process(target=_loop, args=each) for each in arguments]
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join()
        series = [np.load(file) for file in files]
    rows = [_row(series, gap, run) for gap in GAPS_S for run in RUNS_S]
    for row in rows:
        print(
            f"{row['gap_s']:5.0f} s later, over {row['run_s']:3.0f} s: median {row['median']:.1%}  p90 {row['p90']:.1%}"
        )
    settings = {"model": asked.model, "execution": str(EXECUTION), "minutes": asked.minutes, "look_s": LOOK_S}
    halves = [_half_minutes(one) for one in series]
    write(
        asked.json,
        {"benchmark": "drift", "rows": rows, "mean_ms_of_30_s": halves, **settings, "environment": environment()},
    )


def _loop(model: str, core: int, begin: float, seconds: float, file: Path) -> None:
    """The process of one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    manifest = find_manifest(model, lambda _: None)
    assert manifest.input is not None, "a model of images"
    infer = bare_infer(manifest, EXECUTION, default_home() / ".cache" / "graphs")
    size = manifest.input.size
    row = np.zeros((1, size.height, size.width, 3), np.uint8)
    infer(0, row)
    rows = []
    while time.monotonic() < begin:
        infer(0, row)
    while (began := time.monotonic()) < begin + seconds:
        infer(0, row)
        rows.append((began - begin, time.monotonic() - began))
    np.save(file, np.array(rows))


def _row(series: Sequence[Series], gap_s: float, run_s: float) -> dict[str, float]:
    last = min(float(one[-1, 0]) for one in series) - gap_s - run_s
    errors = []
    for now in np.arange(LOOK_S, last, 1.0):
        before = max(_mean(one, now - LOOK_S, now) for one in series)
        after = max(_mean(one, now + gap_s, now + gap_s + run_s) for one in series)
        errors.append(abs(after - before) / after)
    return {
        "gap_s": gap_s,
        "run_s": run_s,
        "median": float(np.median(errors)),
        "p90": float(np.quantile(errors, 0.9)),
        "count": len(errors),
    }


def _mean(series: Series, begin: float, end: float) -> float:
    low, high = np.searchsorted(series[:, 0], (begin, end))
    return float(series[low:high, 1].mean())


def _half_minutes(series: Series) -> list[float]:
    return [1e3 * _mean(series, begin, begin + 30) for begin in np.arange(0.0, float(series[-1, 0]) - 29, 30.0)]


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--model", default=MODEL, help="a classifier")
    parser.add_argument("--minutes", type=float, default=8.0, help="how long, 4 at least")
    chosen = parser.parse_args()
    if chosen.minutes < _FEWEST_MINUTES:
        parser.error(f"--minutes {chosen.minutes:g} hold no run after two minutes: take 4 at least")
    return chosen


if __name__ == "__main__":
    main()
