"""No sandbox: for systems other than Linux."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.adapters.sandboxes.words import told_cores, told_memory, told_share
from vedette.flows.bench.sandbox import Confinement, Sandbox

_REASON = "this system has none of Linux's means for it"


class NoSandboxes:
    """Implements `Sandboxes` and enforces nothing."""

    def enforce(self, confinement: Confinement) -> Sandbox:
        """See `Sandboxes.enforce`."""
        lacking = []
        if confinement.share is not None:
            lacking.append(told_share(confinement.share))
        if confinement.memory_bytes is not None:
            lacking.append(told_memory(confinement.memory_bytes))
        return _Open(confinement.cores, tuple(f"{what} is not enforced: {_REASON}" for what in lacking))


@dataclass(frozen=True, slots=True)
class _Open:
    """Implements `Sandbox` for a process that may use everything."""

    cores: tuple[int, ...]
    not_enforced: tuple[str, ...]
    prefix: tuple[str, ...] = ()
    memory_bytes: int | None = None

    def bind(self, pid: int) -> tuple[str, ...]:
        """See `Sandbox.bind`."""
        del pid
        return (f"{told_cores(self.cores)} is not enforced: {_REASON}",) if self.cores else ()

    def out_of_memory(self) -> bool:
        """See `Sandbox.out_of_memory`; it is never known."""
        return False

    async def close(self) -> None:
        """See `Sandbox.close`."""
