"""What is let in and what is refused at once. All that decides it is here.

A queue is bounded in images and in bytes. A request with a deadline is refused if it cannot be expected to be answered
in time: by what is likely, a deviation above the mean of what was measured (`soft`), or by a bound that few exceed
(`hard`); the work ahead is counted at the same pace, since what slows one image slows them all. `relaxed` and
`best-effort` are refused for a full queue only, and best-effort work may not fill more than a half of it. Where nothing
waits, a soft deadline is let in whatever was measured: the idle server may try, and what was measured may be out of
date.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from vedette.rules.batching.estimate import Estimate
from vedette.values.deadline import Deadline, DeadlineClass

_BEST_EFFORT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Room:
    """What the queue holds at most."""

    images: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What was admitted and not answered yet, and runs before a new request or together with it.

    Attributes:
        images: of classes that do not come after the request's own; for best-effort all.
        size_bytes: that others hold.
        ahead_ms: work of one core that runs before a new request, in milliseconds.
        workers: cores that work on it.
    """

    images: int
    size_bytes: int
    ahead_ms: float
    workers: int


@dataclass(frozen=True, slots=True)
class Ask:
    """A request at the door: its images, until when it is wanted, and what one of its images takes."""

    images: int
    deadline: Deadline
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in, and when it may come again; `alone`: it would not be let in to an idle server."""

    reason: str
    retry_after_s: float
    alone: bool = False


def refuse(ask: Ask, backlog: Backlog, room: Room, now_ns: int) -> Refusal | None:
    """Why the request is refused; None if it is let in. An empty queue takes any request that the limits let pass."""
    share = _BEST_EFFORT_SHARE if ask.deadline.kind is DeadlineClass.BEST_EFFORT else 1.0
    after_s = max(1.0, backlog.ahead_ms / backlog.workers / 1e3)
    if backlog.images and backlog.images + ask.images > room.images * share:
        return Refusal(f"{backlog.images} images wait already, {room.images * share:g} may", after_s)
    if backlog.size_bytes > room.size_bytes * share:
        return Refusal(f"{backlog.size_bytes:,} bytes wait already, {room.size_bytes * share:,.0f} may", after_s)
    expected_ms = expected(ask, backlog)
    if ask.deadline.at_ns is None or expected_ms is None:
        if ask.deadline.kind is DeadlineClass.HARD and expected_ms is None:
            return Refusal("nothing is known yet of how long this model takes, so no bound holds", after_s)
        return None
    left_ms = (ask.deadline.at_ns - now_ns) / 1e6
    idle = not backlog.images
    if expected_ms <= left_ms or (idle and ask.deadline.kind is DeadlineClass.SOFT):
        return None
    alone_ms = expected(ask, replace(backlog, ahead_ms=0.0))
    return Refusal(
        f"it would take {expected_ms:.0f} ms, and {max(0.0, left_ms):.0f} ms are left",
        max(1.0, math.ceil((expected_ms - left_ms) / 1e3)),
        alone=alone_ms is not None and alone_ms > left_ms,
    )


def expected(ask: Ask, backlog: Backlog) -> float | None:
    """Milliseconds until the answer; None where the class does not ask, or nothing was measured."""
    kind = ask.deadline.kind
    if kind in (DeadlineClass.RELAXED, DeadlineClass.BEST_EFFORT):
        return None
    one_ms = ask.estimate.high_ms if kind is DeadlineClass.HARD else ask.estimate.likely_ms
    if one_ms is None or ask.estimate.mean_ms is None:
        return None
    pace = one_ms / ask.estimate.mean_ms if ask.estimate.mean_ms else 1.0
    rounds = math.ceil(ask.images / backlog.workers)
    return pace * backlog.ahead_ms / backlog.workers + rounds * one_ms
