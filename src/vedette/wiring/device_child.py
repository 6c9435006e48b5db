"""What the process of a device does: it loads one model, and works through images in mini-batches when it is told to.

    {"do": "load", ...} -> {"loaded_ns": ..., ...}
    {"do": "run", "batch": 8, "images": 9, "at_ns": null} -> {"work": ...}

The first message comes when the process is confined and bound to its cores, and this module is imported only then, so
that everything heavy counts. The end of stdin ends the process at once, also in the middle of a run.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import queue
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vedette.adapters.probes.energy import energy_probes
from vedette.adapters.probes.own_peak import OwnPeak
from vedette.adapters.processes.precise_loop import precise_loop
from vedette.adapters.store.record import from_data, to_data
from vedette.clock import SystemClock
from vedette.errors import ExhaustedError, NotFoundError, VedetteError
from vedette.flows.bench.device import DeviceWork
from vedette.values.execution import Execution
from vedette.values.frame import Frame
from vedette.values.manifest import Manifest
from vedette.values.tiling import Tiling

if TYPE_CHECKING:
    from vedette.flows.bench.mini_batches import MiniBatches

Message = dict[str, Any]

_SPUN_NS = 200_000
"""Before an instant the process spins, because it would wake up some ten microseconds late."""

_NO_MEMORY = (
    "bad_alloc",
    "bad allocation",
    "failed to allocate",
    "out of memory",
    "insufficient memory",
    "enough memory",
)
"""What engines say, in their own words, when an allocation fails."""


class Worker:
    """A loaded model with its images; `load` comes first, and runs nothing."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._runner = asyncio.Runner(loop_factory=precise_loop)
        self._energy = energy_probes()
        self._frames: list[Frame] = []
        self._work: MiniBatches | None = None

    def load(self, message: Message) -> Message:
        """Load the model, then read the images; tells when the model was loaded, and the most memory of both.

        Raises:
            VedetteError: the model cannot be loaded as it was ordered, or an image cannot be read.
        """
        from vedette.wiring.process import own_process, settle_process

        gc.disable()
        own_process()
        with OwnPeak() as memory:
            self._work = _loaded(message, self._clock)
            loaded_ns = self._clock.now_ns()
            self._frames = list(_read(message["images"]))
            settle_process()
        peaks = {"peak_bytes": memory.peak_bytes, "sampled_peak_bytes": memory.sampled_peak_bytes}
        return {"loaded_ns": loaded_ns, "fixed_batch": self._work.fixed_batch, **peaks}

    def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        """See `Device.run`; the images go round, from the first one on."""
        from vedette.flows.bench.mini_batches import found_in, sizes

        assert self._work is not None, "loaded before it runs"
        clock, answers, place = self._clock, 0, 0
        planned = list(sizes(batch, images))
        joules = self._joules()
        with OwnPeak() as memory:
            self._wait(at_ns)
            stamps = [clock.now_ns()]
            for size in planned:
                frames = [self._frames[(place + step) % len(self._frames)] for step in range(size)]
                answers += sum(map(found_in, self._work(frames)))
                place += size
                stamps.append(clock.now_ns())
        return DeviceWork(
            began_ns=stamps[0],
            ended_ns=stamps[-1],
            batches_ns=tuple(after - before for before, after in pairwise(stamps)),
            images=place,
            answers=answers,
            peak_bytes=memory.peak_bytes,
            sampled_peak_bytes=memory.sampled_peak_bytes,
            energy_j=_spent(joules, self._joules()),
        )

    def close(self) -> None:
        """Let go of the model; the process of a device just ends."""
        self._runner.close()
        if self._work is not None:
            self._work.close()

    def _wait(self, at_ns: int | None) -> None:
        if at_ns is None:
            return
        self._runner.run(self._clock.sleep_until(at_ns - _SPUN_NS))
        while self._clock.now_ns() < at_ns:
            pass

    def _joules(self) -> float | None:
        """What the processor's packages have counted; their parts are in it already. None without a counter."""
        counted = [
            value
            for probe in self._energy
            for feature, value in zip(probe.features, probe.read(), strict=True)
            if feature.name.startswith("energy.rapl.package") and feature.name.count(".") == 2  # noqa: PLR2004 - no part
        ]
        return sum(counted) if counted else None


def run_device(first: bytes, later: IO[bytes], replies: IO[str]) -> None:
    """Answer the parent until stdin ends; `first` is its first line, the others come from `later`."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    lines.put(first)
    threading.Thread(target=_listen, args=(later, lines), name="vedette-orders", daemon=True).start()
    worker = Worker()
    while True:
        replies.write(json.dumps(_answer(worker, json.loads(lines.get()))) + "\n")


def _listen(later: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    for line in later:
        lines.put(line)
    os._exit(0)  # nobody waits for what is under way


def _answer(worker: Worker, message: Message) -> Message:
    try:
        if message["do"] == "load":
            return worker.load(message)
        return {"work": to_data(worker.run(message["batch"], message["images"], message["at_ns"]))}
    except Exception as error:  # noqa: BLE001 - the parent waits for an answer, and must hear of any bug
        told = _told(error)
        return {"error": {"kind": told.kind, "message": told.message, "help": told.help}}


def _told(error: Exception) -> VedetteError:
    """The error as the parent hears of it; an allocation that failed is told as such, whoever noticed it."""
    said = f"{type(error).__name__}: {error}" if not isinstance(error, VedetteError) else error.message
    if isinstance(error, MemoryError) or any(words in said.lower() for words in _NO_MEMORY):
        return ExhaustedError(
            f"the device ran out of memory: {said}", help="take a smaller mini-batch, or allow it more memory"
        )
    if isinstance(error, VedetteError):
        return error
    import traceback

    traceback.print_exc()
    return VedetteError(f"the device process failed: {said}", help="please report this message")


def _loaded(message: Message, clock: SystemClock) -> MiniBatches:
    from vedette.flows.bench.mini_batches import MiniBatches
    from vedette.flows.inference.runtime import Instance
    from vedette.wiring.plugins import Loaders

    manifest, execution = from_data(Manifest, message["manifest"]), from_data(Execution, message["execution"])
    tiling = None if message["tiling"] is None else from_data(Tiling, message["tiling"])
    runtime = Loaders(Path(message["cache"]))[execution.runtime].load(manifest, execution)
    return MiniBatches(Instance(manifest, runtime), tiling, message["threads"], clock)


def _read(names: list[str]) -> Iterator[Frame]:
    """A frame for each name; a file that is named several times is held once."""
    held: dict[str, bytes] = {}
    for name in names:
        if name not in held:
            try:
                held[name] = Path(name).read_bytes()
            except OSError as error:
                raise NotFoundError(
                    f"the image {name} cannot be read: {error.strerror}", help="check its path and rights"
                ) from None
        yield Frame(name, held[name])


def _spent(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
