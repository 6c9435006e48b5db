"""Whether the figures of a load make sense: what each kind needs, what it may have, and within which bounds.

All that decides it lives in this file. A figure of another kind is an error and is never ignored: `--load closed
--rate 5` would otherwise look like five requests a second.
"""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from vedette.errors import UsageError
from vedette.values.workload import Load, LoadKind

MOST_RATE = 1e6
"""Requests a second: beyond what one generator could send to anything."""
MOST_REQUESTS = 20_000_000
"""Requests of a repeat: their columns still fit in the memory of a small machine."""
MOST_SECONDS = 30 * 24 * 3600.0
"""A repeat: a month; a longer one is a slip of the pen, or seconds since 1970 in a trace."""

_FLAGS = {
    "clients": "--clients",
    "think_ms": "--think",
    "rate": "--rate",
    "rate_to": "--rate-to",
    "burst": "--burst",
    "trace": "--trace",
    "limit_ms": "--limit-ms",
    "requests": "--requests",
    "duration_s": "--duration",
    "warm_up": "--warm-up",
    "timeout_s": "--timeout",
}
_NEEDS: dict[LoadKind, tuple[str, ...]] = {
    LoadKind.CONSTANT: ("rate",),
    LoadKind.POISSON: ("rate",),
    LoadKind.BURST: ("rate", "burst"),
    LoadKind.RAMP: ("rate", "rate_to"),
    LoadKind.TRACE: ("trace",),
    LoadKind.PEAK: ("limit_ms",),
    LoadKind.MLPERF_SERVER: ("rate", "limit_ms"),
}
_MAY_HAVE: dict[LoadKind, tuple[str, ...]] = {
    LoadKind.CLOSED: ("clients", "think_ms"),
    LoadKind.PEAK: ("rate",),
    LoadKind.MLPERF_OFFLINE: ("rate", "clients"),
}
_ENDS_BY_ITSELF = frozenset({LoadKind.TRACE}) | {kind for kind in LoadKind if kind.is_mlperf or kind.is_scenario}
_OF_EVERY_KIND = frozenset({"kind", "requests", "duration_s", "warm_up", "order", "timeout_s"})

_BOUNDS: dict[str, tuple[float, float]] = {
    "think_ms": (0.0, MOST_SECONDS * 1e3),
    "rate": (0.0, MOST_RATE),
    "rate_to": (0.0, MOST_RATE),
    "limit_ms": (0.0, MOST_SECONDS * 1e3),
    "duration_s": (0.0, MOST_SECONDS),
    "timeout_s": (0.0, MOST_SECONDS),
}
_COUNTS: dict[str, tuple[int, int]] = {
    "clients": (1, 10_000),
    "burst": (1, 100_000),
    "requests": (1, MOST_REQUESTS),
    "warm_up": (0, MOST_REQUESTS),
}
_MAY_BE_ZERO = frozenset({"think_ms"})


def check(load: Load, due_s: NDArray[np.float64] | None = None) -> None:
    """Refuse a load as a user may write it.

    Args:
        load: what was asked.
        due_s: the due times of a trace, where they are known.

    Raises:
        UsageError: as `check_schedule`, or a figure belongs to another kind of load.
    """
    _has_nothing_else(load)
    check_schedule(load, due_s)


def check_schedule(load: Load, due_s: NDArray[np.float64] | None = None) -> None:
    """Refuse a load that cannot be walked; a step of a search may carry the figures of the search.

    Raises:
        UsageError: a figure is missing, not a number or out of range; nothing says when it ends; it would send too many
            requests or take too long; a trace has none before the duration.
    """
    _has_what_it_needs(load)
    _within_bounds(load)
    _ends(load)
    _not_too_long(load)
    if due_s is not None:
        _trace_fits(load, due_s)


def _has_what_it_needs(load: Load) -> None:
    for name in _NEEDS.get(load.kind, ()):
        if getattr(load, name) is None:
            raise UsageError(f"{_named(load)} has no {_FLAGS[name]}", help=f"add {_FLAGS[name]}")


def _has_nothing_else(load: Load) -> None:
    own = _OF_EVERY_KIND.union(_NEEDS.get(load.kind, ()), _MAY_HAVE.get(load.kind, ()))
    for field in fields(load):
        value = getattr(load, field.name)
        if field.name not in own and value != field.default:
            flag = _FLAGS[field.name]
            raise UsageError(
                f"{flag} {value} means nothing to {_named(load)}",
                help=f"leave {flag} out, or choose a load that uses it: {', '.join(_users(field.name))}",
            )


def _within_bounds(load: Load) -> None:
    for name, (least, most) in _BOUNDS.items():
        value = getattr(load, name)
        low_enough = value is None or (value >= least if name in _MAY_BE_ZERO else value > least)
        if value is not None and not (low_enough and value <= most):  # NaN fails every comparison
            words = "0 or more" if name in _MAY_BE_ZERO else "more than 0"
            raise UsageError(f"{_FLAGS[name]} is {value:g}", help=f"give a number, {words} and {most:.0f} at most")
    for name, (fewest, largest) in _COUNTS.items():
        value = getattr(load, name)
        if value is not None and not (isinstance(value, int) and fewest <= value <= largest):
            raise UsageError(f"{_FLAGS[name]} is {value}", help=f"give a whole number from {fewest} to {largest}")


def _ends(load: Load) -> None:
    if load.requests is None and load.duration_s is None and load.kind not in _ENDS_BY_ITSELF:
        raise UsageError(f"nothing says when {_named(load)} ends", help="add --duration 20s, or --requests 1000")


def _not_too_long(load: Load) -> None:
    """Rates and ends that are fine each by itself, but not together."""
    if not load.kind.is_open or load.rate is None:
        return
    rate = load.rate if load.rate_to is None else (load.rate + load.rate_to) / 2
    seconds = math.inf if load.requests is None else load.requests / rate
    if min(seconds, load.duration_s or math.inf) > MOST_SECONDS:
        raise UsageError(
            f"{load.requests} requests at {rate:g} a second take {seconds / 86400:.0f} days",
            help="raise --rate, lower --requests, or add --duration",
        )
    wanted = math.inf if load.duration_s is None else load.duration_s * rate
    if min(wanted, load.requests or math.inf) > MOST_REQUESTS:
        raise UsageError(
            f"{load.duration_s:g} s at {rate:g} a second are {wanted:g} requests; {MOST_REQUESTS} at most are kept",
            help="lower --rate or --duration, or add --requests",
        )


def _trace_fits(load: Load, due_s: NDArray[np.float64]) -> None:
    if len(due_s) == 0 or (load.duration_s is not None and due_s[0] >= load.duration_s):
        end = "" if load.duration_s is None else f" before --duration {load.duration_s:g} s"
        raise UsageError(
            f"the trace {load.trace} has no request that is due{end}",
            help="due times are seconds from the start of the run: see that the first ones lie near 0",
        )


def _named(load: Load) -> str:
    return f"--load {load.kind}"


def _users(name: str) -> list[str]:
    return [kind for kind in LoadKind if name in _NEEDS.get(kind, ()) + _MAY_HAVE.get(kind, ())]
