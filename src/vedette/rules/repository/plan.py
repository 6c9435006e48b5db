"""What a live repository does with the versions of one model. All that decides it is here.

    wanted: the versions that the policy serves, as they lie in the folder     held: what the server has, or has tried
    -> for each version LOAD (beside what it has), KEEP or UNLOAD

What serves goes on serving until everything that is wanted does: a version that the policy no longer serves, or whose
folder has gone, leaves only then, so that a successor that does not load costs nothing. Where nothing is wanted any
more, because all has gone, it leaves at once. Files that failed to load are not tried again until they change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from vedette.values.found import FileState

GONE_AFTER = 2
"""A version has gone when so many scans in a row did not find it: a folder that is renamed is away for a moment."""


class Act(StrEnum):
    """What is done with a version."""

    LOAD = "load"
    KEEP = "keep"
    UNLOAD = "unload"


@dataclass(frozen=True, slots=True)
class Step:
    """One version and what is done with it."""

    version: str
    act: Act


@dataclass(frozen=True, slots=True)
class Wanted:
    """A version that the policy serves.

    Attributes:
        version: which.
        files: what matters to it in the folder, as the scan saw it.
        settled: whether they may be read.
    """

    version: str
    files: tuple[FileState, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A version that the server has, or has tried to load.

    Attributes:
        version: which.
        files: those of the last try.
        ready: whether it serves; it may do so after a later try has failed.
        missing: scans in a row that did not find it.
    """

    version: str
    files: tuple[FileState, ...]
    ready: bool
    missing: int = 0


def plan(wanted: Sequence[Wanted], held: Sequence[Held]) -> tuple[Step, ...]:
    """A step for each version that is held or may be loaded: those that are wanted first."""
    by_version = {one.version: one for one in held}
    steps = []
    for one in wanted:
        own = by_version.get(one.version)
        if one.settled and (own is None or own.files != one.files):
            steps.append(Step(one.version, Act.LOAD))
        elif own is not None:
            steps.append(Step(one.version, Act.KEEP))
    replaced = all(_ready(by_version.get(one.version)) for one in wanted)
    served = {one.version for one in wanted}
    for own in held:
        if own.version not in served:
            leaves = (replaced or not own.ready) and (not own.missing or own.missing >= GONE_AFTER)
            steps.append(Step(own.version, Act.UNLOAD if leaves else Act.KEEP))
    return tuple(steps)


def _ready(own: Held | None) -> bool:
    return own is not None and own.ready
