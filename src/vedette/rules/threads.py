"""How many threads a process may use, and how they are shared out. All that decides this lives in this file.

    allowed cores (affinity), CPU quota (control group) -> usable cores -> streams x threads

A process that runs more threads than its quota pays for is put to sleep in the middle of its work, so the quota counts
and not the cores of the machine. Which precision or runtime is quicker is measured elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vedette.values.execution import Optimise
from vedette.values.host import Host

BF16_FEATURES = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Instruction sets that multiply bfloat16 numbers; each is enough."""


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """`streams` batches at the same time, `threads` threads for each."""

    streams: int
    threads: int

    def __str__(self) -> str:
        return f"{self.streams} x {self.threads} threads"


def usable_cores(host: Host) -> int:
    """The cores that the allowed ones and the quota both leave, at least 1.

    A quota is rounded down: half a core would be shared by a whole thread that then waits. A quota below 1 still counts
    as 1, because one thread is the least that works.
    """
    quota = host.allowed_cores if host.quota_cores is None else math.floor(host.quota_cores)
    return max(1, min(host.allowed_cores, quota))


def thread_plan(host: Host, optimise: Optimise) -> ThreadPlan:
    """One stream a core for throughput; one stream on all cores for latency."""
    cores = usable_cores(host)
    return ThreadPlan(cores, 1) if optimise is Optimise.THROUGHPUT else ThreadPlan(1, cores)


def has_bf16(host: Host) -> bool:
    """Whether the processor multiplies bfloat16 numbers by itself."""
    return not BF16_FEATURES.isdisjoint(host.features)
