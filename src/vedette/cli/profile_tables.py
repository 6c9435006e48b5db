"""Profiles as tables that read well at 80 columns, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from vedette.cli.tables import print_json, print_line, print_table, print_wrapped
from vedette.rules.capacity.pooled import interval
from vedette.values.device import DeviceKind
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Failed, Origin, Profile, ProfilePoint

_COLUMNS = (">batch", ">load s", ">W ms", ">L ms", ">+/-", ">images/s", ">peak MB", "notes")
_SHORT = {Failed.OUT_OF_MEMORY: "out of memory", Failed.REFUSED: "refused", Failed.TOO_LONG: "too long"}


def print_profile(profile: Profile) -> None:
    """What was profiled, a table for each image size, why points failed, and where the profile is kept."""
    of = profile.profiled
    print_line(f"{of.model} version {of.version or '-'} on {device_text(of.device)}: {of.execution}")
    print_line(_circumstances(profile))
    for size in profile.sizes:
        points = [point for point in profile.points if point.size == size]
        energy = any(point.energy_j is not None for point in points)
        columns = (*_COLUMNS[:-1], ">J/image", _COLUMNS[-1]) if energy else _COLUMNS
        title = "" if size is None else f"images of {size}"
        print_table(columns, [_row(point, energy=energy) for point in points], title=title)
    for point in profile.points:
        if point.reason:
            print_line(f"batch {point.batch}{_of_size(point.size)}: {point.reason}")
    print_wrapped(profile.broken_off)
    print_line(f"L: mean and 95 % interval over trials. Profile {profile.id}")


def print_profiles_json(profiles: Sequence[Profile]) -> None:
    """The documents of profiles, an array."""
    from vedette.wiring.profiles import profile_text

    print_json([json.loads(profile_text(profile)) for profile in profiles])


def print_document(profile: Profile) -> None:
    """The document of one profile."""
    from vedette.wiring.profiles import profile_text

    sys.stdout.write(profile_text(profile))


def list_row(profile: Profile) -> tuple[str, ...]:
    """A profile in a list: id, model, device, neighbours, batches, what measured it or that it was broken off."""
    of = profile.profiled
    worked = [point.batch for point in profile.points if point.failed is None]
    batches = f"{min(worked)}..{max(worked)}" if worked else "none"
    how = "given" if profile.origin is Origin.GIVEN else f"{of.execution.runtime} {of.execution.precision}"
    how = "broken off" if profile.broken_off else how
    return (profile.id, of.model, device_text(of.device), str(of.busy_neighbours), batches, how)


def device_text(device: DeviceKind) -> str:
    """`cpu:0.5, 512 MB`."""
    if device.memory_bytes is None:
        return device.name
    return f"{device.name}, {device.memory_bytes / 1e6:.0f} MB"


def _circumstances(profile: Profile) -> str:
    of, parts = profile.profiled, []
    if of.tiling is not None:
        parts.append(f"tiles of {of.tiling.tile}, overlap {of.tiling.overlap}")
    parts.append(f"{of.busy_neighbours} busy neighbour{'' if of.busy_neighbours == 1 else 's'}")
    if of.quality is not None:
        parts.append(f"quality {of.quality:g} %")
    origin = f"measured in {profile.seconds:.0f} s" if profile.origin is Origin.MEASURED else "given"
    return ", ".join((origin, *parts))


def _of_size(size: Size | None) -> str:
    return "" if size is None else f", {size}"


def _row(point: ProfilePoint, *, energy: bool) -> tuple[str, ...]:
    batch = str(point.batch)
    if point.latency_s is None or point.warm_up_s is None:
        assert point.failed is not None, "a point without figures says why"
        return (batch, *("-",) * (7 if energy else 6), _SHORT[point.failed])
    joules = ("-" if point.energy_j is None else f"{point.energy_j.mean / point.batch:.3g}",) if energy else ()
    half = interval(point.latency_s)
    return (
        batch,
        "-" if point.load_s is None else f"{point.load_s.mean:.2f}",
        _ms(point.warm_up_s.mean),
        _ms(point.latency_s.mean),
        "-" if half is None else f"{half / point.latency_s.mean:.1%}",
        f"{point.batch / point.latency_s.mean:,.1f}",
        "-" if point.peak_bytes is None else f"{point.peak_bytes / 1e6:,.0f}",
        *joules,
        _trials(point.latency_s),
    )


def _ms(seconds: float) -> str:
    value = seconds * 1e3
    return f"{value:,.0f}" if value >= 1000 else f"{value:#.4g}".rstrip(".")  # noqa: PLR2004 - four figures


def _trials(moment: Moment) -> str:
    return f"{moment.trials} trial{'' if moment.trials == 1 else 's'}"
