"""The p99 that the simulation of a plan gives for arrivals that were really sent: what chance did in them is no error.

    when images were due, ReplicaKind, policy -> runs with other times of batches and paces of processes -> Prediction

A p99 of some thousand requests differs from one run to the next by a tenth, near saturation by a third, because of the
arrivals alone. Who knows them can tell that from an error of the model of service times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.rules.batching.policy import BatchPolicy
from vedette.rules.capacity.replicas import P99, Case, interval_of_run, times_of
from vedette.rules.capacity.service_time import durations, longer_after_idle
from vedette.rules.capacity.simulation import Servers, simulate
from vedette.rules.stats.quantiles import nearest_rank
from vedette.values.plan import Prediction

RUNS = 12


def replayed_p99_ms(case: Case, policy: BatchPolicy, due_ns: NDArray[np.int64], cut: float) -> Prediction:
    """Mean and interval of the p99 over runs with the same arrivals, images going to the replicas in turn.

    Args:
        case: replicas; its rate is not looked at.
        policy: of each.
        due_ns: when images arrive, ascending.
        cut: share of them at the start that does not count.

    Raises:
        UsageError: the curve does not reach from one row to the largest batch.
        ValueError: nothing arrives.
    """
    times = times_of(case.kind, case.judge, policy.size)
    idle = longer_after_idle(times, case.kind.after_idle)
    found = []
    for seed in range(case.effort.seed, case.effort.seed + RUNS):
        servers = Servers(policy, durations(times, len(due_ns), case.count, seed), case.count, idle=idle)
        latency = simulate(due_ns, servers).latency_ns
        found.append(nearest_rank(latency[round(cut * len(latency)) :] / 1e6, P99))
    return interval_of_run(found)
