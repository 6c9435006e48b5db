"""From process start to the printed answer: `vedette run` on one photo, caches warm; and where it goes."""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.evidence import environment, json_option, median_interval, write
from vedette.clock import SystemClock
from vedette.wiring.instances import PHOTOS

RUNS = 21
BAR_S = 1.0
COMMAND = (sys.executable, "-m", "vedette", "run", str(PHOTOS / "chelsea.jpg"), "--model", "efficientnet-lite0")


def main() -> None:
    """Measure, print, and write the evidence."""
    file = json_option(__doc__ or "")
    clock = SystemClock()
    subprocess.run(COMMAND, check=True, capture_output=True)
    seconds = []
    for _ in range(RUNS):
        started = clock.now_ns()
        subprocess.run(COMMAND, check=True, capture_output=True)
        seconds.append((clock.now_ns() - started) / 1e9)
    profile = subprocess.run([*COMMAND, "--profile-start"], check=True, capture_output=True, text=True).stderr
    found = median_interval(seconds)
    evidence = {
        "benchmark": "start",
        "seconds": found["median"],
        "interval": found,
        "bar_s": BAR_S,
        "met": found["median"] <= BAR_S,
        "runs": [round(value, 3) for value in seconds],
        "minimum": min(seconds),
        "mean": statistics.mean(seconds),
        "profile": profile.splitlines(),
        "environment": environment(),
    }
    print(f"start to answer: {found['median']:.3f} s [{found['low']:.3f}, {found['high']:.3f}] over {RUNS} runs")
    print(profile, end="")
    write(file, evidence)


if __name__ == "__main__":
    main()
