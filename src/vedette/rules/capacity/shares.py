"""From sums over equal devices back to devices: who uses which mini-batch how often, for how many images.

    n_r, u_r --dealt--> t of each device --trimmed to N--> Share

The later uses of a row are dealt evenly, so that none of its devices has more than t_r. What is beyond the N images of
a job is taken off again where it saves most: whole mini-batches from the device that works longest, and what is left
over from last mini-batches, which may be smaller.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace

from vedette.rules.capacity.allocation import Rows
from vedette.rules.capacity.answer import Share, last_option


def shares_of(rows: Rows, values: tuple[int, ...]) -> tuple[Share, ...]:
    """Every device of a solution, equal kinds side by side, the most images first.

    Args:
        rows: those that the problem was made of.
        values: n_r and u_r of each, in turn; more variables may follow.
    """
    order = rows.order
    dealt: list[Share] = []
    for place, job in enumerate(order.jobs):
        shares = [share for row in range(len(rows)) if rows.job[row] == place for share in _dealt(rows, values, row)]
        dealt += shares if job.images is None else _trimmed(shares, job.images)
    places = {stock.kind.name: place for place, stock in enumerate(order.fleet.stocks)}
    return tuple(sorted(dealt, key=lambda share: (places[share.capability.device.name], -share.images)))


def _dealt(rows: Rows, values: tuple[int, ...], row: int) -> Iterator[Share]:
    devices, uses = values[2 * row], values[2 * row + 1]
    capability = rows.order.capabilities[rows.capability[row]]
    option = capability.options[rows.option[row]]
    for one in range(devices):
        later = uses // devices + (one < uses % devices)
        yield Share(capability, option, later, (later + 1) * option.batch)


def _trimmed(shares: list[Share], images: int) -> list[Share]:
    """The same devices for so many images and no more."""
    excess = sum(share.images for share in shares) - images
    longest = [(-share.spread.mean, place) for place, share in enumerate(shares)]
    heapq.heapify(longest)
    kept = list(shares)
    while longest:
        _, place = heapq.heappop(longest)
        share = kept[place]
        batch = share.option.batch
        if share.later_uses and excess >= batch:
            kept[place] = replace(share, later_uses=share.later_uses - 1, images=share.images - batch)
            excess -= batch
            heapq.heappush(longest, (-kept[place].spread.mean, place))
        else:
            off = min(excess, batch - 1)
            left = share.images - off
            last = last_option(share.capability, share.option, share.later_uses, left)
            kept[place] = replace(share, images=left, last=last)
            excess -= off
    return kept
