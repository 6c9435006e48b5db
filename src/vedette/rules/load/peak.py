"""The search for the highest rate that still holds a latency limit.

    first --held--> double --held--> ... --failed--> bisect until the two ends are 5 % apart --> confirm --> done
    first --failed--> halve --failed--> ... --held--> bisect ...

A measured outcome is noisy, so neither end of the bracket rests on a single probe. On the way, a probe that failed is
tried once more before it counts: a hiccup of the machine does not halve the answer. The answer is held to more: it must
hold a second time, and a confirmation that fails counts at once; the rate has failed then, and the search goes on below
it. For a target whose chance to hold falls gently around its peak, the answer therefore leans to the low side.

It does not run a probe, nor decide whether one held: that is for whoever measures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from vedette.errors import UsageError
from vedette.rules.load.figures import MOST_RATE, check
from vedette.values.run import Probe
from vedette.values.workload import Load, LoadKind

ENOUGH = 1000
"""Requests of a probe: what a 99th percentile needs (662), with room for a warm-up that is cut and for few arrivals."""

_HALVINGS = 10
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Search:
    """A search under way; rates are requests a second.

    Attributes:
        first: the rate that is tried first.
        most: no higher rate is tried.
        least: no lower rate is tried.
        width: the ends of the bracket are this far apart at most, relative to the lower one, when it is narrow enough.
        budget: probes that are made at most.
        low: highest rate that held and has not failed since; None before one did.
        high: lowest rate that failed; None before one did.
        occasions: how often `low` held.
        failed_once: the last probe failed, and its rate is tried once more.
        held: rates below `low` that held too, ascending: where the search falls back to.
        probes: all that was tried, in order.
    """

    first: float
    most: float
    least: float
    width: float = 0.05
    budget: int = 40
    low: float | None = None
    high: float | None = None
    occasions: int = 0
    failed_once: bool = False
    held: tuple[float, ...] = ()
    probes: tuple[Probe, ...] = ()


def start(load: Load, first: float | None = None) -> Search:
    """The search that a peak load asks for; `load.rate` is the most that is tried, as much as there is without it.

    No rate is tried that leaves too few requests within the duration to tell a 99th percentile: a probe without one
    could only be called failed, and the search would go down for ever.

    Args:
        load: a peak load; its requests and duration are those of one probe.
        first: the rate to try first. Without it, what one client sends that gets each answer just within the limit and
            then asks again: a server that serves one request at a time and holds the limit can keep up with it.

    Raises:
        UsageError: the limit is missing, a rate is not a number above 0, or a probe would hold too few requests.
    """
    check(load)
    if load.kind is not LoadKind.PEAK or load.limit_ms is None:
        raise UsageError(f"--load {load.kind} is no search for a peak", help="use --load peak --limit-ms 50")
    wanted = 1000 / load.limit_ms if first is None else first
    if not wanted > 0:
        raise UsageError(f"a search cannot start at {wanted:g} requests a second", help="start above 0")
    most = MOST_RATE if load.rate is None else load.rate
    least = _least(load, most)
    begun = min(max(wanted, least), most)
    return Search(begun, most, max(least, begun / 2**_HALVINGS))


def next_rate(search: Search) -> float | None:
    """The rate to try next; None when the search is over."""
    if len(search.probes) >= search.budget:
        return None
    if search.failed_once:
        return search.probes[-1].rate
    if search.low is None:
        return _downwards(search)
    if search.high is None and search.low < search.most:
        return min(2 * search.low, search.most)
    if search.high is not None and search.high > search.low * (1 + search.width):
        return math.sqrt(search.low * search.high)
    return search.low if search.occasions < 2 else None  # noqa: PLR2004 - the second occasion confirms


def after(search: Search, probe: Probe) -> Search:
    """The search once the rate that `next_rate` named has been tried.

    Raises:
        ValueError: another rate was tried, or the search is over.
    """
    wanted = next_rate(search)
    if wanted is None or not math.isclose(wanted, probe.rate, rel_tol=_SAME):
        raise ValueError(f"{probe.rate} was tried, {wanted} was next")
    probes = (*search.probes, probe)
    if probe.held:
        return _after_success(search, wanted, probes)
    if not search.failed_once and wanted != search.low:
        return replace(search, probes=probes, failed_once=True)
    return _after_failure(search, wanted, probes)


def best(search: Search) -> float | None:
    """The highest rate that held on two occasions and has not failed since; None where there is none (yet)."""
    return search.low if search.occasions > 1 else None


def outcome(search: Search) -> str:
    """What the search found, in a sentence for people."""
    rate = best(search)
    if next_rate(search) is not None:
        return f"The search is under way after {len(search.probes)} probes."
    if rate is None and search.low is None:
        return f"No rate held the limit, down to {search.probes[-1].rate:g} requests a second.{_way_down(search)}"
    if rate is None:
        return f"No rate was confirmed within {search.budget} probes; the last one that held is {search.low:g}."
    if search.high is None:
        return f"The limit held at {rate:g} requests a second, the most that was to be tried; the peak may be higher."
    return f"{rate:g} requests a second held twice, {search.high:g} failed."


def _way_down(search: Search) -> str:
    """Why no lower rate was tried, where a longer probe would have allowed one."""
    if search.least <= search.first / 2**_HALVINGS:
        return ""
    return " A probe of a lower rate has too few requests for a 99th percentile: a longer --duration allows it."


def _least(load: Load, most: float) -> float:
    """The rate below which a probe would hold too few requests; 0.0 where their number does not depend on it."""
    if load.requests is not None and load.requests < ENOUGH:
        raise UsageError(
            f"--requests {load.requests} are too few to tell the 99th percentile of each rate that is tried",
            help=f"give --requests {ENOUGH} or more",
        )
    least = 0.0 if load.duration_s is None else ENOUGH / load.duration_s
    if least > most:
        raise UsageError(
            f"{load.duration_s:g} s at {most:g} requests a second are too few to tell a 99th percentile",
            help=f"give --duration {math.ceil(ENOUGH / most)}s or more",
        )
    return least


def _downwards(search: Search) -> float | None:
    if search.high is None:
        return search.first
    return max(search.high / 2, search.least) if search.high > search.least else None


def _after_success(search: Search, rate: float, probes: tuple[Probe, ...]) -> Search:
    if rate == search.low:
        return replace(search, probes=probes, failed_once=False, occasions=search.occasions + 1)
    held = search.held if search.low is None else (*search.held, search.low)
    return replace(search, probes=probes, failed_once=False, low=rate, occasions=1, held=held)


def _after_failure(search: Search, rate: float, probes: tuple[Probe, ...]) -> Search:
    """Where a confirmation failed, the search falls back to the rate that held below it, and that is yet to confirm."""
    if rate != search.low:
        return replace(search, probes=probes, failed_once=False, high=rate)
    below = search.held[-1] if search.held else None
    return replace(
        search,
        probes=probes,
        failed_once=False,
        high=rate,
        low=below,
        occasions=int(bool(below)),
        held=search.held[:-1],
    )
