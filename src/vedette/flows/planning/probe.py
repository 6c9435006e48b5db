"""How quick devices are now: fresh processes of them work for some seconds, all at once.

    Probed (order, batch, L as profiled) -> load all -> one common instant -> mini-batches -> mean of the later ones

The processes are others than those that carry a plan out, which must be fresh.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from vedette.clock import Clock
from vedette.flows.bench.device import DeviceOrder, Devices
from vedette.flows.planning.post import Post, attempt_all, close_all

LEAD_NS = 250_000_000
"""A common instant lies this much ahead, so that every device has heard of it."""

PROBE_S = 3.0
"""How long each device is probed before a plan is carried out."""

_FEWEST, _MOST_A_SECOND = 2, 500


@dataclass(frozen=True, slots=True)
class Probed:
    """A device that is looked at.

    Attributes:
        order: what it runs, and on which cores.
        batch: images of a mini-batch.
        later_s: L(batch) as profiled, in seconds.
    """

    order: DeviceOrder
    batch: int
    later_s: float


async def later_now_s(
    devices: Devices, probed: Sequence[Probed], clock: Clock, seconds: float = PROBE_S
) -> list[float | None]:
    """L(batch) of each device as it is now, in seconds, while all of them work; None of one that fails.

    Args:
        devices: makes them.
        probed: which; they work at the same time, so they must fit beside each other.
        clock: of the common instant.
        seconds: about how long.
    """
    posts = [
        Post(devices.make(one.order), one.batch, one.batch * (1 + later_uses(one.later_s, seconds))) for one in probed
    ]
    try:
        await attempt_all(posts, Post.load)
        instant = clock.now_ns() + LEAD_NS

        async def work(post: Post) -> None:
            await post.do(instant)

        await attempt_all(posts, work)
    finally:
        await close_all(posts)
    return [_later_s(post) for post in posts]


def later_uses(later_s: float, seconds: float) -> int:
    """Later mini-batches that take about so long: 2 at least, 500 a second at most."""
    return max(_FEWEST, math.ceil(seconds / max(later_s, 1 / _MOST_A_SECOND)))


def _later_s(post: Post) -> float | None:
    later = () if post.work is None else post.work.batches_ns[1:]
    return fmean(later) / 1e9 if sum(later) else None
