"""A profile brought to the speed that its machine has now: every time of it, in one proportion.

    L(b) of one mini-batch size, now / as profiled -> ratio -> every time and its deviations, times the ratio

Machines drift: a neighbour on the same host, heat, a governor. What slows one mini-batch slows the others, loading and
requests too, since all of it is work of the same cores. Memory and energy stay as they were measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vedette.errors import UsageError
from vedette.rules.capacity.column import column
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Profile, ProfilePoint

_SHORTEST_S, _LONGEST_S = 1.0, 600.0

_FEWEST_USES = 8
"""Mini-batches that a look should hold: a few long ones tell less than several short ones."""


@dataclass(frozen=True, slots=True)
class Present:
    """What the machine is now, against a profile.

    Attributes:
        id: of the refreshed profile.
        created: when it was looked at, ISO 8601.
        ratio: times now / as profiled.
        source: what looked.
    """

    id: str
    created: str
    ratio: float
    source: str


def refreshed(profile: Profile, present: Present) -> Profile:
    """The profile with every time as it is now; a refreshed one keeps the id of the profile that was measured.

    Raises:
        ValueError: the ratio is not above 0.
    """
    if not present.ratio > 0:
        raise ValueError(f"times are multiplied with a number above 0, got {present.ratio}")
    return replace(
        profile,
        id=present.id,
        created=present.created,
        source=present.source,
        points=tuple(_scaled_point(point, present.ratio) for point in profile.points),
        request_s=_scaled(profile.request_s, present.ratio),
        refreshed_from=profile.refreshed_from or profile.id,
    )


def checked_look_s(seconds: float) -> float:
    """How long devices are looked at, in seconds.

    Raises:
        UsageError: shorter than a second, or longer than ten minutes.
    """
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise UsageError(
            f"{seconds:g} s is no time to look at a machine: below 1 s little is seen, after 10 min it is another one",
            help="refresh for 10s, as `--refresh 10s`",
        )
    return seconds


def watched_batch(profile: Profile, size: Size | None, seconds: float) -> tuple[int, float]:
    """The mini-batch size to look at, and L of it as profiled: most images a second, of those that come eight times.

    Raises:
        InvalidError: the profile cannot tell at this size.
    """
    latency = column(profile, size).latency
    times = {batch: moment.mean for batch in latency.batches if (moment := latency.at(batch)) is not None}
    short = {batch: later for batch, later in times.items() if later * _FEWEST_USES <= seconds}
    if not short:
        return min(times.items())
    return min(short.items(), key=lambda pair: (pair[1] / pair[0], pair[0]))


def _scaled_point(point: ProfilePoint, ratio: float) -> ProfilePoint:
    return replace(
        point,
        latency_s=_scaled(point.latency_s, ratio),
        warm_up_s=_scaled(point.warm_up_s, ratio),
        load_s=_scaled(point.load_s, ratio),
        longest_s=None if point.longest_s is None else point.longest_s * ratio,
    )


def _scaled(moment: Moment | None, ratio: float) -> Moment | None:
    if moment is None:
        return None
    between, apart = (None if one is None else one * ratio for one in (moment.between, moment.apart))
    return replace(moment, mean=moment.mean * ratio, within=moment.within * ratio, between=between, apart=apart)
