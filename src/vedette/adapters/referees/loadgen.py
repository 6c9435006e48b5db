"""MLPerf LoadGen as a referee: it decides when each image is sent, and judges the run by its own rules.

    LoadGen (a thread of its own)            event loop
    issue(query) -- stamp, hand over -->     send(image, scheduled_ns), one task a lane
    latency of the sample    <------------   QuerySamplesComplete, when `send` has recorded the answer
    mlperf_log_summary.txt   ------------>   RefereeReport

single-stream sends one image after the other; multi-stream sends `SAMPLES_PER_QUERY` at once and waits for all;
server sends by a Poisson process, however many are under way; offline issues all images in one query: `load.clients`
lanes work it off, and every image of it is due when the query was issued.

`scheduled_ns` is when LoadGen issued the query; in the server scenario when the query was due, by LoadGen's schedule
(`schedule` beside this): what LoadGen itself is late is then part of the latency, for it as for us. It draws images
with replacement; with `Order.SAME` it is given one image only.

Limits of LoadGen: it cannot be interrupted, a run lasts at least its least duration, and its state is global. A
cancelled run therefore answers every further query at once without sending it. All scenarios but server end within
moments of that; server walks its schedule to the end in the background, and another run in this process is refused
until then. The process may end before: see `_let_process_end`. A request that failed counts as answered for LoadGen:
only the table of requests knows better.
"""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vedette.adapters.referees.scenarios import scenario_settings
from vedette.adapters.referees.schedule import DueTimes, server_offsets_ns
from vedette.adapters.referees.summary import read_summary
from vedette.clock import Clock
from vedette.errors import ConflictError, UnavailableError, UsageError
from vedette.flows.bench.referee import Send
from vedette.values.run import RefereeReport
from vedette.values.workload import Load, LoadKind, Order

DRAIN_S = 2.0
"""How long a cancelled run waits for LoadGen to notice."""

_LEAVE_S = 2.0
"""Python's end takes less; a query that is due within that time is waited for."""

_SUMMARY = "mlperf_log_summary.txt"

_turn = threading.Lock()
"""Held while LoadGen runs: two at once would share its state."""


class LoadGenReferee:
    """`Referee` by the package mlcommons-loadgen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def run(self, load: Load, images: int, seed: int, folder: Path, send: Send) -> RefereeReport:
        """Run the scenario of `load` and read LoadGen's summary; its logs go to `folder`.

        `load.requests` counts images and `load.duration_s` is the least duration; with both, both must be reached.

        Raises:
            UnavailableError: the package is missing, or left no summary.
            UsageError: the load lacks a figure that its scenario needs.
            ConflictError: LoadGen already runs in this process.
            Exception: whatever `send` raised first.
        """
        loadgen = _loadgen()
        settings = scenario_settings(loadgen, load, seed)
        _make_room(folder)
        if not _turn.acquire(blocking=False):
            raise ConflictError(
                "MLPerf LoadGen already runs in this process, and its state is global",
                help="wait until that run has ended, or start this one in a process of its own",
            )
        lanes = load.clients if load.kind is LoadKind.MLPERF_OFFLINE else None
        due = None
        if load.kind is LoadKind.MLPERF_SERVER:
            due = DueTimes(server_offsets_ns(settings.server_target_qps, settings.schedule_rng_seed))
        match = _Match(loadgen, self._clock, send, lanes, due)
        _start(loadgen, match, settings, 1 if load.order is Order.SAME else images, folder)
        await match.finished()
        values = match.queries if load.kind is LoadKind.MLPERF_MULTI_STREAM else match.samples
        report = _report(folder, values)
        told = dict(report.figures).get("Scheduled samples per second")
        if due is not None and not due.agree_with(told, match.queries):
            raise UnavailableError(
                f"this build of {report.name} draws another schedule than it is known to: {told} queries a second",
                help="use `--load poisson`, or mlcommons-loadgen 6.0.17 for Linux",
            )
        return report


class _Match:
    """One run: the queries that LoadGen issued, the tasks that answer them, and the first error."""

    def __init__(self, loadgen: Any, clock: Clock, send: Send, lanes: int | None, due: DueTimes | None) -> None:
        self.queries = self.samples = 0
        self._loadgen, self._clock, self._send, self._lanes, self._due = loadgen, clock, send, lanes, due
        self._loop = asyncio.get_running_loop()
        self._returned, self._decided = asyncio.Event(), asyncio.Event()
        self._failed: BaseException | None = None
        self._over, self._leaving, self._quiet = threading.Event(), threading.Event(), threading.Event()
        self._open: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def issue(self, samples: Sequence[Any]) -> None:
        """Take a query over from LoadGen, in its thread; an exception here would abort the process."""
        issued_ns = self._clock.now_ns()
        if self._leaving.is_set():
            self._quiet.set()
            threading.Event().wait()
        query = [(sample.id, sample.index) for sample in samples]
        scheduled_ns = issued_ns if self._due is None else self._due.of(issued_ns)
        if self._over.is_set() or not self._in_loop(self._take, query, scheduled_ns):
            self._complete([number for number, _ in query])

    def end(self) -> None:
        """Note, in LoadGen's thread, that it returned."""
        self._quiet.set()
        self._in_loop(self._returned.set)
        self._in_loop(self._decided.set)

    async def finished(self) -> None:
        """Wait until LoadGen returned; when cancelled, or after an error of `send`, end it as soon as it lets us."""
        try:
            await self._decided.wait()
        finally:
            self._stop()
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._returned.wait(), DRAIN_S)
            finally:
                if not self._returned.is_set():
                    _let_process_end()
                    atexit.register(self._leave)
        if self._failed is not None:
            raise self._failed

    def _leave(self) -> None:
        """Hold LoadGen's thread back from an interpreter that is being taken down: to enter it aborts the process."""
        self._leaving.set()
        next_s = 0.0 if self._due is None else (self._due.next_ns - self._clock.now_ns()) / 1e9
        if next_s < _LEAVE_S:
            self._quiet.wait(max(next_s, 0.0) + _LEAVE_S)

    def _in_loop(self, call: Callable[..., None], *arguments: Any) -> bool:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:  # the loop is closed: the run was cancelled, nobody waits any more
            return False
        return True

    def _take(self, query: list[tuple[int, int]], scheduled_ns: int) -> None:
        if self._over.is_set():
            self._complete([number for number, _ in query])
            return
        self.queries += 1
        self.samples += len(query)
        self._open.update(number for number, _ in query)
        samples = iter(query)
        for _ in range(min(len(query), self._lanes or len(query))):
            task = self._loop.create_task(self._lane(samples, scheduled_ns))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _lane(self, samples: Iterator[tuple[int, int]], scheduled_ns: int) -> None:
        for number, image in samples:
            try:
                await self._send(image, scheduled_ns)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - `finished` raises it
                if not self._over.is_set():
                    self._failed = self._failed or error
                    self._decided.set()
                return
            self._open.discard(number)
            self._complete([number])

    def _stop(self) -> None:
        """Answer what is under way, and everything that is still to come, without sending it."""
        self._over.set()
        for task in self._tasks:
            task.cancel()
        numbers, self._open = list(self._open), set()
        self._complete(numbers)

    def _complete(self, numbers: list[int]) -> None:
        if numbers:
            response = self._loadgen.QuerySampleResponse
            self._loadgen.QuerySamplesComplete([response(number, 0, 0) for number in numbers])


def _start(loadgen: Any, match: _Match, settings: Any, images: int, folder: Path) -> None:
    """Run LoadGen in a daemon thread: a process that is told to end does not wait for it."""
    log = loadgen.LogSettings()
    log.enable_trace = False
    log.log_output.outdir = str(folder)
    log.log_output.copy_summary_to_stdout = False

    def run() -> None:
        system = loadgen.ConstructSUT(match.issue, _nothing)
        library = loadgen.ConstructQSL(images, images, _nothing, _nothing)
        try:
            # LoadGen obeys an `audit.config` that it finds where the process runs, unless another path is named.
            loadgen.StartTestWithLogSettings(system, library, settings, log, str(folder / "audit.config"))
        finally:
            loadgen.DestroyQSL(library)
            loadgen.DestroySUT(system)
            _turn.release()
            match.end()

    threading.Thread(target=run, name="loadgen", daemon=True).start()


def _let_process_end() -> None:
    """Keep the exit code although LoadGen still runs.

    Its destructors abort a process that exits in the middle of a run. `on_exit` of glibc comes before them and after
    Python has cleaned up; elsewhere such a process ends by SIGABRT.
    """
    library = ctypes.CDLL(None)
    with suppress(AttributeError):
        library.on_exit(library._exit, None)  # noqa: SLF001 - the name in C


def _make_room(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _SUMMARY).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"MLPerf LoadGen cannot write its logs to {folder}: {error.strerror}",
            help="choose a folder that can be written to",
        ) from None


def _nothing(*_: object) -> None:
    """Images are in memory already, and no query is held back."""


def _report(folder: Path, values: int) -> RefereeReport:
    for empty in ("mlperf_log_accuracy.json", "mlperf_log_trace.json"):
        (folder / empty).unlink(missing_ok=True)
    try:
        text = (folder / _SUMMARY).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UnavailableError(
            f"MLPerf LoadGen left no {_SUMMARY} in {folder}: {error.strerror}",
            help="see that the folder can be written to, and that the disk is not full",
        ) from None
    return read_summary(text, f"MLPerf LoadGen {version('mlcommons-loadgen')}", values)


def _loadgen() -> Any:
    try:
        import mlperf_loadgen
    except ImportError as error:
        raise UnavailableError(
            f"the mlperf loads need the package mlcommons-loadgen: {error}",
            help="pip install 'vedette[loadgen]'",
        ) from None
    return mlperf_loadgen
