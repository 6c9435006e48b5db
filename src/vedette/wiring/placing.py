"""Where the client runs with regard to its target."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from vedette.values.trial import Introduction, Placement, TargetKind, TrialSpec

_HERE = ("localhost", "::1", "0.0.0.0", "")  # noqa: S104 - compared, not bound


def placement_of(spec: TrialSpec, introduction: Introduction) -> Placement:
    """In the target's process, on its cores, on others, or on another machine.

    Cores are told apart by affinity; a target here whose process is not known counts as one that shares.
    """
    if spec.target.kind in (TargetKind.INPROCESS, TargetKind.NULL):
        return Placement.IN_PROCESS
    host, _ = host_and_port(spec.target.address)
    if introduction.pid is None and not is_here(host):
        return Placement.REMOTE
    client = set(spec.client_cores or _cores(0))
    return Placement.SHARED if client & _cores(introduction.pid) else Placement.DISJOINT


def host_and_port(address: str) -> tuple[str, int]:
    """Of an http or https address."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def is_here(host: str) -> bool:
    """Whether the name of a host means this machine's loopback."""
    return host in _HERE or host.startswith("127.")


def _cores(pid: int | None) -> set[int]:
    if pid is None or not hasattr(os, "sched_getaffinity"):
        return set(range(os.cpu_count() or 1))
    try:
        return os.sched_getaffinity(pid)
    except (OSError, ProcessLookupError):
        return set(range(os.cpu_count() or 1))
