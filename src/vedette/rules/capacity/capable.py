"""From a profile to what plans and the server's batcher take: a row for every mini-batch size, or the batch curve.

    Profile --column--> curves --capability--> Capability: Option(b) for b = 1, 2, ..., MB
                               --batch_curve--> BatchCurve at the batches that were measured

MB is the largest batch that was measured below the first one that ended the column, whose memory fits the device, and
that the demand allows. Batches that the engine refused, and those on a step of a fixed batch, have no row. Both ways
give the same time for the same batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from vedette.errors import InvalidError
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.column import Column, column
from vedette.rules.capacity.curve import number_at
from vedette.rules.capacity.moments import together
from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.demand import Limits, Start
from vedette.values.device import DeviceKind
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Profile


def capability(
    profile: Profile,
    size: Size | None = None,
    start: Start = Start.LOADED,
    limits: Limits | None = None,
    device: DeviceKind | None = None,
) -> Capability:
    """What the profiled model can do on one device.

    The first mini-batch takes the load time and W(b) where the start is cold, W(b) where the model is loaded, L(b)
    where it is warm. Energy is the measured one, or else the watts of the device by the time; the power of a later
    mini-batch is taken for the first one too.

    Args:
        profile: measured or given.
        size: of the images; None: as they come.
        start: what the time counts from.
        limits: of these the largest mini-batch counts.
        device: the kind with the memory, price and watts that count; None: that of the profile.

    Raises:
        InvalidError: the profile cannot tell at this size, or has no load time for a cold start.
    """
    figures = column(profile, size)
    if start is Start.COLD and figures.load is None:
        raise InvalidError(
            f"profile {profile.id} has no load time, and a cold start counts it",
            help="add load_s to its points, profile again, or plan with --start loaded",
        )
    kind = device or profile.profiled.device
    options = tuple(_options(figures, start, limits or Limits(), kind))
    return Capability(profile.profiled.model, profile.id, kind, options, profile.profiled.quality)


def batch_curve(profile: Profile, size: Size | None = None) -> BatchCurve:
    """The curve of the server's batcher, at the batches that were measured; it is straight between them as well.

    Its times are those of the fitted curve, so that the batcher and the plans reckon with the same ones.

    Raises:
        InvalidError: the profile cannot tell at this size.
    """
    figures = column(profile, size)
    return BatchCurve(tuple(_point(figures, batch) for batch in figures.batches))


def fits(figures: Column, batch: int, memory_bytes: int | None) -> bool:
    """Whether a batch fits the memory; what is not known counts as fitting, and a warning says so."""
    peak = number_at(figures.peaks, batch)
    return memory_bytes is None or peak is None or peak <= memory_bytes


def _options(figures: Column, start: Start, limits: Limits, device: DeviceKind) -> Iterator[Option]:
    """Rising by their batch; the first that does not fit the memory ends them, since that never falls."""
    last = figures.batches[-1] if limits.batch is None else min(limits.batch, figures.batches[-1])
    for batch in range(figures.batches[0], last + 1):
        if not fits(figures, batch, device.memory_bytes):
            return
        option = _option(figures, batch, start, device) if figures.takes(batch) else None
        if option is not None:
            yield option


def _option(figures: Column, batch: int, start: Start, device: DeviceKind) -> Option | None:
    later, warm_up = figures.latency.at(batch), figures.warm_up.at(batch)
    if later is None or warm_up is None:
        return None
    first = _first(figures, later, warm_up, start)
    peak = number_at(figures.peaks, batch)
    watts = _watts(figures, batch, later, device)
    return Option(
        batch,
        first,
        later,
        max(first.mean, _longest_first(figures, batch, start)),
        max(later.mean, number_at(figures.longest, batch) or 0.0),
        None if peak is None else math.ceil(peak),
        None if watts is None else watts * first.mean,
        None if watts is None else watts * later.mean,
    )


def _first(figures: Column, later: Moment, warm_up: Moment, start: Start) -> Moment:
    if start is Start.WARM:
        return later
    if start is Start.LOADED or figures.load is None:
        return warm_up
    return together((figures.load, warm_up))


def _longest_first(figures: Column, batch: int, start: Start) -> float:
    if start is Start.WARM:
        return number_at(figures.longest, batch) or 0.0
    warm_up = number_at(figures.longest_first, batch) or 0.0
    return warm_up + (figures.longest_load or 0.0 if start is Start.COLD else 0.0)


def _watts(figures: Column, batch: int, later: Moment, device: DeviceKind) -> float | None:
    energy = None if figures.energy is None else figures.energy.at(batch)
    return device.watts if energy is None or not later.mean else energy.mean / later.mean


def _point(figures: Column, batch: int) -> BatchPoint:
    latency, warm_up = figures.latency.at(batch), figures.warm_up.at(batch)
    if latency is None:
        raise AssertionError(f"a measured batch has a time, {batch}")
    peak = number_at(figures.peaks, batch)
    return BatchPoint(
        batch,
        latency.mean * 1e3,
        max(latency.mean, number_at(figures.longest, batch) or 0.0) * 1e3,
        latency.count,
        latency,
        warm_up,
        figures.load,
        None if peak is None else math.ceil(peak),
        None if figures.energy is None else figures.energy.at(batch),
    )
