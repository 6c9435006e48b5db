"""Which profile a demand may rest on: one of the same model, device, cut and size of images, machine and runtime.

    profiles + Wanted --refusals--> why each does not fit --best_profile--> the newest that does

As with runs, machine, quota, cores and memory of the machine must be alike; unlike there the runtime must be too, with
its version, since its times are what is planned with. A given profile has no environment and is asked for none. Memory
limits are no reason to refuse: rows that do not fit a device are left out, unless none is left.

A measured profile with fewer busy devices beside it than the plan will have is refused, because busy cores slow each
other down and the plan would be late. One with more promises less than the machine can do: it is taken with a remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from vedette.rules.bench.machines import Circumstance, differences
from vedette.rules.capacity.column import why_no_size
from vedette.values.device import DeviceKind
from vedette.values.environment import Environment
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Size
from vedette.values.profile import Origin, Profile
from vedette.values.tiling import Tiling

_DIFFERS = {
    Circumstance.MACHINE: "it is of another machine, {}; this one is {}",
    Circumstance.QUOTA: "the CPU quota was {}, it is {} now",
    Circumstance.CORES: "{} cores were allowed, {} are now",
    Circumstance.MEMORY: "the machine had {} of memory, it has {} now",
}
"""How a difference between the machine of a profile and this one is told."""

_PACKAGES = {
    RuntimeName.OPENVINO: "openvino",
    RuntimeName.ONNXRUNTIME: "onnxruntime",
    RuntimeName.TORCHSCRIPT: "torch",
    RuntimeName.NULL: "",
}
"""Under which name the environment has the version of a runtime; empty: it has none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a profile must be of.

    Attributes:
        model: name.
        device: the kind; devices of this machine are told by their cores, others by their name.
        version: of the model; empty: any.
        model_sha256: of the model's file; empty: not compared.
        size: of the images; None: as they come.
        tiling: how images are cut.
        execution: how the model is run; None: any way.
        environment: of this machine; None: not compared.
        busy_neighbours: devices that will work beside it; a profile with fewer does not fit. None: whatever it was.
    """

    model: str
    device: DeviceKind
    version: str = ""
    model_sha256: str = ""
    size: Size | None = None
    tiling: Tiling | None = None
    execution: Execution | None = None
    environment: Environment | None = None
    busy_neighbours: int | None = None

    @property
    def command(self) -> str:
        """What would profile it."""
        return " ".join(("vedette profile", self.model, *_arguments(self)))


@dataclass(frozen=True, slots=True)
class Refused:
    """A profile that does not fit, and every reason."""

    profile: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The profile to take.

    Attributes:
        profile: None where none fits.
        refused: the others of the same model that do not fit.
        warnings: of the one that is taken.
        help: the next step where none fits.
    """

    profile: Profile | None
    refused: tuple[Refused, ...] = ()
    warnings: tuple[str, ...] = ()
    help: str = ""


def refusals(profile: Profile, wanted: Wanted) -> tuple[str, ...]:
    """Why a profile does not fit, in words; empty if it does."""
    size = why_no_size(profile, wanted.size)
    return (
        *_model(profile, wanted),
        *_device(profile, wanted.device),
        *_cut(profile, wanted),
        *([size] if size else []),
        *_execution(profile, wanted.execution),
        *_neighbours(profile, wanted),
        *_environment(profile, wanted.environment),
    )


def best_profile(profiles: Iterable[Profile], wanted: Wanted) -> Match:
    """The profile that fits: as many busy neighbours first, then measured, then not broken off, then the newest."""
    fitting, refused = [], []
    for profile in profiles:
        if profile.profiled.model != wanted.model:
            continue
        reasons = refusals(profile, wanted)
        if reasons:
            refused.append(Refused(profile.id, reasons))
        else:
            fitting.append(profile)
    if not fitting:
        return Match(None, tuple(refused), help=f"profile it: {wanted.command}")
    best = max(fitting, key=lambda profile: _rank(profile, wanted))
    return Match(best, tuple(refused), tuple(_remarks(best, wanted)))


def _rank(profile: Profile, wanted: Wanted) -> tuple[bool, int, bool, bool, float, str]:
    alike = wanted.busy_neighbours in {None, profile.profiled.busy_neighbours}
    apart = 0 if wanted.busy_neighbours is None else abs(wanted.busy_neighbours - profile.profiled.busy_neighbours)
    measured, whole = profile.origin is Origin.MEASURED, not profile.broken_off
    return alike, -apart, measured, whole, _seconds(profile.created), profile.id


def _seconds(created: str) -> float:
    """The instant of a time in ISO 8601; without a zone it counts as UTC, what is none as the oldest."""
    try:
        read = datetime.fromisoformat(created)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return float("-inf")


def _remarks(profile: Profile, wanted: Wanted) -> Iterator[str]:
    had, will = profile.profiled.busy_neighbours, wanted.busy_neighbours
    if profile.origin is Origin.MEASURED and will is not None and had != will:
        yield (
            f"profile {profile.id} was measured with {had} busy devices beside it, the plan has {will}: "
            f"for a closer one run {wanted.command}"
        )
    if wanted.model_sha256 and not profile.profiled.model_sha256:
        yield f"profile {profile.id} does not tell which file of {wanted.model} it is of"


def _model(profile: Profile, wanted: Wanted) -> Iterator[str]:
    of = profile.profiled
    if of.model != wanted.model:
        yield f"it is of {of.model}, not of {wanted.model}"
        return
    if of.version and wanted.version and of.version != wanted.version:
        yield f"it is of version {of.version} of {of.model}, version {wanted.version} is asked for: {_again(wanted)}"
    if of.model_sha256 and wanted.model_sha256 and of.model_sha256 != wanted.model_sha256:
        yield (
            f"the file of {of.model} has changed since: sha256 {of.model_sha256[:12]} then, "
            f"{wanted.model_sha256[:12]} now: {_again(wanted)}"
        )


def _device(profile: Profile, device: DeviceKind) -> Iterator[str]:
    had = profile.profiled.device
    if had.cores is None or device.cores is None:
        if had.name != device.name:
            yield f"it is of the device {had.name}, not of {device.name}"
    elif had.cores != device.cores:
        yield f"it is of a device with {had.cores:g} cores ({had.name}), not with {device.cores:g} ({device.name})"
    peaks = [point.peak_bytes or point.sampled_peak_bytes for point in profile.points if point.failed is None]
    least = min((peak for peak in peaks if peak), default=0)
    if device.memory_bytes is not None and least > device.memory_bytes:
        yield (
            f"its smallest mini-batch took {least / 1e6:.0f} MB, {device.name} has {device.memory_bytes / 1e6:.0f} MB: "
            "take a smaller model or a device with more memory"
        )


def _cut(profile: Profile, wanted: Wanted) -> Iterator[str]:
    had = profile.profiled.tiling
    if had != wanted.tiling:
        yield f"it is of images {_tiles(had)}, asked for are images {_tiles(wanted.tiling)}: {_again(wanted)}"


def _tiles(tiling: Tiling | None) -> str:
    if tiling is None:
        return "that are not cut"
    filled = "" if tiling.fill is None else f", {tiling.fill} fill"
    return f"cut into tiles of {tiling.tile}, overlap {tiling.overlap}{filled}"


def _execution(profile: Profile, execution: Execution | None) -> Iterator[str]:
    had = profile.profiled.execution
    if execution is not None and profile.origin is Origin.MEASURED and had != execution:
        yield f"it was run on {had}, asked for is {execution}"


def _neighbours(profile: Profile, wanted: Wanted) -> Iterator[str]:
    had, will = profile.profiled.busy_neighbours, wanted.busy_neighbours
    if profile.origin is Origin.MEASURED and will is not None and had < will:
        yield f"it was measured with {had} busy devices beside it, the plan has {will}: {_again(wanted)}"


def _environment(profile: Profile, here: Environment | None) -> Iterator[str]:
    had = profile.environment
    if had is None or here is None:
        return
    for found in differences(had, here):
        yield _DIFFERS[found.what].format(found.one, found.other)
    if had.governor and here.governor and had.governor != here.governor:
        yield f"the frequency governor was {had.governor}, it is {here.governor} now"
    package = _PACKAGES[profile.profiled.execution.runtime]
    then, since = dict(had.versions).get(package), dict(here.versions).get(package)
    if then != since:
        yield f"{package} was {then or 'not there'}, it is {since or 'not there'} now"


def _again(wanted: Wanted) -> str:
    return f"profile it again: {wanted.command}"


def _arguments(wanted: Wanted) -> Iterator[str]:
    if wanted.device.cores is not None:
        yield f"--device cpu:{wanted.device.cores:g}"
    if wanted.size is not None:
        yield f"--size {wanted.size}"
    if wanted.tiling is not None:
        yield f"--tile {wanted.tiling.tile}"
        if wanted.tiling.overlap:
            yield f"--tile-overlap {wanted.tiling.overlap}"
        if wanted.tiling.fill is not None:
            yield f"--fill {wanted.tiling.fill}"
    if wanted.busy_neighbours:
        yield f"--neighbours {wanted.busy_neighbours}"
