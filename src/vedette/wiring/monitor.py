"""The monitor put together: every probe of this machine, the log, the loop; and the catalogue of what it can read.

WatchOrder -> probes -> flows.monitor.watch -> SampleWriter -> FILE -> adapters.store.samples_log.read_samples
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.probes import (
    cgroup_use,
    clocks,
    disks,
    energy,
    memory,
    network,
    nvidia,
    process_figures,
    processor,
)
from vedette.adapters.probes.processes import process_probes
from vedette.adapters.store.samples_log import SampleWriter
from vedette.clock import Clock, SystemClock
from vedette.flows.monitor.sampler import Probe, Wait, Watched, WatchOrder, watch
from vedette.values.reading import Absence, Feature, Pace

SERVER, CLIENT, MONITOR = "server", "client", "monitor"
_MESSAGE = 4096
_MODULES = (processor, memory, cgroup_use, process_figures, disks, network, clocks, energy, nvidia)


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be recorded on this machine: features with the value they had when asked, and what is absent."""

    features: tuple[tuple[Feature, float], ...]
    absences: tuple[Absence, ...]


@dataclass(frozen=True, slots=True)
class _SameGroup:
    """Implements `Probe` for a role whose control group is that of a role before it: read once, said once."""

    absence: Absence
    pace: Pace = Pace.SLOW
    features: tuple[Feature, ...] = ()

    @property
    def absences(self) -> Sequence[Absence]:
        return (self.absence,)

    def read(self) -> Sequence[float]:
        return ()


def catalogue() -> tuple[Feature, ...]:
    """Everything that the monitor knows how to read; `<core>`, `<disk>`, `<role>` stand for names of the machine."""
    groups = (group for module in _MODULES for group in module.GROUPS)
    return tuple(feature for group in groups for feature in group.features())


def probes(order: WatchOrder, root: Path = Path("/")) -> tuple[Probe, ...]:
    """Every probe of this machine for an order; `root` is where /proc and /sys are found."""
    watched = [(one.role, one.pid) for one in order.watched]
    found: list[Probe] = [
        *processor.processor_probes(root),
        *process_probes(watched, root),
        *_groups(watched, root),
        *clocks.clock_probes(root),
        *memory.memory_probes(root),
        *disks.disk_probes(root),
        *network.network_probes(root),
        *energy.energy_probes(root),
        nvidia.NvidiaProbe(),
    ]
    if order.metrics_url:
        from vedette.adapters.probes.scrape import ScrapeProbe

        found.append(ScrapeProbe(order.metrics_url))
    return tuple(found)


def _groups(watched: Sequence[tuple[str, int]], root: Path) -> list[Probe]:
    found: list[Probe] = []
    seen: dict[cgroup_use.Places, str] = {}
    for role, pid in watched:
        places = cgroup_use.group_places(pid, root)
        if places is not None and places in seen:
            found.append(_SameGroup(Absence(f"cgroup.{role}", f"same control group as cgroup.{seen[places]}")))
            continue
        if places is not None:
            seen[places] = role
        found += cgroup_use.group_probes(role, pid, root)
    return found


def monitor(order: WatchOrder, output: Path, wait: Wait, clock: Clock | None = None) -> None:
    """Watch until `wait` says to end, this process included as role `monitor`; the log grows in `output`.

    Raises:
        OSError: the log cannot be written.
        UsageError: the metrics URL is none.
    """
    own = Watched(MONITOR, os.getpid())
    whole = replace(order, watched=(*order.watched, own))
    log = SampleWriter(output)
    try:
        watch(whole, probes(whole), log, clock or SystemClock(), wait)
    finally:
        log.close()


def run_monitor(order: WatchOrder, output: Path) -> None:
    """The monitor's process: watch until stdin ends or SIGTERM comes. Ctrl-C is left to the parent."""
    gc.disable()  # rows hold no cycles, and a collection in the middle of one would be measured
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clock = SystemClock()
    monitor(order, output, UntilTold(sys.stdin.fileno(), clock), clock)


class UntilTold:
    """Implements `Wait`: the end of a pipe, or SIGTERM, ends the watch. Must be made in the main thread."""

    def __init__(self, pipe: int, clock: Clock) -> None:
        self._pipe, self._clock = pipe, clock
        self._signalled, wake = os.pipe()
        signal.signal(signal.SIGTERM, lambda *_: os.write(wake, b"."))

    def until(self, instant_ns: int) -> bool:
        """See `Wait.until`."""
        while True:
            left_s = max(0, instant_ns - self._clock.now_ns()) / 1e9
            ready = select.select((self._pipe, self._signalled), (), (), left_s)[0]
            if not ready:
                return False
            if self._signalled in ready or not os.read(self._pipe, _MESSAGE):
                return True


def offer() -> Offer:
    """What can be recorded here and now, with this process in the place of one that is watched."""
    order = WatchOrder((Watched(SERVER, os.getpid()),))
    found: list[tuple[Feature, float]] = []
    absences: list[Absence] = []
    for probe in probes(order):
        values = probe.read()
        found += zip(probe.features, values, strict=True)
        absences += probe.absences
    return Offer(tuple(found), tuple(absences))
