"""How a confinement is told."""

from __future__ import annotations


def told_share(share: float) -> str:
    """`a share of 0.5 cores`."""
    return f"the share of {share:g} {'core' if share == 1 else 'cores'}"


def told_memory(size: int) -> str:
    """`the memory limit of 1 GB`, decimal units."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"the memory limit of {size / factor:.4g} {unit}"
    return f"the memory limit of {size} bytes"


def told_cores(cores: tuple[int, ...]) -> str:
    """`the binding to core 1`."""
    return f"the binding to {'core' if len(cores) == 1 else 'cores'} {', '.join(map(str, cores))}"
