"""Two measurements in turns on one machine, process by process: what the machine drifts by hits both alike.

    thread A: load .. close      load .. close                    weights 1 : 3
    thread B:              load .. close load .. close load .. close

The one goes on alone when the other has ended. A measurement is billed for its own turns only.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vedette.clock import Clock
from vedette.flows.bench.device import Device, DeviceOrder, Devices, DeviceWork, Loading


class Turns:
    """Who may start a process: nobody beside another, and each as often as its weight says.

    Args:
        weights: by the name of a measurement, above 0.
        clock: of the machine.
    """

    def __init__(self, weights: Mapping[str, float], clock: Clock) -> None:
        self._weights, self._clock = dict(weights), clock
        self._changed = threading.Condition()
        self._taken = dict.fromkeys(weights, 0)
        self._busy, self._began_ns = "", 0
        self._spent_ns = dict.fromkeys(weights, 0)

    def begin(self, name: str) -> None:
        """Wait for a turn."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy and self._is_next(name))
            self._busy, self._began_ns = name, self._clock.now_ns()
            self._taken[name] += 1

    def end(self, name: str) -> None:
        """Give the turn back."""
        with self._changed:
            self._spent_ns[name] += self._clock.now_ns() - self._began_ns
            self._busy = ""
            self._changed.notify_all()

    def leave(self, name: str) -> None:
        """The measurement has ended, and the other need not wait for it."""
        with self._changed:
            self._weights.pop(name, None)
            self._changed.notify_all()

    def spent_s(self, name: str) -> float:
        """Seconds of its own turns."""
        return self._spent_ns[name] / 1e9

    def _is_next(self, name: str) -> bool:
        """Whether no other is further behind its weight; of equals the first of the weights goes first."""
        order = list(self._weights)
        return name == min(order, key=lambda one: (self._taken[one] / self._weights[one], order.index(one)))


@dataclass(frozen=True, slots=True)
class TurnDevices:
    """Implements `Devices`: each process of a measurement waits for a turn."""

    inner: Devices
    turns: Turns
    name: str

    def make(self, order: DeviceOrder) -> Device:
        """See `Devices.make`."""
        return TurnDevice(self.inner.make(order), self.turns, self.name)

    def free_cores(self) -> Sequence[int]:
        """See `Devices.free_cores`."""
        return self.inner.free_cores()


@dataclass(slots=True)
class TurnDevice:
    """Implements `Device`; its thread stands still while it waits, nothing else runs there."""

    inner: Device
    turns: Turns
    name: str
    at_work: bool = field(default=False)

    async def load(self) -> Loading:
        """See `Device.load`."""
        self.turns.begin(self.name)
        self.at_work = True
        return await self.inner.load()

    async def run(self, batch: int, images: int, at_ns: int | None = None) -> DeviceWork:
        """See `Device.run`."""
        return await self.inner.run(batch, images, at_ns)

    async def close(self) -> None:
        """See `Device.close`."""
        try:
            await self.inner.close()
        finally:
            if self.at_work:
                self.at_work = False
                self.turns.end(self.name)
