"""One trial of a profile: a fresh process, its load time, its first mini-batch, later ones until their mean is known.

    neighbours busy (on other cores) | device: load -> run(b, b): W(b) -> run(b, k b), again and again: L(b) -> close
    neighbours, meanwhile: L(b) of each in the time in which L(b) was measured

It does not know which trials a profile has, nor in which order.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from statistics import fmean

from vedette.errors import ExhaustedError, InvalidError, UnsupportedError
from vedette.flows.bench.device import Device, DeviceOrder, Devices, DeviceWork, Loading
from vedette.rules.capacity.next_point import Sample
from vedette.rules.capacity.pooled import moment_of
from vedette.values.moment import Moment
from vedette.values.profile import Failed

NEIGHBOUR_S = 0.2
"""A neighbour works in turns of about so long, so that it can be told to end."""


@dataclass(frozen=True, slots=True)
class Length:
    """How many later mini-batches a trial has: until their mean is known, within bounds.

    Attributes:
        fewest: later mini-batches at least.
        least_s: time of them at least.
        most_s: no more are begun after so long.
        error: relative standard error of their mean that is enough, as if they were independent of each other.
    """

    fewest: int = 3
    least_s: float = 1.0
    most_s: float = 5.0
    error: float = 0.005

    def enough(self, values_s: Sequence[float]) -> bool:
        """Whether so many are enough."""
        spent = sum(values_s)
        if len(values_s) < max(self.fewest, 2) or spent < self.least_s:
            return False
        moment = moment_of(values_s)
        return spent >= self.most_s or moment.within <= self.error * moment.mean * math.sqrt(len(values_s))

    def turn(self, latest_s: float, left_s: float) -> int:
        """Mini-batches of the next turn, of which one takes `latest_s`."""
        return max(1, min(1000, int(left_s / max(latest_s, 1e-6))))


@dataclass(frozen=True, slots=True)
class TrialOrder:
    """What a trial measures.

    Attributes:
        device: the process under test.
        neighbours: devices that run the same load beside it meanwhile.
        batch: images of a mini-batch.
        length: of the trial.
        longest_s: a first mini-batch that takes longer ends it; None: no limit.
    """

    device: DeviceOrder
    neighbours: tuple[DeviceOrder, ...]
    batch: int
    length: Length
    longest_s: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial found; times in seconds, memory in bytes.

    Attributes:
        load_s: start of the process until the model was loaded.
        first_s: W(b).
        later_s: L(b), of this trial.
        longest_s: the longest later mini-batch.
        peak_bytes, sampled_peak_bytes: most memory of the process, loading included, as those of `DeviceWork`.
        energy_j: of one later mini-batch; None without a counter.
        not_enforced: limits that this system could not enforce, in words.
        fixed_batch: rows that the model's graph takes at a time; None: any number, or not known.
        later_began_ns, later_ended_ns: of the clock of `DeviceWork`: the time in which L(b) was measured.
        beside_s: mean of L(b) of each neighbour in that time, those that had no mini-batch in it left out.
    """

    load_s: float
    first_s: float
    later_s: Moment
    longest_s: float
    peak_bytes: int
    sampled_peak_bytes: int
    energy_j: float | None
    not_enforced: tuple[str, ...] = ()
    fixed_batch: int | None = None
    later_began_ns: int = 0
    later_ended_ns: int = 0
    beside_s: tuple[float, ...] = ()

    @property
    def together_s(self) -> tuple[float, ...]:
        """Means of L(b) of all devices that were at work at the same time."""
        return (self.later_s.mean, *self.beside_s)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures has to know, in words."""
        if self.fixed_batch is None:
            return self.not_enforced
        rows = "one row" if self.fixed_batch == 1 else f"{self.fixed_batch} rows, the last one filled up"
        return (*self.not_enforced, f"the model's file fixes its batch: mini-batches run in parts of {rows}")

    @property
    def sample(self) -> Sample:
        """What few-sample profiling decides by."""
        return Sample(self.first_s, self.later_s.mean)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a trial has no figures; `loaded` tells whether the model was loaded by then."""

    failed: Failed
    reason: str
    loaded: bool


async def run_trial(devices: Devices, order: TrialOrder) -> Trial | Failure:
    """Measure in fresh processes; all have ended when it returns, also where it was cancelled.

    Raises:
        VedetteError: a device cannot work for another reason than its memory or the size of the mini-batch.
    """
    loaded = False
    try:
        async with _neighbours(devices, order) as beside, _closing(devices.make(order.device)) as device:
            loading = await device.load()
            loaded = True
            found = await _measure(device, order, loading)
        return found if isinstance(found, Failure) else replace(found, beside_s=_means_beside(beside, found))
    except ExhaustedError as error:
        return Failure(Failed.OUT_OF_MEMORY, error.message, loaded)
    except (UnsupportedError, InvalidError) as error:
        if not loaded:
            raise
        return Failure(Failed.REFUSED, error.message, loaded)


async def _measure(device: Device, order: TrialOrder, loading: Loading) -> Trial | Failure:
    works = [await device.run(order.batch, order.batch)]
    first_s = works[0].batches_ns[0] / 1e9
    if order.longest_s is not None and first_s > order.longest_s:
        return Failure(Failed.TOO_LONG, f"the first mini-batch took {first_s:.3g} s", loaded=True)
    values: list[float] = []
    energies: list[float | None] = []
    length = order.length
    while not length.enough(values):
        left_s = max(length.least_s - sum(values), length.least_s / 2)
        turn = length.turn(values[-1], left_s) if values else 1
        works.append(await device.run(order.batch, order.batch * turn))
        values += [ns / 1e9 for ns in works[-1].batches_ns]
        energies.append(works[-1].energy_j)
    return Trial(
        loading.load_s,
        first_s,
        moment_of(values),
        max(values),
        max(loading.peak_bytes, *(work.peak_bytes for work in works)),
        max(loading.sampled_peak_bytes, *(work.sampled_peak_bytes for work in works)),
        _each(energies, len(values)),
        loading.not_enforced,
        loading.fixed_batch,
        works[1].began_ns,
        works[-1].ended_ns,
    )


def _each(energies: Sequence[float | None], count: int) -> float | None:
    known = [energy for energy in energies if energy is not None]
    return sum(known) / count if len(known) == len(energies) else None


# --- neighbours -------------------------------------------------------------------------------------------------------


def _means_beside(beside: Sequence[Sequence[DeviceWork]], trial: Trial) -> tuple[float, ...]:
    """Mean of the mini-batches of each neighbour that lie in the measured time with more than half of theirs."""
    found = (list(_times_within(works, trial.later_began_ns, trial.later_ended_ns)) for works in beside)
    return tuple(fmean(times) / 1e9 for times in found if times)


def _times_within(works: Sequence[DeviceWork], began_ns: int, ended_ns: int) -> Iterator[int]:
    """Times of the mini-batches whose middle lies between two instants."""
    for work in works:
        start_ns = work.began_ns
        for took_ns in work.batches_ns:
            if began_ns <= start_ns + took_ns // 2 <= ended_ns:
                yield took_ns
            start_ns += took_ns


@asynccontextmanager
async def _neighbours(devices: Devices, order: TrialOrder) -> AsyncIterator[Sequence[Sequence[DeviceWork]]]:
    """Every neighbour has worked once when the trial begins, and works until it has ended; its error is the trial's.

    What each has done is complete once the context has been left.
    """
    done: list[list[DeviceWork]] = [[] for _ in order.neighbours]
    if not done:
        yield done
        return
    ended = asyncio.Event()
    started = [asyncio.Event() for _ in order.neighbours]
    try:
        async with asyncio.TaskGroup() as group:
            for one, works, begun in zip(order.neighbours, done, started, strict=True):
                group.create_task(_keep_busy(devices, one, order.batch, works, begun, ended))
            for begun in started:
                await begun.wait()
            try:
                yield done
            finally:
                ended.set()
    except BaseExceptionGroup as group_error:
        raise group_error.exceptions[0] from None


async def _keep_busy(
    devices: Devices,
    order: DeviceOrder,
    batch: int,
    works: list[DeviceWork],
    begun: asyncio.Event,
    ended: asyncio.Event,
) -> None:
    async with _closing(devices.make(order)) as device:
        await device.load()
        turn = 1
        while not ended.is_set():
            works.append(await device.run(batch, batch * turn))
            begun.set()
            turn = max(1, min(1000, int(NEIGHBOUR_S * 1e9 / max(1, works[-1].batches_ns[-1]))))


@asynccontextmanager
async def _closing(device: Device) -> AsyncIterator[Device]:
    try:
        yield device
    finally:
        await device.close()
