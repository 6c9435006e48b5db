"""The repository, live: models come, change and go while requests are served, and no request fails for it.

    scan -> what is to be served (rules/repository) -> load beside -> warm up, golden image -> takes over
                                                     -> the old one is closed when its last request has left

A version that cannot be loaded leaves the others, and what it served before, as they are; the index says why. It knows
no file format, no engine and no transport.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any

from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.loading import Loading, ModelStore, Opener, Pace
from vedette.flows.inference.shelf import Copy, Model, Shelf
from vedette.flows.inference.station import Station
from vedette.rules.repository.plan import Act, Held, plan
from vedette.values.found import Found
from vedette.values.served import IndexEntry, ModelRef, ModelState
from vedette.values.serving import ModelOptions, VersionPolicy

_log = logging.getLogger(__name__)

_UNLOADED = "unloaded by request"
_REPLACED = "another version serves in its place"
_GONE = "its folder has gone"


class LiveRepository:
    """Used by the event loop only; implements the port `Models` of the service."""

    def __init__(self, store: ModelStore, opener: Opener, clock: Clock, pace: Pace | None = None) -> None:
        self._clock = clock
        pace = pace or Pace()
        self._freed = pace.freed
        self._loading = Loading(store, opener, clock, pace)
        self._shelf = Shelf()
        self._scope: set[str] | None = set()
        self._unloaded: set[str] = set()
        self._locks: dict[str, asyncio.Lock] = {}
        self._scanning = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False

    # --- what requests ask ---

    def station(self, ref: ModelRef) -> ImageStation:
        """The station of a version that is ready; without a version the newest.

        Raises:
            NotFoundError: there is no such model or version; the message names the nearest.
            UnavailableError: it is there and not ready; the message says why.
        """
        return self._shelf.station(ref)

    def index(self, ready: bool | None = None) -> tuple[IndexEntry, ...]:  # noqa: FBT001 - the protocol's own filter
        """Each version with its state; with `ready` only those that are."""
        absent = tuple(
            IndexEntry(name, "", ModelState.UNAVAILABLE, "the repository holds no such model")
            for name in sorted(self._scope or ())
            if name not in self._shelf.models
        )
        entries = tuple(self._told(entry) for entry in self._shelf.index()) + absent
        return tuple(entry for entry in entries if not ready or entry.state is ModelState.READY)

    def _told(self, entry: IndexEntry) -> IndexEntry:
        """With whether it is to be served."""
        model = self._shelf.models[entry.name]
        chosen = self._scope is None or entry.name in self._scope
        return replace(entry, wanted=chosen and entry.version in ("", *model.served(), *model.missing()))

    def names(self) -> tuple[str, ...]:
        """All models that are known, whatever their state."""
        return self._shelf.names()

    def versions(self, name: str) -> tuple[str, ...]:
        """The versions of a model that are ready, the lowest first.

        Raises:
            NotFoundError: there is no model of this name.
        """
        return self._shelf.model(name).ready()

    def policy_of(self, name: str) -> VersionPolicy:
        """Which versions of a model are to be served."""
        model = self._shelf.models.get(name)
        return VersionPolicy() if model is None else model.options.versions

    def image_models(self) -> tuple[str, ...]:
        """The models that are ready and take images."""
        ready = [model for model in self._shelf.models.values() if model.ready()]
        return tuple(
            sorted(model.name for model in ready if self.station(ModelRef(model.name)).manifest.input is not None)
        )

    def ready(self) -> bool:
        """Whether the start is over and something is served, or nothing is to be served."""
        scope = [model for name, model in self._shelf.models.items() if self._serves(name)]
        return self._started and (not scope or any(model.ready() for model in scope))

    # --- what operators ask ---

    async def start(self, names: Iterable[str] | None = None) -> None:
        """Load these models, or all that are there (and all that come later), several at once.

        Each serves as soon as it is ready. One that fails is in the index with its reason.

        Raises:
            VedetteError: the repository cannot be read.
        """
        self._scope = None if names is None else set(names)
        try:
            await self._scan()
            await asyncio.gather(*(self._settle(name, None) for name in self.names() if self._serves(name)))
        finally:
            self._started = True
            self._loading.begin_serving()

    async def load(self, name: str) -> None:
        """Load what is to be served of a model and is not yet, or has changed; return when it is ready.

        The files are taken as they are: whoever asks for them knows that they are complete.

        Raises:
            NotFoundError: the repository holds no such model, or not a version that is asked for.
            VedetteError: a version cannot be loaded; the message says why.
        """
        await self._finished(self._load(name))

    async def unload(self, name: str) -> None:
        """Stop serving a model until it is loaded again; return when its last request has left.

        Raises:
            NotFoundError: there is no model of this name.
        """
        self._shelf.model(name)
        await self._finished(self._unload(name))

    async def poll(self, quiet_s: float = 0.0) -> None:
        """Look for changes once, and carry them out; return when what is new is ready or has failed.

        Args:
            quiet_s: files that changed within this time are left alone.

        Raises:
            VedetteError: the repository cannot be read; everything goes on as it is.
        """
        await self._scan()
        quiet_ns = round(quiet_s * 1e9)
        await asyncio.gather(*(self._settle(name, quiet_ns) for name in self.names() if self._serves(name)))

    async def run_polling(self, poll_s: float) -> None:
        """Look for changes every `poll_s` seconds, until cancelled."""
        told = ""
        due_ns = self._clock.now_ns()
        while True:
            due_ns = max(due_ns + round(poll_s * 1e9), self._clock.now_ns())
            await self._clock.sleep_until(due_ns)
            try:
                await self._finished(self.poll(poll_s))
                told = ""
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one look, it is not the last
                reason = error.message if isinstance(error, VedetteError) else f"{type(error).__name__}: {error}"
                if reason != told:  # once, not at every look
                    _log.warning("the model repository cannot be read: %s", reason)
                told = reason

    async def close(self) -> None:
        """Free every model that no request uses; one that is still used is left to the end of the process."""
        self._scope = set()
        self._loading.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for model in self._shelf.models.values():
            for copy in model.copies.values():
                station = copy.leave()
                if station is not None and not station.users:
                    await asyncio.to_thread(station.close)

    # --- how it is done ---

    def _serves(self, name: str) -> bool:
        return name not in self._unloaded and (self._scope is None or name in self._scope)

    async def _scan(self, only: str | None = None) -> None:
        """Tell every model, or only one, what lies in its folder now."""
        async with self._scanning:  # so that what was seen earlier is also told earlier
            seen = {found.name: (found, options) for found, options in await self._loading.scan()}
            models = self._shelf.models
            for name in {*seen, *models} if only is None else {only} & {*seen, *models}:
                found, options = seen.get(name, (None, None))
                if name not in models:
                    models[name] = Model(name, options or ModelOptions(name))
                models[name].see(found, options)
                self._shelf.forget(name)

    async def _settle(self, name: str, quiet_ns: int | None) -> None:
        """Carry out the plan for one model: first what comes, then what goes because it came."""
        async with self._lock(name):
            model = self._shelf.models.get(name)
            if model is None or not self._serves(name) or (model.found is not None and model.found.problem):
                return
            await self._bring(model, self._versions(model, model.held(), Act.LOAD, quiet_ns))
            self._dismiss(model, self._versions(model, model.held(), Act.UNLOAD, quiet_ns))

    def _versions(self, model: Model, held: Sequence[Held], act: Act, quiet_ns: int | None) -> tuple[str, ...]:
        wall_ns = int(self._clock.wall().timestamp() * 1e9)
        return tuple(step.version for step in plan(model.wanted(wall_ns, quiet_ns), held) if step.act is act)

    async def _bring(self, model: Model, versions: Iterable[str]) -> list[VedetteError]:
        """Load versions beside what serves; the errors of those that failed."""
        found = model.found
        if found is None:
            return []
        outcomes = await asyncio.gather(*(self._open(model, found, version) for version in versions))
        return [outcome for outcome in outcomes if outcome is not None]

    async def _open(self, model: Model, found: Found, version: str) -> VedetteError | None:
        copy = model.copy(version)
        copy.begin(found.state_of(version))
        try:
            loaded = await self._loading.load(found, version, model.options)
        except VedetteError as error:
            copy.fail(error.message)
            _log.warning("%s version %s cannot be loaded: %s", model.name, version, error.message)
            return error
        except BaseException:
            copy.fail("loading was broken off")
            raise
        station: ImageStation = Station(loaded, self._clock)
        _hand_on(model, station)
        before = copy.succeed(station)
        if before is not None:
            self._keep(self._closed(before))
        return None

    def _dismiss(self, model: Model, versions: Iterable[str]) -> None:
        """Stop serving versions; they are closed when their last request has left."""
        for version in versions:
            copy = model.copies[version]
            self._keep(self._emptied(model, copy, _GONE if copy.missing else _REPLACED))

    async def _load(self, name: str) -> None:
        await self._scan(name)
        model = self._shelf.model(name)
        async with self._lock(name):
            model.check()
            self._unloaded.discard(name)
            if self._scope is not None:
                self._scope.add(name)
            errors = await self._bring(model, self._versions(model, model.serving(), Act.LOAD, None))
            self._dismiss(model, self._versions(model, model.held(), Act.UNLOAD, None))
        errors += [model.absent(version) for version in model.missing()]
        if errors:
            raise errors[0]

    async def _unload(self, name: str) -> None:
        self._unloaded.add(name)
        async with self._lock(name):
            model = self._shelf.model(name)
            leaving = [self._emptied(model, copy, _UNLOADED) for copy in model.copies.values()]
        await asyncio.gather(*leaving)

    def _emptied(self, model: Model, copy: Copy, reason: str) -> Coroutine[Any, Any, None]:
        """Stop serving a version at once; what is given back ends when its last request has left and it is closed."""
        station = copy.leave()

        async def end() -> None:
            if station is not None:
                await self._closed(station)
            copy.left(reason)
            if copy.missing and copy.state is ModelState.UNAVAILABLE:
                model.copies.pop(copy.version, None)
            self._shelf.forget(model.name)

        return end()

    async def _closed(self, station: ImageStation) -> None:
        """Close a station when its last request has left."""
        await station.drained()
        await asyncio.to_thread(station.close)
        await asyncio.to_thread(self._freed)

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    async def _finished(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for work that goes on if its caller is gone: a model that is half loaded is of no use to anybody."""
        await asyncio.shield(self._keep(work))

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits has it too; nobody may be left to


def _hand_on(model: Model, station: ImageStation) -> None:
    """Let a station begin with what the newest one has learnt of the time that an image takes.

    Without it a request with a hard deadline would be refused until the new one has been measured.
    """
    ready = model.ready()
    newest = model.copies[ready[-1]].station if ready else None
    if newest is not None:
        station.knowledge.busy, station.knowledge.latency = newest.knowledge.busy, newest.knowledge.latency
