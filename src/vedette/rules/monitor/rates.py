"""What samples say of a window of time: rates of counters, shares of the machine, energy.

A counter is stored as it was read. Its rate between two readings is their difference over the time between them; over a
window, the difference of the last and the first reading in it. What was not recorded gives None, and `why_absent` the
reason; nothing becomes 0 for want of a reading.

    total    user + nice + system + idle + iowait + irq + softirq + steal    (guest time is in user already)
    busy     total - idle - iowait - steal
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.values.reading import Samples

Window = tuple[int, int]
"""First and last instant, in nanoseconds of the samples' clock; both belong to it."""

_STATES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_AT_REST = ("idle", "iowait", "steal")


def rate(samples: Samples, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rate of a counter between each two readings of it.

    Returns:
        (at_ns, per_second): int64 and float64, shape (readings - 1,); each rate stands at the end of its interval. NaN
        where the counter fell, because what it counted began anew. Empty where it was not recorded.
    """
    at_ns, values = _readings(samples, name)
    if len(values) < 2:  # noqa: PLR2004 - a rate lies between two readings
        return np.empty(0, np.int64), np.empty(0)
    grown = np.diff(values)
    per_second = np.where(grown < 0, np.nan, grown) / (np.diff(at_ns) / 1e9)
    return at_ns[1:], per_second


def growth(samples: Samples, name: str, within: Window | None = None) -> float | None:
    """By how much a counter grew in a window; a counter that began anew counts on from there.

    None where it was read less than twice.
    """
    _, values = _readings(samples, name, within)
    if len(values) < 2:  # noqa: PLR2004 - growth lies between two readings
        return None
    steps = np.diff(values)
    return float(np.sum(np.where(steps < 0, values[1:], steps)))


def cpu_use(samples: Samples, within: Window | None = None) -> float | None:
    """Share (0..1) of the machine's CPU time in which its cores were busy; stolen time is not."""
    total, busy = _machine(samples, within)
    return None if not total or busy is None else busy / total


def utilisation(samples: Samples, prefix: str = "system") -> tuple[NDArray[Any], NDArray[Any]]:
    """The same between each two samples, of the machine (`system`) or of one core (`core.0`).

    Returns:
        (at_ns, share): int64 and float64, shape (readings - 1,); NaN where no time was counted between two readings.
    """
    rates = {state: rate(samples, f"{prefix}.cpu.{state}") for state in _STATES}
    known = {state: pair for state, pair in rates.items() if len(pair[0])}
    if not all(state in known for state in ("user", "system", "idle")):
        return np.empty(0, np.int64), np.empty(0)
    at_ns = known["idle"][0]
    total = np.sum([pair[1] for pair in known.values()], axis=0)
    rest = np.sum([known[state][1] for state in _AT_REST if state in known], axis=0)
    share = np.divide(total - rest, total, out=np.full(len(total), np.nan), where=total > 0)
    return at_ns, share


def process_cores(samples: Samples, role: str, within: Window | None = None) -> float | None:
    """Cores that a watched process and its descendants used on average: 1.5 is one and a half cores."""
    at_ns, _ = _readings(samples, f"process.{role}.tree.cpu_user", within)
    used = _tree_cpu(samples, role, within)
    return None if used is None else used / (int(at_ns[-1] - at_ns[0]) / 1e9)


def process_cpu_s(samples: Samples, role: str, within: Window | None = None) -> float | None:
    """CPU time, user and system, that a watched process and its descendants used, in seconds."""
    return _tree_cpu(samples, role, within)


def steal_share(samples: Samples, within: Window | None = None) -> float | None:
    """Share (0..1) of the machine's CPU time that its host gave to others."""
    total, _ = _machine(samples, within)
    stolen = growth(samples, "system.cpu.steal", within)
    return None if not total or stolen is None else stolen / total


def throttled_share(samples: Samples, role: str | None = None, within: Window | None = None) -> float | None:
    """Share (0..1) of the periods of a CPU quota in which it ran out; of the role's group, or the worst of all groups.

    A group without a quota counts no periods: it cannot be throttled, and its share is 0 because that was read.
    """
    if role is None:
        shares = [throttled_share(samples, one, within) for one in _group_roles(samples)]
        return max((share for share in shares if share is not None), default=None)
    periods = growth(samples, f"cgroup.{role}.cpu.periods", within)
    throttled = growth(samples, f"cgroup.{role}.cpu.throttled_periods", within)
    if periods is None or throttled is None:
        return None
    return throttled / periods if periods else 0.0


def other_cpu_share(samples: Samples, roles: Sequence[str] | None = None, within: Window | None = None) -> float | None:
    """Share (0..1) of the machine's CPU time used by nobody that was watched: other programs, the kernel's own threads.

    Args:
        samples: of the run.
        roles: what counts as watched; every watched role if None.
        within: window of time.

    The kernel samples the machine's times once a tick and measures those of processes exactly, so that over a window of
    less than some seconds the difference is noise; below 0 it is given as 0.
    """
    total, busy = _machine(samples, within)
    watched = [_tree_cpu(samples, role, within) for role in (_tree_roles(samples) if roles is None else roles)]
    if not total or busy is None or any(used is None for used in watched):
        return None
    return max(0.0, busy - sum(used for used in watched if used is not None)) / total


def measured_joules(samples: Samples, within: Window | None = None) -> dict[str, float]:
    """Energy in joules by the counter that measured it: whole processors (RAPL) and GPUs (NVML); parts are left out.

    Empty where nothing on the machine measures energy; `estimated_joules` is then the only figure.
    """
    counters = [feature.name for feature in samples.features if _is_whole(feature.name)]
    found = {name: growth(samples, name, within) for name in counters}
    return {name: joules for name, joules in found.items() if joules is not None}


def estimated_joules(cpu_s: float, watts_per_core: float) -> float:
    """An ESTIMATE of energy: CPU time times the power of a busy core. Idle power, memory and devices are not in it."""
    return cpu_s * watts_per_core


def why_absent(samples: Samples, name: str) -> str | None:
    """Why a feature was not recorded; None where it was. The nearest absence that speaks of it or its group counts."""
    if name in samples.columns and bool(np.any(~np.isnan(samples.columns[name]))):
        return None
    speaking = [one for one in samples.absences if name == one.name or name.startswith(f"{one.name}.")]
    if speaking:
        return max(speaking, key=lambda one: len(one.name)).reason
    return "it was never read while the run went on" if name in samples.columns else "it was not among what was watched"


def _readings(samples: Samples, name: str, within: Window | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
    """When a feature was read, and what it was; readings that are NaN are left out."""
    column = samples.columns.get(name)
    if column is None:
        return np.empty(0, np.int64), np.empty(0)
    kept = ~np.isnan(column)
    if within is not None:
        kept &= (samples.at_ns >= within[0]) & (samples.at_ns <= within[1])
    return samples.at_ns[kept], column[kept]


def _machine(samples: Samples, within: Window | None) -> tuple[float | None, float | None]:
    """(total, busy) CPU time of the machine in seconds; states that an old kernel lacks count for nothing."""
    grown = {state: growth(samples, f"system.cpu.{state}", within) for state in _STATES}
    if any(grown[state] is None for state in ("user", "system", "idle")):
        return None, None
    known = {state: value for state, value in grown.items() if value is not None}
    total = sum(known.values())
    return total, total - sum(known.get(state, 0.0) for state in _AT_REST)


def _tree_cpu(samples: Samples, role: str, within: Window | None) -> float | None:
    user = growth(samples, f"process.{role}.tree.cpu_user", within)
    system = growth(samples, f"process.{role}.tree.cpu_system", within)
    return None if user is None or system is None else user + system


def _tree_roles(samples: Samples) -> list[str]:
    return _between(samples, "process.", ".tree.cpu_user")


def _group_roles(samples: Samples) -> list[str]:
    return _between(samples, "cgroup.", ".cpu.periods")


def _between(samples: Samples, start: str, end: str) -> list[str]:
    names = (feature.name for feature in samples.features)
    return [name[len(start) : -len(end)] for name in names if name.startswith(start) and name.endswith(end)]


def _is_whole(name: str) -> bool:
    parts = name.split(".")
    if parts[0] == "gpu":
        return parts[2:] == ["energy"]
    return parts[:2] == ["energy", "rapl"] and len(parts) == 3 and parts[2].startswith("package")  # noqa: PLR2004
