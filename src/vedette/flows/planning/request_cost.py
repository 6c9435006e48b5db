"""What a request takes besides the work on its image: a client alone asks a server that tells its own times.

    send -> answer, with the wall time of each stage -> latency - stages = HTTP, and handing the image on
    send, pause, send, longer pause, send, ...       -> latency after a pause / latency without = what idleness costs

The stages are the work that L(1) of a profile holds, as the server did it on the same image at the same time. So the
difference is of one request, and does not suffer from a machine that was quicker when the profile was measured. It does
not know what a server is made of.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vedette.clock import Clock
from vedette.errors import UnavailableError
from vedette.flows.bench.target import Reply, Target
from vedette.values.moment import Moment
from vedette.values.profile import AfterIdle
from vedette.values.requests import Status

REQUESTS = 120
"""Requests that count: the mean of a millisecond that varies by one half is then known to a twentieth."""

PAUSES_S = (0.02, 0.1)
"""Of a server that is idle. What it costs has mostly come after the longest: caches are cold, and the core sleeps."""

_TURNS = 30

STAGES = ("decode", "preprocess", "infer", "postprocess")
"""What L(1) holds; `acquire` and `queue` are the server's own."""

_CUT = 0.02
"""Share of the longest that does not count: a pause of the whole machine is no work of a request."""


@dataclass(frozen=True, slots=True)
class RequestCost:
    """Of a client alone, in seconds.

    Attributes:
        besides_s: what a request takes besides the stages, from sending it until its answer is there.
        stages_s: decode, preprocess, infer and postprocess, which L(1) holds too.
    """

    besides_s: Moment
    stages_s: Moment


async def request_cost(target: Target, images: Sequence[bytes], clock: Clock, count: int = REQUESTS) -> RequestCost:
    """Ask one image after the other; `target` is open, and has been warmed up.

    Raises:
        UnavailableError: an answer is an error, or does not tell its times.
    """
    besides, stages = list[float](), list[float]()
    for number in range(count):
        sent = clock.now_ns()
        reply = await target.send(number % len(images))
        took_s = (clock.now_ns() - sent) / 1e9
        worked_s = _worked_s(reply)
        stages.append(worked_s)
        besides.append(max(0.0, took_s - worked_s))
    return RequestCost(_moment(besides), _moment(stages))


async def after_idle(
    target: Target, images: Sequence[bytes], clock: Clock, pauses_s: Sequence[float] = PAUSES_S
) -> tuple[AfterIdle, ...]:
    """How much longer a request takes after pauses: the median over that of requests without one, in turns with them.

    Args:
        target: open, and warmed up.
        images: to ask for, one after the other; every kind of pause gets each of them.
        clock: pauses, and tells latencies.
        pauses_s: above 0, ascending.

    Raises:
        UnavailableError: an answer is an error.
    """
    took_ns: dict[float, list[int]] = {0.0: [], **{pause_s: [] for pause_s in pauses_s}}
    for turn in range(_TURNS):
        for pause_s, taken in took_ns.items():
            await clock.sleep_until(clock.now_ns() + round(pause_s * 1e9))
            sent = clock.now_ns()
            _check(await target.send(turn % len(images)))
            taken.append(clock.now_ns() - sent)
    without_ns = statistics.median(took_ns[0.0])
    return tuple(AfterIdle(one, max(1.0, statistics.median(took_ns[one]) / without_ns)) for one in pauses_s)


def _worked_s(reply: Reply) -> float:
    """Seconds of the stages, as the server tells them."""
    _check(reply)
    try:
        told_ms: Mapping[str, float] = json.loads(reply.body)["timeline_ms"]
        return math.fsum(told_ms.get(stage, 0.0) for stage in STAGES) / 1e3
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnavailableError("the server's answer does not tell its times", help="ask a server of Vedette") from None


def _check(reply: Reply) -> None:
    if reply.status is not Status.OK:
        told = reply.reason or reply.body[:80].decode(errors="replace") or reply.status
        raise UnavailableError(f"the server answers with an error: {told}", help="serve the model by hand first")


def _moment(values: Sequence[float]) -> Moment:
    """Without the longest ones, of which there are too few to tell how often they come."""
    kept = sorted(values)[: max(1, round(len(values) * (1 - _CUT)))]
    return Moment(math.fsum(kept) / len(kept), statistics.pstdev(kept), count=len(kept))
