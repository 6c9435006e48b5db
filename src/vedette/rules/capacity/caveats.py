"""What a reader must know of a profile before trusting what was made of it, each in one sentence with its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from vedette.rules.capacity.capable import fits
from vedette.rules.capacity.column import Column, column
from vedette.rules.capacity.curve import Curve, Form
from vedette.values.demand import Demand, Limits
from vedette.values.device import DeviceKind
from vedette.values.frame import Size
from vedette.values.profile import Origin, Profile

FEW_TRIALS = 3
"""Below it the deviation from process to process is a guess."""
FEW_VALUES = 10
"""Below it so many later mini-batches of one size tell little of their deviation."""
WIDE = 0.1
"""Half of the 95 % interval of one process, as a share of the mean, from which on it is called wide."""
GAP = 4
"""Ratio of neighbouring batches from which on the straight line between them is a guess."""


def caveats(
    profile: Profile, size: Size | None = None, limits: Limits | None = None, device: DeviceKind | None = None
) -> tuple[str, ...]:
    """Warnings of what `capability` and `batch_curve` make of a profile with the same arguments.

    Raises:
        InvalidError: the profile cannot tell at this size.
    """
    figures = column(profile, size)
    kind = device or profile.profiled.device
    return (
        *_origin(profile, figures),
        *_sample(profile, figures),
        *_shape("L", figures.latency),
        *_shape("W", figures.warm_up),
        *_reach(figures, limits or Limits(), kind),
        *_energy(figures, kind),
    )


def caveats_of_all(
    found: Sequence[tuple[Profile, DeviceKind]], demand: Demand, *, longest: bool = False
) -> tuple[str, ...]:
    """Warnings of every profile that a plan rests on; where there are several, each says of which it is.

    Energy is one figure of the whole plan. Where it is not known of one device nothing is said of that of the others.

    Args:
        found: profiles, and the kinds of device that they are used for.
        demand: size of the images and limits are read.
        longest: whether the longest times that were seen decide, as of a hard deadline.

    Raises:
        InvalidError: a profile cannot tell at this size.
    """
    mute = [kind.name for profile, kind in found if kind.watts is None and not _is_energy_counted(profile)]
    several = len({(profile.profiled.model, kind.name) for profile, kind in found}) > 1
    notes = list[str]()
    for profile, kind in found:
        told = caveats(profile, demand.size, demand.limits, replace(kind, watts=None) if mute else kind)
        told += _unseen(profile) if longest else ()
        label = f"{profile.profiled.model} on {kind.name}: " if several else ""
        notes += [note if note.startswith(f"profile {profile.id} ") else f"{label}{note}" for note in told]
    if mute and len(mute) < len(found):
        notes.append(f"energy is not told: neither a counter nor watts are known of {', '.join(dict.fromkeys(mute))}")
    return tuple(dict.fromkeys(notes))


def _is_energy_counted(profile: Profile) -> bool:
    return any(point.energy_j is not None for point in profile.points)


def _unseen(profile: Profile) -> tuple[str, ...]:
    """A profile that was given without its longest times has no more to say than its means and deviations."""
    if all(point.longest_s is not None for point in profile.points if point.failed is None):
        return ()
    return (f"profile {profile.id} does not tell the longest times: a bound by its deviations is taken for them",)


def _origin(profile: Profile, figures: Column) -> Iterator[str]:
    if profile.origin is Origin.GIVEN:
        yield f"profile {profile.id} was given ({profile.source or 'no source named'}), not measured here"
        if [moment for _, moment in figures.latency.points] == [moment for _, moment in figures.warm_up.points]:
            yield "no warm-up was given: the first mini-batch counts as long as a later one"
    if profile.broken_off:
        yield f"profile {profile.id} was {profile.broken_off}; for all of it run {profile.source}"
    if figures.between:
        low, high = figures.between
        yield f"the image size lies between the profiled {low} and {high}: times are interpolated over the pixels"


def _sample(profile: Profile, figures: Column) -> Iterator[str]:
    latency = [moment for _, moment in figures.latency.points]
    trials = [moment.trials for _, moment in (*figures.latency.points, *figures.warm_up.points)]
    if max(trials) < 2:  # noqa: PLR2004 - a deviation needs two
        yield "each time is of one trial: how much processes differ is not known, so no interval can be given"
    elif max(trials) < FEW_TRIALS:
        yield f"each time is of {max(trials)} trials at most, fewer than {FEW_TRIALS}: profile with --trials 3"
    elif min(trials) < 2:  # noqa: PLR2004 - as above
        yield "some times are of one trial: how much processes differ is taken from the other mini-batches"
    values = min(moment.count for moment in latency)
    if profile.origin is Origin.MEASURED and values < FEW_VALUES:
        yield f"some latencies are of {values} mini-batch{'' if values == 1 else 'es'}, fewer than {FEW_VALUES}"


def _shape(name: str, curve: Curve) -> Iterator[str]:
    batches = curve.batches
    if curve.form is Form.MONOTONE and len(batches) > 1:
        yield from _bends(name, curve)
    gaps = [(a, b) for a, b in pairwise(batches) if b > GAP * a]
    if curve.line is None and gaps:
        told = ", ".join(f"{a} to {b}" for a, b in gaps)
        yield f"nothing was measured from batch {told}: {name} is taken as a straight line there"
    wide = max(((_half_width(curve, batch), batch) for batch in batches), key=lambda one: one[0])
    if wide[0] > WIDE:
        yield f"{name} of batch {wide[1]} is uncertain: one process may differ by {wide[0]:.0%} (95 % interval)"


def _bends(name: str, curve: Curve) -> Iterator[str]:
    means = [moment.mean for _, moment in curve.points]
    falls = [b for b, low, high in zip(curve.batches[1:], means[1:], means, strict=False) if low < high]
    if falls:
        told = ", ".join(map(str, falls))
        yield (
            f"{name} fell with the batch at {told}: levels that never fall are taken instead, up to "
            f"{curve.residual:.1%} off what was measured"
        )


def _half_width(curve: Curve, batch: int) -> float:
    """Of the 95 % interval of a process's mean by Student's t, as a share of the mean; 0 where it is not known."""
    from scipy.special import stdtrit

    moment = curve.at(batch)
    if moment is None or moment.between is None or moment.trials < 2 or not moment.mean:  # noqa: PLR2004 - as above
        return 0.0
    return float(stdtrit(moment.trials - 1, 0.975)) * moment.between / moment.mean


def _reach(figures: Column, limits: Limits, device: DeviceKind) -> Iterator[str]:
    first, last = figures.batches[0], figures.batches[-1]
    if first > 1:
        yield f"mini-batches below {first} were not measured and are not planned"
    if figures.failed is not None:
        point = figures.failed
        why = f"{point.failed}{f' ({point.reason})' if point.reason else ''}"
        yield f"mini-batches of {point.batch} and more are not planned: {why}; {last} is the largest that was measured"
    if figures.refused:
        told = ", ".join(map(str, figures.refused))
        yield f"mini-batches of {told} were refused by the engine: nothing up to the next measured ones is planned"
    if figures.fixed is not None and figures.fixed > 1:
        yield (
            f"the model's file takes {figures.fixed} rows at a time: of the mini-batches that were not measured only"
            f" multiples of {figures.fixed} are planned"
        )
    allowed = [batch for batch in figures.batches if limits.batch is None or batch <= limits.batch]
    too_large = [batch for batch in allowed if not fits(figures, batch, device.memory_bytes)]
    if too_large and device.memory_bytes is not None:
        limit = device.memory_bytes / 1e6
        yield f"mini-batches of {too_large[0]} and more do not fit the {limit:.0f} MB of {device.name}"
    if device.memory_bytes is not None and (not figures.peaks or figures.peaks[-1][0] < last):
        yield f"the profile does not tell the memory of every batch: the limit of {device.name} is not checked for all"
    if limits.batch is not None and limits.batch < first:
        yield f"no mini-batch is left: {limits.batch} are allowed, and the smallest that was measured has {first}"


def _energy(figures: Column, device: DeviceKind) -> Iterator[str]:
    if figures.energy is not None:
        yield "energy is measured for later mini-batches; load and warm-up are reckoned with the same power"
    elif device.watts is not None:
        yield f"energy is an estimate: {device.watts:g} W of {device.name} by the time, no counter was read"
