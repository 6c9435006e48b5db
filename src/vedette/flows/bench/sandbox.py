"""The port to sandboxes: what a process may use of the machine.

    enforce(Confinement) -> Sandbox    prefix + command -> process    bind(pid)    ... out_of_memory()    close()

What a system cannot enforce is told in words, because a measurement without its limit is another measurement. A sandbox
does not know what runs in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a process may use.

    Attributes:
        cores: numbers of the cores that it is bound to; empty: not bound.
        share: of the cores, 0.5 being half of one; None: all of those it is bound to.
        memory_bytes: limit of its memory, without swap; None: none.
    """

    cores: tuple[int, ...] = ()
    share: float | None = None
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.share is not None and not (math.isfinite(self.share) and self.share > 0):
            raise ValueError(f"a share of the cores is above 0, got {self.share}")
        if self.memory_bytes is not None and self.memory_bytes < 1:
            raise ValueError(f"a memory limit is above 0, got {self.memory_bytes}")

    @property
    def quota(self) -> float | None:
        """The share that a quota must enforce; None where the binding to whole cores is enough."""
        bound = self.cores and self.share is not None and self.share >= len(self.cores)
        return None if bound else self.share


class Sandbox(Protocol):
    """The confinement of one process."""

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words that go before the command, so that the process is confined from its first page of memory on."""

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """What of the confinement this system cannot enforce, and why, in words."""

    @property
    def memory_bytes(self) -> int | None:
        """The limit of memory that is enforced: the process cannot have had more; None: none is."""

    def bind(self, pid: int) -> tuple[str, ...]:
        """Bind the process to its cores before it has threads; what of that cannot be enforced, in words."""

    def out_of_memory(self) -> bool:
        """Whether the system has killed a process in this sandbox for want of memory."""

    async def close(self) -> None:
        """End what still runs in it and take it away; twice does nothing."""


class Sandboxes(Protocol):
    """Makes sandboxes."""

    def enforce(self, confinement: Confinement) -> Sandbox:
        """A sandbox for one process that is not started yet; it never raises, and says what it cannot enforce."""
