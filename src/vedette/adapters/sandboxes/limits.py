"""What any user may enforce: the binding to cores, and a backstop for memory.

A limit of the address space (RLIMIT_AS) does harm: an engine of 300 MB reserves 1.2 GB of addresses that it never
touches, and would be refused memory that it does not use. A limit of the writable mappings (RLIMIT_DATA) counts about
twice what is used. So it is set 1 GiB above the limit that was asked for: a process that runs away ends there, one that
fits is left alone, and what lies between is told as not enforced.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from vedette.adapters.sandboxes.words import told_cores, told_memory, told_share
from vedette.flows.bench.sandbox import Confinement, Sandbox

RESERVED_BYTES = 1 << 30
"""Writable memory that engines and threads may reserve without touching it."""

_SHELL = "/bin/sh"


@dataclass(frozen=True, slots=True)
class Limits:
    """Implements `Sandboxes` without any rights; `reason` is why there is nothing better."""

    reason: str

    def enforce(self, confinement: Confinement) -> Sandbox:
        """See `Sandboxes.enforce`."""
        lacking: list[str] = []
        prefix: tuple[str, ...] = ()
        if confinement.quota is not None:
            lacking.append(f"{told_share(confinement.quota)} is not enforced: {self.reason}")
        if confinement.memory_bytes is not None:
            most = confinement.memory_bytes + RESERVED_BYTES
            prefix = (_SHELL, "-c", f'ulimit -d {most // 1024} && exec "$@"', "sh")
            more = "only what a process reserves beyond 1 GiB more is refused"
            lacking.append(f"{told_memory(confinement.memory_bytes)} is not enforced: {self.reason}; {more}")
        return LimitedSandbox(confinement.cores, tuple(lacking), prefix)


@dataclass(frozen=True, slots=True)
class LimitedSandbox:
    """Implements `Sandbox`."""

    cores: tuple[int, ...]
    not_enforced: tuple[str, ...]
    prefix: tuple[str, ...]
    memory_bytes: int | None = None

    def bind(self, pid: int) -> tuple[str, ...]:
        """See `Sandbox.bind`."""
        return bind(pid, self.cores)

    def out_of_memory(self) -> bool:
        """See `Sandbox.out_of_memory`; beyond the backstop nothing is killed, allocations fail."""
        return False

    async def close(self) -> None:
        """See `Sandbox.close`; the limits end with the process."""


def bind(pid: int, cores: tuple[int, ...]) -> tuple[str, ...]:
    """Bind a process that has one thread yet; what of that cannot be enforced, in words."""
    if not cores:
        return ()
    try:
        os.sched_setaffinity(pid, cores)
    except ProcessLookupError:
        return ()  # whoever waits for its answer hears of its end
    except OSError as error:
        return (f"{told_cores(cores)} is not enforced: {error.strerror}",)
    return ()
