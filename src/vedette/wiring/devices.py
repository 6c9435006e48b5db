"""Devices of this machine: a confined process each, as `flows/bench/device` asks for it.

DeviceOrder -> sandbox + `python -m vedette.wiring.children device` -> load -> run ... -> close
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from vedette.adapters.config.home import default_home
from vedette.adapters.processes.child import Child
from vedette.adapters.sandboxes.cgroup import ControlGroups
from vedette.adapters.sandboxes.none import NoSandboxes
from vedette.adapters.store.record import from_data, to_data
from vedette.clock import Clock, SystemClock
from vedette.errors import ExhaustedError, InternalError, InvalidError, UnavailableError, UnsupportedError
from vedette.flows.bench.device import Device, DeviceOrder, DeviceWork, Loading
from vedette.flows.bench.sandbox import Confinement, Sandbox, Sandboxes
from vedette.values.manifest import Manifest

_COMMAND = (sys.executable, "-m", "vedette.wiring.children", "device")

Say = Callable[[str], None]


def system_sandboxes(clock: Clock) -> Sandboxes:
    """The sandboxes of this system: control groups on Linux, with what any user may enforce where there are none."""
    return ControlGroups(clock) if sys.platform == "linux" else NoSandboxes()


class ProcessDevices:
    """Implements `Devices`.

    Args:
        say: told what takes long, as the pull of a model.
        clock: that of this machine, which all of its processes share.
        sandboxes: that confine the processes; None takes those of this system.
    """

    def __init__(
        self, say: Say = lambda _: None, clock: Clock | None = None, sandboxes: Sandboxes | None = None
    ) -> None:
        self._say, self._clock = say, SystemClock() if clock is None else clock
        self._sandboxes = system_sandboxes(self._clock) if sandboxes is None else sandboxes

    def make(self, order: DeviceOrder) -> Device:
        """See `Devices.make`.

        Raises:
            InvalidError: the order names no images.
            UnsupportedError: its execution has several streams: a device runs one mini-batch after the other.
        """
        if not order.images:
            raise InvalidError("a device without images has nothing to work through", help="name images or a folder")
        if order.execution.streams != 1:
            raise UnsupportedError(
                f"a device runs one mini-batch after the other, not {order.execution.streams} at the same time",
                help="order an execution with one stream",
            )
        return ProcessDevice(order, self._sandboxes, self._clock, self._say)

    def free_cores(self) -> Sequence[int]:
        """See `Devices.free_cores`."""
        if hasattr(os, "sched_getaffinity"):
            return sorted(os.sched_getaffinity(0))
        return range(os.cpu_count() or 1)


class ProcessDevice:
    """Implements `Device`."""

    def __init__(self, order: DeviceOrder, sandboxes: Sandboxes, clock: Clock, say: Say) -> None:
        self._order, self._sandboxes, self._clock, self._say = order, sandboxes, clock, say
        self._child: Child | None = None
        self._sandbox: Sandbox | None = None

    async def load(self) -> Loading:
        """See `Device.load`.

        Raises:
            NotFoundError: there is no such model, version or image.
        """
        assert self._child is None, "a device is loaded once"
        order = self._order
        manifest = _manifest(order, self._say)
        limits = Confinement(order.cores, order.device.cores, order.device.memory_bytes)
        sandbox = self._sandbox = self._sandboxes.enforce(limits)
        try:
            started_ns = self._clock.now_ns()
            child = self._child = await Child.start(f"device {order.device.name}", (*sandbox.prefix, *_COMMAND))
            unbound = sandbox.bind(child.pid)
            answer = await self._ask(_order_of(order, manifest))
        except BaseException:
            await self.close()
            raise
        load_s = (answer["loaded_ns"] - started_ns) / 1e9
        peak, sampled = (_within(answer[name], sandbox.memory_bytes) for name in ("peak_bytes", "sampled_peak_bytes"))
        told = (*sandbox.not_enforced, *unbound)
        return Loading(load_s, child.pid, told, peak, sampled, answer["fixed_batch"])

    async def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        """See `Device.run`."""
        if batch < 1 or images < 1:
            raise InvalidError(
                f"a run has one image at least in a mini-batch, got {images} images in mini-batches of {batch}",
                help="give both from 1",
            )
        answer = await self._ask({"do": "run", "batch": batch, "images": images, "at_ns": at_ns})
        work = from_data(DeviceWork, answer["work"])
        limit = None if self._sandbox is None else self._sandbox.memory_bytes
        peak, sampled = _within(work.peak_bytes, limit), _within(work.sampled_peak_bytes, limit)
        return replace(work, peak_bytes=peak, sampled_peak_bytes=sampled)

    async def close(self) -> None:
        """See `Device.close`."""
        child, self._child = self._child, None
        sandbox, self._sandbox = self._sandbox, None
        try:
            if child is not None:
                await child.close()
        finally:
            if sandbox is not None:
                await sandbox.close()

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        child = self._child
        if child is None:
            raise UnavailableError(f"the device {self._order.device.name} is not loaded", help="load it first")
        try:
            return await child.ask(message)
        except asyncio.CancelledError:
            await self.close()  # its answer would be taken for that of the next message
            raise
        except InternalError:
            if not child.lost:
                raise
            raise self._death(child.lost) from None

    def _death(self, lost: str) -> ExhaustedError | UnavailableError:
        """Why the process is gone."""
        kind = self._order.device
        killed = self._sandbox is not None and self._sandbox.out_of_memory() and "SIGKILL" in lost
        if killed or "bad_alloc" in lost or "MemoryError" in lost:
            limit = "" if kind.memory_bytes is None else f" within its limit of {kind.memory_bytes / 1e6:g} MB"
            return ExhaustedError(
                f"the device {kind.name} ran out of memory{limit}: {lost}",
                help="take a smaller mini-batch, or allow it more memory",
            )
        return UnavailableError(f"the device {kind.name} is gone: {lost}", help="run it again")


def _within(peak: int, limit: int | None) -> int:
    """A peak that lies above an enforced limit is an error of its estimate."""
    return peak if limit is None else min(peak, limit)


def _manifest(order: DeviceOrder, say: Say) -> Manifest:
    if order.version:
        from vedette.adapters.config.repository import Repository  # brings YAML and schemas

        return Repository(default_home()).entry(order.model, order.version).manifest
    from vedette.wiring.instances import find_manifest  # brings numpy and OpenCV

    return find_manifest(order.model, say)


def _order_of(order: DeviceOrder, manifest: Manifest) -> dict[str, Any]:
    """The first message to the process of a device."""
    return {
        "do": "load",
        "manifest": to_data(manifest),
        "execution": to_data(order.execution),
        "tiling": None if order.tiling is None else to_data(order.tiling),
        "images": list(order.images),
        "threads": order.device.threads,
        "cache": str(default_home() / ".cache"),
    }
