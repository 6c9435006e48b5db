"""The port to a device: a process of its own that loads one model and works through images in mini-batches.

    start(DeviceOrder) -> load -> Loading    run(batch, images, at_ns) -> DeviceWork    ... close

It is pinned and limited as its order says, and tells what of that could not be enforced. It does not know whether it is
being profiled or carries out a plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vedette.values.device import DeviceKind
from vedette.values.execution import Execution
from vedette.values.tiling import Tiling


@dataclass(frozen=True, slots=True)
class DeviceOrder:
    """What a device is to run, and what it has.

    Attributes:
        device: kind: share of the cores, memory limit.
        cores: numbers of the cores that it is bound to; empty: not bound.
        model: name of a model in the repository.
        version: of it; empty: the one that is served.
        execution: how it is run.
        images: files; work begins with the first and goes round.
        tiling: how images are cut; None: not at all.
    """

    device: DeviceKind
    cores: tuple[int, ...]
    model: str
    version: str
    execution: Execution
    images: tuple[str, ...]
    tiling: Tiling | None = None


@dataclass(frozen=True, slots=True)
class Loading:
    """A device that is ready.

    Attributes:
        load_s: from the start of its process until the model is loaded.
        pid: of the process.
        not_enforced: limits of the order that this system cannot enforce, in words.
        peak_bytes, sampled_peak_bytes: most memory while it loaded, as those of `DeviceWork`; 0: not known.
        fixed_batch: rows that the model's graph takes at a time, more and fewer being run in filled-up parts; None: any
            number, or not known.
    """

    load_s: float
    pid: int
    not_enforced: tuple[str, ...] = ()
    peak_bytes: int = 0
    sampled_peak_bytes: int = 0
    fixed_batch: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceWork:
    """What a device did.

    Attributes:
        began_ns, ended_ns: of the monotonic clock, which all processes of a machine share.
        batches_ns: time of each mini-batch, the first one first: bytes in, results out.
        images: that were worked through.
        answers: results that were made (classes, or boxes that were found), so that nothing was left out.
        peak_bytes: most memory of the process's own (no files, nothing shared), samples and high-water mark joined; no
            more than a limit that was enforced.
        sampled_peak_bytes: most of the samples every 10 ms alone.
        energy_j: of the whole run; None without a counter.
    """

    began_ns: int
    ended_ns: int
    batches_ns: tuple[int, ...]
    images: int
    answers: int
    peak_bytes: int
    sampled_peak_bytes: int
    energy_j: float | None = None


class Device(Protocol):
    """A device at work; one call at a time.

    Every call raises `ExhaustedError` where the process was killed for want of memory or its engine ran out of it, and
    another `VedetteError` where it cannot work for another reason.
    """

    async def load(self) -> Loading:
        """Start the process and load the model; it has run nothing then."""

    async def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        """Work through so many images in mini-batches, the last one being smaller where they do not divide evenly.

        Args:
            batch: images of a mini-batch.
            images: altogether, 1 or more.
            at_ns: instant at which to begin, so that several devices begin together; None: at once.
        """

    async def close(self) -> None:
        """End the process and let go of its limits; twice does nothing."""


class Devices(Protocol):
    """Makes devices."""

    def make(self, order: DeviceOrder) -> Device:
        """A device that is not started yet."""

    def free_cores(self) -> Sequence[int]:
        """Numbers of the cores that this process may use."""
