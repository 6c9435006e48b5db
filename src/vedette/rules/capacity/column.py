"""What a profile says at one image size: its curves over the mini-batch, up to the first batch that ended it.

    Profile --size--> Column(L, W, load time, memory, longest, energy)

A size that was profiled gives its own points. One between two profiled sizes is interpolated over the pixels, curve by
curve. Beyond them, and between images of a stated size and images as they come, nothing is known.

A batch that ran out of memory, or took too long, ends the column: larger ones need more. One that the engine refused
says nothing of larger ones; but no batch near it, up to the measured ones on either side, is taken for possible.

A graph of a fixed batch f runs ceil(b / f) times for a mini-batch of b: L and W are stairs, and no line holds between a
whole multiple of f and the next batch. So of the batches that were not measured only multiples of f are taken. Cut
images are many rows each: a step is a small part of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from vedette.errors import InvalidError
from vedette.rules.capacity.curve import Curve, between_curves, fitted, number_at
from vedette.rules.capacity.moments import largest_seen, level, mixed, part
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Failed, Profile, ProfilePoint

Numbers = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One image size of a profile.

    Attributes:
        latency: L(b), seconds.
        warm_up: W(b), seconds.
        load: seconds; None: not known.
        energy: joules of a later mini-batch; None: not measured.
        peaks: bytes by batch, never falling; empty: not known.
        longest: longest later mini-batch in seconds by batch: as it was seen, or a bound where it was not kept.
        longest_first: the same of W: a bound, out of the deviation of the trials.
        longest_load: the same of the load time, in seconds; None: not known.
        failed: the point with the smallest batch that ended the column; batches from there on count as impossible.
        refused: batches that the engine refused, rising.
        fixed: rows that the graph takes at a time, where a row is an image; None: any number.
        between: the two profiled sizes that an interpolated column lies between; empty for one that was profiled.
    """

    latency: Curve
    warm_up: Curve
    load: Moment | None
    energy: Curve | None
    peaks: Numbers
    longest: Numbers
    longest_first: Numbers
    longest_load: float | None
    failed: ProfilePoint | None = None
    refused: tuple[int, ...] = ()
    fixed: int | None = None
    between: tuple[Size, ...] = ()

    @property
    def batches(self) -> tuple[int, ...]:
        """Batches with figures of their own, rising."""
        return self.latency.batches

    def takes(self, batch: int) -> bool:
        """Whether a batch can be planned: the engine takes it, and its time is known.

        No refused one lies between the measured ones on its sides, and it does not lie on a step of a fixed batch.
        """
        if self.fixed is not None and batch % self.fixed and batch not in self.batches:
            return False
        if not self.refused:
            return True
        taken = [known for known in self.batches if known not in self.refused]
        low = max((known for known in taken if known <= batch), default=0)
        high = min((known for known in taken if known >= batch), default=batch)
        return batch in taken or not any(low < refused <= high for refused in self.refused)


def column(profile: Profile, size: Size | None) -> Column:
    """The column of an image size; None: images as they come.

    Raises:
        InvalidError: the profile cannot tell at this size, or no mini-batch of it has figures; the message says why.
    """
    around = _around(profile, size)
    if isinstance(around, str):
        raise InvalidError(f"profile {profile.id}: {around}", help=_step(profile, size))
    low, high = (_measured(profile, one) for one in around)
    if around[0] == around[1] or size is None:
        return low
    return _interpolated(low, high, _sizes(around), size, profile)


def why_no_size(profile: Profile, size: Size | None) -> str:
    """Why a profile says nothing at an image size; empty if it does."""
    around = _around(profile, size)
    return around if isinstance(around, str) else ""


def _around(profile: Profile, size: Size | None) -> tuple[Size | None, Size | None] | str:
    """The profiled sizes below and above, both the same where it is one of them; or why there are none."""
    if size in profile.sizes:
        return size, size
    stated = sorted((one for one in profile.sizes if one is not None), key=lambda one: (one.pixels, one.width))
    told = ", ".join(map(str, stated))
    if size is None:
        return f"it is of images of {told}, and the demand names no size" if stated else "it has no points"
    if not stated:
        return f"it is of images as they come, not of images of {size}" if profile.sizes else "it has no points"
    below = [one for one in stated if one.pixels <= size.pixels]
    above = [one for one in stated if one.pixels >= size.pixels]
    if not below or not above:
        return f"images of {size} lie beyond those that were profiled ({told}), and nothing is extrapolated"
    same = [one for one in below if one.pixels == size.pixels]
    return (same[0], same[0]) if same else (below[-1], above[0])


def _step(profile: Profile, size: Size | None) -> str:
    if size is None and profile.sizes:
        return "name the size of the images with --size"
    at = "" if size is None else f" --size {size}"
    return f"profile it again: vedette profile {profile.profiled.model}{at}"


def _sizes(around: tuple[Size | None, Size | None]) -> tuple[Size, Size]:
    low, high = around
    if low is None or high is None:
        raise AssertionError("images as they come lie between no sizes")
    return low, high


def _measured(profile: Profile, size: Size | None) -> Column:
    """The column of a profiled size."""
    points = sorted((point for point in profile.points if point.size == size), key=lambda point: point.batch)
    failed = next((point for point in points if point.failed not in {None, Failed.REFUSED}), None)
    within = [point for point in points if failed is None or point.batch < failed.batch]
    good = [point for point in within if point.failed is None]
    if not good:
        why = points[0].reason or str(points[0].failed) if points else None
        raise InvalidError(
            f"profile {profile.id} has no mini-batch with figures{_at(size)}: {why or 'it has no points'}",
            help="take a smaller model, smaller images, or a device with more memory",
        )
    latency = [(point.batch, point.latency_s) for point in good if point.latency_s is not None]
    warm_up = [(point.batch, point.warm_up_s) for point in good if point.warm_up_s is not None]
    loads = [point.load_s for point in good if point.load_s is not None]
    seen = {point.batch: point.longest_s for point in good if point.longest_s is not None}
    return Column(
        latency=fitted(latency),
        warm_up=fitted(warm_up),
        load=level(loads) if loads else None,
        energy=_energy(good),
        peaks=_peaks(good),
        longest=tuple((batch, seen.get(batch, largest_seen(moment))) for batch, moment in latency),
        longest_first=tuple((batch, largest_seen(moment)) for batch, moment in warm_up),
        longest_load=max(map(largest_seen, loads), default=None),
        failed=failed,
        refused=tuple(point.batch for point in within if point.failed is Failed.REFUSED),
        fixed=profile.profiled.fixed_batch if profile.profiled.tiling is None else None,
    )


def _at(size: Size | None) -> str:
    return "" if size is None else f" at {size}"


def _energy(points: Sequence[ProfilePoint]) -> Curve | None:
    known = [(point.batch, point.energy_j) for point in points if point.energy_j is not None]
    return fitted(known) if known else None


def _peaks(points: Sequence[ProfilePoint]) -> Numbers:
    """The larger of both ways to measure; never less than what a smaller batch took."""
    known = [(point.batch, max(point.peak_bytes or 0, point.sampled_peak_bytes or 0)) for point in points]
    known = [(batch, peak) for batch, peak in known if peak]
    rising = accumulate((float(peak) for _, peak in known), max)
    return tuple(zip((batch for batch, _ in known), rising, strict=True))


# --- between two sizes ------------------------------------------------------------------------------------------------


def _interpolated(low: Column, high: Column, around: tuple[Size, Size], size: Size, profile: Profile) -> Column:
    share = (size.pixels - around[0].pixels) / (around[1].pixels - around[0].pixels)
    latency = between_curves(low.latency, high.latency, share)
    warm_up = between_curves(low.warm_up, high.warm_up, share)
    if latency is None or warm_up is None:
        raise InvalidError(
            f"profile {profile.id}: no mini-batch was measured at both {around[0]} and {around[1]}",
            help=_step(profile, size),
        )
    energy = None if not (low.energy and high.energy) else between_curves(low.energy, high.energy, share)
    failed = [point for point in (low.failed, high.failed) if point is not None]
    loads = low.longest_load, high.longest_load
    return Column(
        latency=latency,
        warm_up=warm_up,
        load=mixed(low.load, high.load, share) if low.load and high.load else None,
        energy=energy,
        peaks=_numbers(low.peaks, high.peaks, share),
        longest=_numbers(low.longest, high.longest, share),
        longest_first=_numbers(low.longest_first, high.longest_first, share),
        longest_load=None if loads[0] is None or loads[1] is None else part(loads[0], loads[1], share),
        failed=min(failed, key=lambda point: point.batch, default=None),
        refused=tuple(sorted({*low.refused, *high.refused})),
        fixed=low.fixed,
        between=around,
    )


def _numbers(low: Numbers, high: Numbers, share: float) -> Numbers:
    """Numbers by batch, `share` of the way, where both sides know them."""
    batches = sorted({batch for batch, _ in (*low, *high)})
    values = [(batch, number_at(low, batch), number_at(high, batch)) for batch in batches]
    return tuple((batch, part(a, b, share)) for batch, a, b in values if a is not None and b is not None)
