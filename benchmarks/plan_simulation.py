"""How many images the simulation of a rate plan works off in a minute, on one core.

Rounds of a few cases, each at 80 % of what its replicas serve; times are processor times of this process, so that what
else runs on the machine counts as little as can be. Before anything is timed, one case is compared with its closed
form.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.evidence import environment, json_option, median_interval, write
from vedette.rules.batching.policy import BatchPolicy
from vedette.rules.capacity.queueing import MDc, most_rate
from vedette.rules.capacity.simulation import Routing, Servers, arrivals, simulate

ROUNDS = 7
IMAGES = 50_000
LOAD = 0.8
BAR_PER_MINUTE = 1_000_000
TIMES_S = (0.010, 0.013, 0.0155, 0.018, 0.0205, 0.023, 0.0255, 0.028)
SEED = 6
TOLERANCE = 0.1


def cases() -> dict[str, Servers]:
    """Single rows, batches with a window, and replicas with each way to route."""
    taken = [0, *(round(time * 1e9) for time in TIMES_S)]

    def duration(rows: int, _image: int, _replica: int) -> int:
        return taken[rows]

    batched = BatchPolicy(8, 10_000_000)
    return {
        "1 replica, single rows": Servers(BatchPolicy(), duration),
        "1 replica, batches of 8, 10 ms": Servers(batched, duration),
        "8 replicas in turn, batches of 8, 10 ms": Servers(batched, duration, 8),
        "8 replicas least-loaded, batches of 8, 10 ms": Servers(batched, duration, 8, routing=Routing.LEAST_LOADED),
    }


def per_minute(servers: Servers, seed: int) -> float:
    """Images a minute of processor time."""
    rate = LOAD * most_rate(TIMES_S[: servers.policy.size], servers.replicas)
    arrived = arrivals(np.random.default_rng(seed).standard_exponential(IMAGES), rate)
    started = time.process_time_ns()
    simulate(arrived, servers)
    return IMAGES / (time.process_time_ns() - started) * 60e9


def sane() -> bool:
    """Whether single rows wait as M/D/1 does."""
    rate = 0.5 / TIMES_S[0]
    arrived = arrivals(np.random.default_rng(SEED).standard_exponential(IMAGES), rate)
    trace = simulate(arrived, cases()["1 replica, single rows"])
    exact = MDc(rate, TIMES_S[0]).mean_wait
    return abs(float((trace.began_ns - arrived).mean()) / 1e9 / exact - 1) < TOLERANCE


def main() -> None:
    """Measure in turns, print, and write the evidence."""
    file = json_option(__doc__ or "")
    if not sane():
        raise SystemExit("the simulation is not M/D/1 where it should be: nothing was measured")
    rounds = [{name: per_minute(servers, SEED + turn) for name, servers in cases().items()} for turn in range(ROUNDS)]
    rows: list[dict[str, Any]] = []
    for name in cases():
        figures = median_interval([one[name] for one in rounds])
        met = figures["median"] >= BAR_PER_MINUTE
        rows.append({"case": name, "images_per_minute": figures, "bar": BAR_PER_MINUTE, "met": met})
        print(
            f"{name:45} {figures['median'] / 1e6:6.2f} million images a minute "
            f"[{figures['low'] / 1e6:.2f}, {figures['high'] / 1e6:.2f}], bar 1: {'met' if met else 'MISSED'}"
        )
    evidence = {
        "benchmark": "plan_simulation",
        "rows": rows,
        "met": all(row["met"] for row in rows),
        "settings": {"rounds": ROUNDS, "images": IMAGES, "load": LOAD, "times_s": TIMES_S, "seed": SEED},
        "environment": environment(),
    }
    write(file, evidence)


if __name__ == "__main__":
    main()
