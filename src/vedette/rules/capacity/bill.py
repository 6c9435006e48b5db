"""What a device costs for the time that it works: money by its price and billing, energy by its counter or its watts.

Idle devices cost nothing here: one is paid from the start that the demand names until it is done.
"""

from __future__ import annotations

import math

from vedette.rules.capacity.answer import Share
from vedette.values.device import Billing, DeviceKind

_HOUR_S = 3600.0
_ROUNDING = 1e-9


def money(device: DeviceKind, seconds: float) -> float | None:
    """Price of a device that works so long: by the second, or every hour that was started; None without a price."""
    if device.price_per_hour is None:
        return None
    hours = seconds / _HOUR_S
    if device.billing is Billing.HOUR:
        hours = math.ceil(hours * (1 - _ROUNDING))
    return device.price_per_hour * hours


def energy_wh(share: Share) -> float | None:
    """Watt-hours of a share: first_j + t later_j; the last mini-batch, if smaller, has its own; None: not known."""
    option, last = share.option, share.last
    ends = last is not None and share.later_uses > 0
    parts = [(1, option.first_j), (share.later_uses - ends, option.later_j)]
    if ends and last is not None:
        parts.append((1, last.later_j))
    if any(joules is None for times, joules in parts if times):
        return None
    return sum(times * (joules or 0.0) for times, joules in parts) / _HOUR_S


def money_of(share: Share) -> float | None:
    """Price of a share at its mean time; one that only stands by costs nothing unless something is lost."""
    return money(share.capability.device, share.spread.mean) if share.images else 0.0
