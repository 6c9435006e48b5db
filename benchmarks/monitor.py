"""What the monitor costs: CPU time of its own process, as a share of one core, at 10 Hz and at 100 Hz.

    python benchmarks/monitor.py [--json FILE]

It watches one server process that works in short turns, and this process as the client: three trees with itself. Each
run lasts 10 s; runs at both paces alternate. Three figures a run, by the exact time that its main thread ran:

    fast     at the pace, the slow set once in the run (its cost is in the start, which is cut off)
    all      at the pace, the slow set once a second, as `vedette bench run` does
    start    CPU time until the first second was sampled: imports and the opening of files, spent before the load

The bars are for `fast`: <= 1 % at 10 Hz and <= 5 % at 100 Hz. The features that were really read are counted as well.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evidence import environment, json_option, write
from vedette.adapters.store.samples_log import read_samples

BARS = {10.0: 0.01, 100.0: 0.05}
FEATURES_BAR = 164
RUNS = 5
RUN_S = 10.0
START_NS = 1_000_000_000
RARE_HZ = 0.01

_MONITOR = """
import json, sys
from pathlib import Path
from vedette.wiring.monitor import WatchOrder, Watched, run_monitor
told = json.loads(sys.argv[1])
watched = tuple(Watched(*one) for one in told["watched"])
run_monitor(WatchOrder(watched, told["hz"], told["slow_hz"]), Path(told["file"]))
"""
_SERVER = """
import select, sys
while not select.select([sys.stdin], [], [], 0.01)[0]:
    sum(range(20000))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: share of a core once it had started, CPU seconds of the start and of all, samples, features read."""

    share: float
    start_s: float
    cpu_s: float
    samples: int
    features: int
    took_us: float


def measure(hz: float, slow_hz: float) -> Cost:
    """Run the monitor once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "samples.log"
        server = subprocess.Popen([sys.executable, "-c", _SERVER], stdin=subprocess.PIPE)
        watched = [("server", server.pid), ("client", os.getpid())]
        told = json.dumps({"watched": watched, "hz": hz, "slow_hz": slow_hz, "file": str(file)})
        monitor = subprocess.Popen([sys.executable, "-c", _MONITOR, told], stdin=subprocess.PIPE)
        time.sleep(RUN_S)
        for process in (monitor, server):
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
        return _cost(file)


def _cost(file: Path) -> Cost:
    samples = read_samples(file)
    at_ns, ran_s = samples.at_ns, samples.columns["process.monitor.0.main_thread.run"]
    first = int(np.searchsorted(at_ns, at_ns[0] + START_NS))
    read = sum(bool(np.any(~np.isnan(column))) for column in samples.columns.values()) + len(samples.peaks)
    return Cost(
        share=float(ran_s[-1] - ran_s[first]) / (float(at_ns[-1] - at_ns[first]) / 1e9),
        start_s=float(ran_s[first]),
        cpu_s=samples.cpu_s,
        samples=len(at_ns),
        features=read,
        took_us=float(np.median(samples.took_ns)) / 1e3,
    )


def main() -> None:
    """Measure, print and write."""
    file = json_option(__doc__ or "")
    costs: dict[tuple[float, float], list[Cost]] = {}
    for _ in range(RUNS):
        for hz in BARS:
            for slow_hz in (RARE_HZ, 1.0):
                costs.setdefault((hz, slow_hz), []).append(measure(hz, slow_hz))
    results = [_result(hz, slow_hz, runs) for (hz, slow_hz), runs in costs.items()]
    for one in results:
        verdict = "" if one["bar"] is None else f"   bar {one['bar']:.0%}: {'met' if one['met'] else 'MISSED'}"
        spread = f"({one['lowest']:.2%} to {one['highest']:.2%})"
        cost = f"{one['took_us']:.0f} us a sample, start {one['start_s']:.2f} s CPU"
        print(f"{one['hz']:5.0f} Hz {one['set']:4}  {one['share']:.2%} of a core {spread}, {cost}{verdict}")
    features = min(one["features"] for one in results)
    print(f"features read: {features}   bar {FEATURES_BAR}: {'met' if features >= FEATURES_BAR else 'MISSED'}")
    evidence = {
        "environment": environment(),
        "settings": {"runs": RUNS, "run_s": RUN_S, "start_cut_s": START_NS / 1e9, "slow_hz_all": 1.0},
        "results": results,
        "features": {"read": features, "bar": FEATURES_BAR, "met": features >= FEATURES_BAR},
    }
    write(file, evidence)


def _result(hz: float, slow_hz: float, runs: list[Cost]) -> dict[str, Any]:
    shares = [run.share for run in runs]
    share = statistics.median(shares)
    fast = slow_hz == RARE_HZ
    return {
        "hz": hz,
        "set": "fast" if fast else "all",
        "share": share,
        "lowest": min(shares),
        "highest": max(shares),
        "shares": shares,
        "took_us": statistics.median(run.took_us for run in runs),
        "start_s": statistics.median(run.start_s for run in runs),
        "cpu_s": statistics.median(run.cpu_s for run in runs),
        "samples": [run.samples for run in runs],
        "features": min(run.features for run in runs),
        "bar": BARS[hz] if fast else None,
        "met": share <= BARS[hz] if fast else None,
    }


if __name__ == "__main__":
    main()
