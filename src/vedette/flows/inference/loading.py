"""How a version comes from its folder into an engine: read, opened, warmed up, proved on its golden image.

All of it runs in threads of its own. At the start several versions are loaded at once; later one at a time, aside from
the requests that are being served.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from vedette.clock import Clock
from vedette.errors import InternalError, VedetteError
from vedette.flows.inference.proof import alone_ms, check_golden, warm_up
from vedette.flows.inference.station import Loaded
from vedette.values.found import Found
from vedette.values.golden import Golden
from vedette.values.manifest import Manifest
from vedette.values.serving import ModelOptions

_log = logging.getLogger(__name__)

T = TypeVar("T")


class ModelStore(Protocol):
    """The folder of models; called in threads. Each of its calls may raise a VedetteError."""

    def scan(self) -> tuple[Found, ...]:
        """The model folders as they are now; hidden ones, which are being built, are left out."""

    def options(self, found: Found) -> ModelOptions:
        """How the model is to be served."""

    def read(self, found: Found, version: str) -> Manifest:
        """The manifest of one version."""

    def golden(self, found: Found, version: str) -> Golden | None:
        """The golden image that the folder carries; None without."""


class Opener(Protocol):
    """Brings a model into an engine for serving."""

    def open(self, manifest: Manifest, options: ModelOptions) -> Loaded:
        """Choose how to run a model, and load it; called in a thread, in several at once at the start.

        Raises:
            VedetteError: it cannot be run as wished.
        """


Aside = Callable[[], AbstractContextManager[None]]
"""Entered in the thread that loads beside what is served, so that it can leave the cores to the requests."""

Gently = Callable[[Callable[[], None]], None]


def _plainly(work: Callable[[], None]) -> None:
    work()


@dataclass(frozen=True, slots=True)
class Pace:
    """How many versions are loaded at once at the start, and how a load goes that is beside what is served.

    Attributes:
        at_start: versions that are loaded at once.
        aside: what surrounds each load after the start.
        gently: how such a load is warmed up: does what it is given, at a lower priority, before it returns.
        freed: what follows a close.
    """

    at_start: int = 4
    aside: Aside = nullcontext
    gently: Gently = _plainly
    freed: Callable[[], None] = lambda: None


class Loading:
    """Used by the event loop only."""

    def __init__(self, store: ModelStore, opener: Opener, clock: Clock, pace: Pace) -> None:
        self._store, self._opener, self._clock, self._pace = store, opener, clock, pace
        self._threads = ThreadPoolExecutor(pace.at_start + 1, "vedette-load")  # one more, for scans in between
        self._turns = asyncio.Semaphore(pace.at_start)
        self._serving = False

    def begin_serving(self) -> None:
        """From now on one version is loaded at a time, aside."""
        self._serving, self._turns = True, asyncio.Semaphore(1)

    async def scan(self) -> tuple[tuple[Found, ModelOptions], ...]:
        """Every model folder, with how its model is to be served; one whose options are wrong carries the problem.

        Raises:
            VedetteError: the folder cannot be read.
        """
        return await self._in_thread(self._scanned)

    async def load(self, found: Found, version: str, options: ModelOptions) -> Loaded:
        """A version that is ready to serve.

        Raises:
            VedetteError: it cannot be read or opened, or its golden image is answered wrongly.
        """
        async with self._turns:
            return await self._in_thread(lambda: self._loaded(found, version, options))

    def close(self) -> None:
        """Start no thread any more; those at work end by themselves."""
        self._threads.shutdown(wait=False)

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _scanned(self) -> tuple[tuple[Found, ModelOptions], ...]:
        return tuple(self._with_options(found) for found in self._store.scan())

    def _with_options(self, found: Found) -> tuple[Found, ModelOptions]:
        try:
            return found, self._store.options(found)
        except VedetteError as error:
            return replace(found, problem=found.problem or error.message), ModelOptions(found.name)

    def _loaded(self, found: Found, version: str, options: ModelOptions) -> Loaded:
        try:
            with self._pace.aside() if self._serving else nullcontext():
                return self._proved(found, version, options)
        except VedetteError:
            raise
        except Exception as error:
            _log.exception("loading %s version %s failed in an unexpected way", found.name, version)
            raise InternalError(
                f"{found.name} version {version} cannot be loaded: {type(error).__name__}: {error}",
                help="the log holds the details; please report it",
            ) from error

    def _proved(self, found: Found, version: str, options: ModelOptions) -> Loaded:
        manifest = self._store.read(found, version)
        golden = self._store.golden(found, version)
        loaded = self._opener.open(manifest, options)
        try:
            self._warm_up(loaded, options.warm_up)
            if golden is not None:
                check_golden(golden, loaded.instance, self._clock, loaded.stages)
            if options.warm_up:
                loaded = replace(loaded, first_ms=alone_ms(loaded, self._clock))
        except BaseException:
            loaded.instance.runtime.close()
            raise
        return loaded

    def _warm_up(self, loaded: Loaded, rounds: int) -> None:
        """At once on all streams, or beside what is served one inference after the other, and gently.

        An engine of several threads an inference may start them now, and they would keep the lower priority.
        """
        if not self._serving:
            warm_up(loaded, rounds, self._clock)
            return
        gently = self._pace.gently if loaded.instance.runtime.execution.threads == 1 else _plainly
        gently(lambda: warm_up(loaded, rounds, self._clock, together=False))
