"""The command `vedette profile`: from the name of a model and a device to a profile that is kept.

model -> Manifest -> Execution (fixed, remembered or measured, for one stream) -> images -> trials in fresh processes
      -> Profile -> home/profiles
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.config.content import fingerprint as model_fingerprint
from vedette.adapters.config.fleet import read_devices
from vedette.adapters.probes.fingerprint import fingerprint
from vedette.adapters.store.profiles import new_profile_id
from vedette.clock import SystemClock
from vedette.errors import ExhaustedError, UnsupportedError, UsageError
from vedette.flows.bench.device import Devices
from vedette.flows.bench.profiling import ProfileOrder, ProfileSession, Profiling
from vedette.flows.bench.trial import Length
from vedette.rules.candidates import Wish
from vedette.rules.capacity.next_point import FEWEST_TRIALS
from vedette.rules.capacity.placement import place
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, Optimise
from vedette.values.frame import Size
from vedette.values.manifest import Manifest
from vedette.values.profile import Failed, Profile, Profiled
from vedette.values.tiling import Tiling
from vedette.values.trial import Placement
from vedette.wiring.devices import ProcessDevices
from vedette.wiring.instances import find_manifest, open_manifest
from vedette.wiring.profile_images import image_files
from vedette.wiring.profiles import home_profiles

Say = Callable[[str], None]

BATCHES = (1, 2, 4, 8, 16, 32, 64)
_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProfileAsked:
    """What is to be profiled.

    Attributes:
        model: name.
        device: kind; a share of this machine's cores.
        wish: runtime and precision, None leaves them to `auto`; threads, None takes the device's.
        batches: mini-batches.
        sizes: of the images; empty: as they come.
        images: files and folders; empty: crops of the shipped photos.
        tiling: how images are cut; None: not at all.
        neighbours: devices that work beside it meanwhile.
        trials: of each point; with `few` at most.
        few: half the relative width of L's interval at which few-sample profiling stops; None: the full grid.
        longest_s: a mini-batch that takes longer ends its column; None: no limit.
        budget_s: no trial is begun after so long; None: no limit.
        seed: of crops and of the order of trials.
        length: of each trial.
        source: what asked for it.
    """

    model: str
    device: DeviceKind
    wish: Wish = Wish()  # noqa: RUF009 - a frozen value
    batches: tuple[int, ...] = BATCHES
    sizes: tuple[Size, ...] = ()
    images: tuple[str, ...] = ()
    tiling: Tiling | None = None
    neighbours: int = 0
    trials: int = FEWEST_TRIALS
    few: float | None = None
    longest_s: float | None = None
    budget_s: float | None = None
    seed: int = 0
    length: Length = Length()  # noqa: RUF009 - a frozen value
    source: str = "vedette profile"


@dataclass(frozen=True, slots=True)
class Taken:
    """A profile that was measured and is kept, and what its reader has to know."""

    profile: Profile
    path: Path
    notes: tuple[str, ...]


class ProfileInterrupted(KeyboardInterrupt):
    """Measuring was interrupted, and every process was ended.

    Attributes:
        part: a profile of what was complete, which is not kept yet; None where that is too little.
    """

    def __init__(self, part: Profile | None) -> None:
        super().__init__()
        self.part = part


def device_kind(name: str, memory_bytes: int | None = None) -> DeviceKind:
    """The device of `cpu:0.5`, with a limit of its memory.

    Raises:
        UsageError: it is no device of this machine.
    """
    stocks = read_devices(name, 1).fleet.stocks
    if len(stocks) != 1 or stocks[0].kind.cores is None:
        raise UsageError(f"--device {name} is no device of this machine", help="name a share of its cores: cpu:1")
    kind = stocks[0].kind
    return kind if memory_bytes is None else replace(kind, memory_bytes=memory_bytes)


def take_profile(asked: ProfileAsked, say: Say, devices: Devices | None = None) -> Taken:
    """Measure a model on a device and keep the profile; blocks for minutes.

    Args:
        asked: what is to be profiled.
        say: told what is going on, in words.
        devices: makes the processes; None: those of this machine.

    Raises:
        ExhaustedError: not even one mini-batch fits the memory.
        UnsupportedError: no mini-batch can be run, or the devices do not fit on the cores.
        VedetteError: the model is not there or cannot be run as wished, or there is no image.
        ProfileInterrupted: interrupted; every process was ended, and what was complete is with it.
    """
    manifest = find_manifest(asked.model, say)
    _check(asked, manifest)
    used = ProcessDevices(say) if devices is None else devices
    # The session does it again; here it is told before `auto` has measured for a minute.
    place([asked.device.cores or 1.0] * (1 + asked.neighbours), used.free_cores())
    execution = _execution(asked, manifest, say)
    clock = SystemClock()
    with image_files(asked.images, asked.sizes, asked.seed) as images:
        order = ProfileOrder(
            manifest.name,
            manifest.version,
            execution,
            asked.device,
            images,
            asked.batches,
            asked.tiling,
            asked.trials,
            asked.few,
            asked.neighbours,
            asked.longest_s,
            asked.budget_s,
            asked.seed,
            asked.length,
        )
        session = ProfileSession(used, order, clock, say)
        try:
            found = asyncio.run(session.run())
        except KeyboardInterrupt:
            part = session.so_far()
            kept = None if part is None else _profile(asked, manifest, execution, part)
            raise ProfileInterrupted(kept) from None
    if all(point.failed is not None for point in found.points):
        raise _nothing_worked(asked, found)
    profile = _profile(asked, manifest, execution, found)
    return Taken(profile, home_profiles().put(profile), (*found.notes, *_too_few(asked)))


def _check(asked: ProfileAsked, manifest: Manifest) -> None:
    if manifest.input is None:
        raise UnsupportedError(f"{manifest.name} takes no images", help="profile a model that does")
    if asked.tiling is not None and manifest.detector is None:
        raise UsageError(f"{manifest.name} is no detector: its images are not cut", help="leave --tile out")
    if asked.wish.device != "cpu":
        raise UsageError(
            f"{asked.wish.device} is no device that is profiled here", help="name a share of cores: --device cpu:1"
        )


def _execution(asked: ProfileAsked, manifest: Manifest, say: Say) -> Execution:
    """As it is fixed; else the runtime and precision that are remembered, or measured, for one stream."""
    threads, wish = asked.wish.threads or asked.device.threads, asked.wish
    if wish.runtime is not None and wish.precision is not None:
        return Execution(wish.runtime, wish.precision, "cpu", 1, threads)
    wish = replace(wish, threads=threads, optimise=Optimise.LATENCY)
    opened = open_manifest(manifest, wish, say)
    chosen = opened.instance.runtime.execution
    opened.instance.runtime.close()
    return replace(chosen, streams=1, threads=threads)


def _profile(asked: ProfileAsked, manifest: Manifest, execution: Execution, found: Profiling) -> Profile:
    profiled = Profiled(
        manifest.name,
        manifest.version,
        model_fingerprint(Path(manifest.file)),
        execution,
        asked.device,
        asked.tiling,
        asked.neighbours,
        _quality(manifest),
        found.fixed_batch,
    )
    now = SystemClock().wall()
    return Profile(
        new_profile_id(now, profiled),
        profiled,
        found.points,
        environment=fingerprint(Placement.IN_PROCESS),
        created=now.isoformat(timespec="seconds"),
        source=asked.source,
        seconds=found.seconds,
        broken_off=found.broken_off,
    )


def _quality(manifest: Manifest) -> float | None:
    """The figure at the start of the model's reported quality, else of its measured one: `24.3 % COCO mAP`."""
    texts = (manifest.provenance.reported_quality, manifest.provenance.measured_quality)
    found = next((match for match in map(_PERCENT.match, texts) if match), None)
    return None if found is None else float(found[1])


def _too_few(asked: ProfileAsked) -> Sequence[str]:
    if asked.trials >= FEWEST_TRIALS:
        return ()
    told = f"INVALID for intervals: {asked.trials} trials of a point do not show how processes differ"
    return (f"{told}, {FEWEST_TRIALS} are the fewest (--trials)",)


def _nothing_worked(asked: ProfileAsked, found: Profiling) -> ExhaustedError | UnsupportedError:
    first = found.points[0]
    message = f"{asked.model} runs no mini-batch on {asked.device.name}: batch {first.batch}: {first.reason}"
    if first.failed is Failed.OUT_OF_MEMORY:
        return ExhaustedError(message, help="give it more with --memory-limit, or take a smaller model")
    if first.failed is Failed.TOO_LONG:
        return UnsupportedError(message, help="allow more with --longest, or name smaller ones with --batch")
    return UnsupportedError(message, help="name mini-batches that it takes with --batch, or another --runtime")
