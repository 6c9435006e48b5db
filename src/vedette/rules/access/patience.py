"""How long a server waits for the other side of a connection: a phase, since when, what came -> what to do.

IDLE       no request                          closed after `idle_s`
HEAD       a part of a head                    refused `head_s` after its first byte
BODY       a part of a body, and room for more refused if `head_s` bring less than the slowest pace
WORKING    a request is being answered         the server's own turn: no limit
STUCK      the client does not read its answer cut off after `idle_s`
LEAVING    the last answer is out              cut off after `LEAVING_S`
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from vedette.values.serving import Limits

LEAVING_S = 2.0
"""Time that a client gets to read the last answer while the rest of its request is thrown away."""

_S = 1_000_000_000


class Phase(Enum):
    """What a connection is at."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    WORKING = auto()
    STUCK = auto()
    LEAVING = auto()


class Verdict(Enum):
    """What to do with it. RENEW: the pace was kept, its time begins anew."""

    WAIT = auto()
    RENEW = auto()
    CLOSE = auto()
    REFUSE = auto()
    CUT = auto()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A connection as it stands: its phase, since when, and the bytes of the body that came since then."""

    phase: Phase
    since_ns: int
    came_bytes: int = 0


def verdict(waiting: Waiting, limits: Limits, now_ns: int) -> Verdict:
    """What to do with a connection at an instant."""
    waited_s = (now_ns - waiting.since_ns) / _S
    match waiting.phase:
        case Phase.IDLE:
            return Verdict.CLOSE if waited_s > limits.idle_s else Verdict.WAIT
        case Phase.HEAD:
            return Verdict.REFUSE if waited_s > limits.head_s else Verdict.WAIT
        case Phase.BODY:
            return _pace(waiting.came_bytes, waited_s, limits)
        case Phase.STUCK:
            return Verdict.CUT if waited_s > limits.idle_s else Verdict.WAIT
        case Phase.LEAVING:
            return Verdict.CUT if waited_s > LEAVING_S else Verdict.WAIT
        case Phase.WORKING:
            return Verdict.WAIT


def _pace(came_bytes: int, waited_s: float, limits: Limits) -> Verdict:
    if waited_s <= limits.head_s:
        return Verdict.WAIT
    return Verdict.RENEW if came_bytes >= limits.body_bytes_per_s * limits.head_s else Verdict.REFUSE


def sweep_s(limits: Limits) -> float:
    """How often connections are looked at: limits are kept to a quarter, and a look costs little."""
    return min(1.0, max(0.02, min(limits.head_s, limits.idle_s) / 4))
