"""Where a measurement was made: everything that decides whether two of them may be compared."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.host import Host
from vedette.values.trial import Placement


@dataclass(frozen=True, slots=True)
class Environment:
    """The fingerprint of a machine and its software.

    Attributes:
        host: processor, cores, quota, memory, system, Python.
        machine: hash that tells one machine from another without naming it.
        placement: where the client ran.
        governor: frequency governor; None where the system does not tell.
        versions: of the packages that matter, by name.
        vedette: version, and the revision of the source where it is known.
    """

    host: Host
    machine: str
    placement: Placement
    governor: str | None
    versions: tuple[tuple[str, str], ...]
    vedette: str
