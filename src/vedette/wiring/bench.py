"""`vedette bench run`: everything that is asked becomes trials, a campaign runs them, and each becomes a stored run.

BenchOrder -> images, right answers -> TrialSpec each -> run folders -> Campaign -> conclude -> RunData, stored
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vedette.adapters.probes.fingerprint import fingerprint
from vedette.adapters.store.image_file import write_images
from vedette.adapters.store.run_folder import RunFolder
from vedette.adapters.store.runs import RunsFolder, new_run_id
from vedette.clock import SystemClock
from vedette.errors import NotFoundError
from vedette.flows.bench.campaign import Campaign, Trial
from vedette.rules.bench.unfinished import unfinished
from vedette.rules.load.figures import check
from vedette.rules.load.peak import start
from vedette.rules.load.scenarios import expanded
from vedette.rules.load.trace import parse_trace
from vedette.values.answer import Answer
from vedette.values.run import RunData
from vedette.values.trial import TargetSpec, TrialSpec
from vedette.values.workload import Load, LoadKind
from vedette.wiring.bench_images import Chosen, choose_images
from vedette.wiring.bench_order import BenchOrder, check_order
from vedette.wiring.cold import ColdStart
from vedette.wiring.concluding import Circumstances, conclude
from vedette.wiring.instruments import ProcessInstrument, Site
from vedette.wiring.placing import placement_of
from vedette.wiring.references import reference_answers
from vedette.wiring.runs import home_runs
from vedette.wiring.targets import Headers

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """A run, and the folder in which it lies."""

    data: RunData
    folder: Path


def bench(order: BenchOrder, say: Say) -> list[Stored]:
    """Measure, and store a run for each target.

    Raises:
        VedetteError: nothing could be measured; what was is in a folder whose name ends in `.partial`.
        KeyboardInterrupt: the same.
    """
    load = expanded(order.load)
    trace = _trace(load)
    check(load, None if trace is None else parse_trace(trace))
    if load.kind is LoadKind.PEAK:
        start(load)  # refuses a search that cannot begin, before anything is reached
    check_order(order)
    chosen = choose_images(order.images, load, order.seed)
    for reject in chosen.rejected:
        say(f"left out: {reject.source}: {reject.message}")
    references = None
    if order.reference is not None:
        references = reference_answers(order.reference, chosen, order.wish, say)
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as scratch:
        images = Path(scratch) / "images.arrow"
        write_images(images, chosen.images)
        specs = [_spec(order, load, chosen, target, headers) for target, headers in order.targets]
        cold = None if order.start is None else ColdStart(order, specs, chosen.images, references, Path(scratch))
        with cold or nullcontext():
            work = _Work(order, specs, images, Path(scratch), trace, references, say)
            return asyncio.run(work.run(cold))


class _Work:
    """One campaign, from its folders to its stored runs."""

    def __init__(
        self,
        order: BenchOrder,
        specs: Sequence[TrialSpec],
        images: Path,
        scratch: Path,
        trace: str | None,
        references: list[Answer] | None,
        say: Say,
    ) -> None:
        self._order, self._say, self._references = order, say, references
        self._started = SystemClock().wall()
        self._folders = _folders(order, specs, self._started)
        self._trials: list[Trial] = []
        self._sites: list[Site] = []
        self._cold_start_s: float | None = None
        for number, (spec, folder, (_, headers)) in enumerate(zip(specs, self._folders, order.targets, strict=True)):
            own = scratch / str(number)
            own.mkdir()
            site = Site(folder.stream, folder.samples_log, folder.mlperf, images, own)
            instrument = ProcessInstrument(spec, site, headers, trace, order.metrics_url, order.server_pid)
            self._sites.append(site)
            self._trials.append(Trial(spec, instrument))

    async def run(self, cold: ColdStart | None) -> list[Stored]:
        if cold is not None:
            self._cold_start_s = await self._started_cold(cold)
        campaign = Campaign(self._trials, self._say, self._begin)
        try:
            await campaign.run()
        except BaseException:
            await campaign.close()
            self._abandon()
            raise
        await campaign.close()
        return [self._conclude(number) for number in range(len(self._trials))]

    async def _started_cold(self, cold: ColdStart) -> float:
        try:
            seconds = await cold.measure()
        except BaseException:
            self._abandon()
            raise
        self._say(f"cold start: {seconds:.2f} s from the start of the process to the first right answer")
        for trial in self._trials:
            assert isinstance(trial.instrument, ProcessInstrument)
            trial.instrument.follow(cold.pid)
        return seconds

    def _begin(self, trial: Trial) -> None:
        """Once a target is reached, its document says what is asked, so that a run that breaks off can be read."""
        number = self._trials.index(trial)
        known = self._known(number)
        assert trial.introduction is not None
        self._folders[number].begin(
            unfinished(known.id, known.started, trial.spec, known.environment, trial.introduction)
        )

    def _abandon(self) -> None:
        """Folders in which nothing was recorded go; the others keep what they have."""
        for folder, trial in zip(self._folders, self._trials, strict=True):
            if trial.introduction is None or not trial.order:
                shutil.rmtree(folder.path, ignore_errors=True)
            else:
                self._say(f"what was measured until then: {folder.path}")

    def _conclude(self, number: int) -> Stored:
        data = conclude(self._trials[number], self._sites[number], self._known(number))
        return Stored(data, self._folders[number].finish(data))

    def _known(self, number: int) -> Circumstances:
        trial = self._trials[number]
        assert trial.introduction is not None
        placement = placement_of(trial.spec, trial.introduction)
        several = len(self._trials) > 1
        return Circumstances(
            id=self._folders[number].id,
            started=self._started.isoformat(timespec="milliseconds"),
            campaign=self._folders[0].id if several else None,
            environment=fingerprint(placement),
            references=self._references,
            cold_start_s=self._cold_start_s,
        )


def _spec(order: BenchOrder, load: Load, chosen: Chosen, target: TargetSpec, headers: Headers) -> TrialSpec:
    return TrialSpec(
        target=target,
        load=load,
        inputs=chosen.inputs,
        quality=order.quality,
        reference=order.reference,
        model_may_change=order.model_may_change,
        seed=order.seed,
        repeats=order.repeats,
        monitor_hz=order.monitor_hz,
        client_cores=order.client_cores,
        limits=order.limits,
        reference_runtime=str(order.wish.runtime or "auto"),
        reference_precision=str(order.wish.precision or "auto"),
        headers=tuple(sorted(name for name, _ in headers)),
    )


def _folders(order: BenchOrder, specs: Sequence[TrialSpec], started: datetime) -> list[RunFolder]:
    """A folder each; where one cannot be made, none is left."""
    runs, made = RunsFolder(home_runs()), list[RunFolder]()
    try:
        for number, spec in enumerate(specs, 1):
            output = order.output
            if output is not None and len(specs) > 1:
                output /= str(number)
            made.append(runs.create(new_run_id(started, spec), output))
    except BaseException:
        for folder in made:
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return made


def _trace(load: Load) -> str | None:
    if load.trace is None:
        return None
    try:
        return Path(load.trace).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(
            f"the trace {load.trace} cannot be read: {error}", help="name a file of due times in seconds"
        ) from None
