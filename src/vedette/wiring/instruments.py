"""A target's generator and monitor, each a child process, as the instrument that a campaign plays.

open: generator process <- spec, images, where to write      run: monitor on -> generator runs the part -> monitor off
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.adapters.processes.child import Child
from vedette.adapters.store.record import from_data, to_data
from vedette.adapters.store.request_table import read_requests
from vedette.adapters.store.samples_log import read_samples
from vedette.errors import InternalError, InvalidError
from vedette.flows.bench.generator import Part, PartReport
from vedette.flows.monitor.sampler import Watched, WatchOrder
from vedette.rules.bench.peak_probe import probe_of
from vedette.values.reading import Samples
from vedette.values.run import Probe
from vedette.values.trial import Introduction, TrialSpec
from vedette.wiring.targets import Headers, seen_from_here

_SLOW_HZ = 1.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where a trial is carried out.

    Attributes:
        rows: file that the generator appends requests to.
        log: file that the monitor writes while a part runs; it stays where the part broke off.
        referee: folder for the logs of a referee.
        images: file with the images that are sent.
        scratch: folder for what is needed until the run is concluded.
    """

    rows: Path
    log: Path
    referee: Path
    images: Path
    scratch: Path

    @property
    def answers(self) -> Path:
        """File with the bodies of answers."""
        return self.scratch / "answers.arrows"

    def samples(self, repeat: int) -> Path:
        """File with the samples of one part."""
        return self.scratch / f"samples-{repeat}.log"


class ProcessInstrument:
    """Puts load on one target and watches the machine meanwhile; see `flows.bench.campaign.Instrument`.

    Attributes:
        notes: what else a reader of the run must know, such as a monitor that ended in the middle.
    """

    def __init__(
        self, spec: TrialSpec, site: Site, headers: Headers, trace: str | None, metrics_url: str | None, pid: int | None
    ) -> None:
        self._spec, self._site, self._headers, self._trace = spec, site, headers, trace
        self._metrics_url, self._pid = metrics_url, pid
        self._generator: Child | None = None
        self.notes: list[str] = []

    def follow(self, pid: int) -> None:
        """Watch this process as the server."""
        self._pid = pid

    async def open(self) -> Introduction:
        """See `Instrument.open`."""
        self._generator = await Child.start("generator", _command("generator"))
        answer = await self._generator.ask(
            {
                "do": "open",
                "spec": to_data(self._spec),
                "images": str(self._site.images),
                "rows": str(self._site.rows),
                "answers": str(self._site.answers),
                "referee": str(self._site.referee),
                "trace": self._trace,
                "headers": [list(header) for header in self._headers],
            }
        )
        introduction = seen_from_here(from_data(Introduction, answer["introduction"]), self._spec)
        self._pid = self._pid or introduction.pid
        return introduction

    async def run(self, part: Part) -> PartReport:
        """See `Instrument.run`. When it is cancelled, the generator is told to stop, and its rows are kept."""
        assert self._generator is not None, "opened before it is run"
        monitor = await self._watch(part)
        asking = asyncio.ensure_future(self._generator.ask({"do": "run", "part": to_data(part)}))
        try:
            answer = await asyncio.shield(asking)
        except asyncio.CancelledError:
            await self._generator.tell({"do": "stop"})
            await asking
            raise
        finally:
            if monitor is not None:
                self._miss(monitor, part)
                await monitor.close()
        if self._site.log.exists():
            shutil.move(self._site.log, self._site.samples(part.repeat))
        return from_data(PartReport, answer["report"])

    def judge(self, part: Part) -> Probe:
        """See `Instrument.judge`."""
        requests = read_requests(self._site.rows)
        mine = requests.where(requests.repeat == part.repeat)
        assert self._spec.load.limit_ms is not None, "a search has a limit"
        return probe_of(mine, part.load, part.seed, self._spec.load.limit_ms, self._spec.limits)

    async def close(self) -> None:
        """See `Instrument.close`."""
        if self._generator is not None:
            await self._generator.close()

    def samples(self, repeats: list[int]) -> list[Samples]:
        """What the monitor read during these parts, those that it could."""
        found = []
        for repeat in repeats:
            file = self._site.samples(repeat)
            try:
                found += [read_samples(file)] if file.exists() else []
            except InvalidError:  # it was killed, or had no room, before the log had a beginning
                self.notes.append(f"the machine was not watched in repeat {repeat}: the monitor's log is damaged")
        return found

    async def _watch(self, part: Part) -> Child | None:
        if not self._spec.monitor_hz:
            return None
        assert self._generator is not None, "opened before it is watched"
        watched = [Watched("client", self._generator.pid)]
        if self._pid is not None and self._pid != self._generator.pid:
            watched.append(Watched("server", self._pid))
        order = WatchOrder(
            tuple(watched), self._spec.monitor_hz, min(_SLOW_HZ, self._spec.monitor_hz), self._metrics_url
        )
        monitor = await Child.start("monitor", _command("monitor"))
        message: dict[str, Any] = {"order": to_data(order), "file": str(self._site.log)}
        try:
            await monitor.ask(message)
        except InternalError:  # figures do not rest on it: the part is run unwatched, and the run says so
            self._miss(monitor, part)
            await monitor.close()
            return None
        return monitor

    def _miss(self, monitor: Child, part: Part) -> None:
        """Note that the monitor is gone, if it is."""
        if monitor.lost:
            last = monitor.lost.splitlines()
            told = last[0] if len(last) == 1 else f"{last[0].partition('): ')[0]}): {last[-1]}"
            self.notes.append(f"the machine was not watched to the end of repeat {part.repeat}: {told}")


def _command(child: str) -> list[str]:
    return [sys.executable, "-m", "vedette.wiring.children", child]
