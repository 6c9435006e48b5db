"""What makes two machines differ, so that times of one say nothing of the other: all that decides it is here.

Environment x Environment -> Difference(what, one side, other side) each, for whoever words it.

Alike must be the machine itself, its CPU quota, the cores that are allowed, and its memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vedette.values.environment import Environment

_MEMORY_SLACK = 0.01
"""Share by which the memory of one machine differs from one start of its kernel to the next."""


class Circumstance(StrEnum):
    """What must be alike."""

    MACHINE = "machine"
    QUOTA = "CPU quota"
    CORES = "number of allowed cores"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, and both sides in words with their unit."""

    what: Circumstance
    one: str
    other: str


def differences(one: Environment, other: Environment) -> Iterator[Difference]:
    """Every difference that matters; the kernel, its version and Python's do not."""
    here, there = one.host, other.host
    if one.machine != other.machine:
        told = (f"{each.machine} ({each.host.cpu})" for each in (one, other))
        yield Difference(Circumstance.MACHINE, *told)
    if here.quota_cores != there.quota_cores:
        yield Difference(Circumstance.QUOTA, _cores(here.quota_cores), _cores(there.quota_cores))
    if here.allowed_cores != there.allowed_cores:
        yield Difference(Circumstance.CORES, str(here.allowed_cores), str(there.allowed_cores))
    if abs(here.memory_bytes - there.memory_bytes) > _MEMORY_SLACK * max(here.memory_bytes, there.memory_bytes):
        yield Difference(Circumstance.MEMORY, _memory(here.memory_bytes), _memory(there.memory_bytes))


def _cores(quota: float | None) -> str:
    return "none" if quota is None else f"{quota:g} cores"


def _memory(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
