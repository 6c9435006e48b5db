"""`vedette serve`: the object graph of a server, its start, and its end.

    bind -> load models (threads) beside importing the rest -> HTTP -> gRPC -> watch the folder ... SIGTERM -> drain

Ports are taken first, so that one that is taken is told before anything is loaded. What answers the first request is
loaded before what only later ones ask for.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.adapters.config.home import default_home
from vedette.adapters.http.listen import addresses_of, listen
from vedette.adapters.http.server import HttpServer
from vedette.adapters.probes.host import probe_host
from vedette.adapters.probes.listener import pid_listening
from vedette.adapters.store.manifests import ManifestFolder
from vedette.clock import SystemClock
from vedette.errors import ConflictError, NotFoundError, UnavailableError, UsageError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.loading import Pace
from vedette.flows.inference.repository import LiveRepository
from vedette.flows.inference.runtime import Loader
from vedette.flows.inference.service import Service
from vedette.rules.access.bind import check_bind
from vedette.rules.serving.precedence import options_by_name
from vedette.rules.threads import usable_cores
from vedette.values.execution import RuntimeName
from vedette.values.served import ModelRef, ModelState
from vedette.values.serving import ModelOptions, Serving
from vedette.wiring.model_store import FolderStore
from vedette.wiring.opening import ServingOpener
from vedette.wiring.process import gently, give_back_memory, own_process, settle_process

if TYPE_CHECKING:
    from vedette.adapters.grpc.server import GrpcServer
    from vedette.adapters.http.app import App
    from vedette.wiring.serving_doors import Doors

Say = Callable[[str], None]
_FREE_S = 2.0
"""Time to free models and workers at the end."""


def serve(serving: Serving, say: Say, config: Path | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        serving: the whole configuration.
        say: told, a line at a time, what is served and where.
        config: the file of the configuration; the operator's own code is looked for beside it.

    Raises:
        UsageError: other machines could come in without a key, or there is no such folder of models.
        ConflictError: a port is taken.
        NotFoundError: a model that is named is nowhere.
        UnavailableError: not one model could be loaded.
    """
    own_process()
    check_bind(serving.host, addresses_of(serving.host), keys=bool(serving.keys), insecure=serving.insecure)
    _demand_folder(serving)
    _pull_missing(serving, say)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_Server(serving, say, config).run())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # where there is none, asyncio's own loop serves
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def repository_of(serving: Serving) -> Path:
    """The folder of models."""
    return default_home() if serving.repository is None else Path(serving.repository).expanduser().absolute()


def _demand_folder(serving: Serving) -> None:
    """A folder of models that is empty may still be filled; one that is not there is a slip."""
    if serving.repository is not None and not repository_of(serving).is_dir():
        raise UsageError(
            f"there is no folder of models {repository_of(serving)}", help="correct --models, or make the folder first"
        )


def _pull_missing(serving: Serving, say: Say) -> None:
    """Bring models of the catalogue that are named and not in the home folder yet."""
    if serving.repository is not None:
        return
    for options in serving.models:
        if not (default_home() / options.name).is_dir():
            from vedette.wiring.zoo import find_or_pull  # brings YAML, schemas and the catalogue

            find_or_pull(options.name, say)


@dataclass(slots=True)
class _Parts:
    """What runs once the server is up."""

    doors: Doors
    http: HttpServer
    grpc: GrpcServer | None = None
    polling: asyncio.Task[None] | None = None


class _LateApp:
    """The application, of which the server has to know before it is made."""

    def __init__(self) -> None:
        self._app: App | None = None

    def opens(self, app: App) -> None:
        """From now on this one answers."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        assert self._app is not None, "the server answers after it is made"
        await self._app(scope, receive, send)


class _Server:
    """One server; made in no event loop, run in one."""

    def __init__(self, serving: Serving, say: Say, config: Path | None) -> None:
        self._serving, self._say, self._config = serving, say, config
        self._clock = SystemClock()
        self._cores = usable_cores(probe_host())
        cache = default_home() / ".cache"
        root = repository_of(serving)
        self._opener = ServingOpener(say, lambda: _isolated(cache, self._clock), config, root)
        self._store = FolderStore(root, ManifestFolder(cache / "manifests"), options_by_name(serving.models))
        self._app = _LateApp()
        self._stop: asyncio.Event

    def _threads(self) -> int:
        """One a core; where models are isolated as many more, which only wait for other processes."""
        return self._cores * (2 if any(model.isolated for model in self._serving.models) else 1)

    async def run(self) -> None:
        """Start, serve, drain, end."""
        serving = self._serving
        self._stop = asyncio.Event()
        http = self._taken_ports()
        crew = Crew(self._threads(), self._clock)
        pace = Pace(aside=self._opener.aside, gently=gently, freed=give_back_memory)
        repository = LiveRepository(self._store, self._opener, self._clock, pace)
        service = Service(repository, crew, serving.limits, self._clock, cores=self._cores)
        freed = False
        try:
            parts = await self._started(http, repository, service)
            try:
                await self._stop.wait()
                await self._drain(parts, service)
            finally:
                await self._ended(parts)
            freed = await self._freed_in_time(repository, crew)
        finally:
            if not freed:
                await _free(repository, crew)

    async def _started(self, http: HttpServer, repository: LiveRepository, service: Service) -> _Parts:
        names = [model.name for model in self._serving.models]
        loading = asyncio.ensure_future(repository.start(names or None))
        try:
            doors = await asyncio.to_thread(self._opened_doors, http, repository, service)
            await loading
            self._check_ready(repository)
            self._app.opens(doors.app)
            host, port = await http.start()
        except BaseException:
            loading.cancel()
            await http.stop()
            raise
        self._watch_signals()
        parts = _Parts(doors, http)
        settle_process()
        self._tell_models(repository)
        scheme = "https" if self._serving.tls else "http"
        self._say(f"{scheme}://{_shown(host)}:{port}")
        await self._grow(parts, repository, service)
        return parts

    def _opened_doors(self, http: HttpServer, repository: LiveRepository, service: Service) -> Doors:
        """Everything around the service, while models are being loaded; runs in a thread."""
        from vedette.wiring.serving_doors import open_doors

        http.prepare()
        return open_doors(self._serving, repository, service, http, self._clock)

    def _taken_ports(self) -> HttpServer:
        """The server of HTTP with its port, and the port of gRPC looked at: what is taken is told before all else."""
        serving = self._serving
        http = HttpServer(self._app, serving.host, serving.port, serving.limits, self._clock, serving.tls)
        http.bind(pid_listening)
        if serving.grpc_port:
            try:
                listen(serving.host, serving.grpc_port, pid_listening).close()
            except ConflictError as error:
                step = "end that program, or --grpc-port 0 takes a free port and --grpc-port off leaves gRPC out"
                raise ConflictError(error.message, help=step) from None
        return http

    async def _grow(self, parts: _Parts, repository: LiveRepository, service: Service) -> None:
        """What the first answers do without."""
        serving = self._serving
        if serving.grpc_port is not None:
            from vedette.wiring.serving_grpc import grpc_server

            parts.grpc = await asyncio.to_thread(grpc_server, serving, parts.doors, repository, service, self._clock)
            host, port = await parts.grpc.start(serving.host, serving.grpc_port)
            self._say(f"grpc://{_shown(host)}:{port}")
        if serving.poll_s is not None:
            parts.polling = asyncio.ensure_future(repository.run_polling(serving.poll_s))

    def _check_ready(self, repository: LiveRepository) -> None:
        """A server whose models all fail is a mistake; an empty folder may still be filled."""
        index = repository.index()
        if any(entry.state is ModelState.READY for entry in index):
            return
        reasons = "; ".join(f"{entry.name}: {entry.reason}" for entry in index)
        if reasons:
            raise UnavailableError(
                f"not one model can be served: {reasons}", help="`vedette serve --check` tells every problem"
            )
        if self._serving.repository is None:
            raise NotFoundError(
                f"there is no model in {repository_of(self._serving)}", help="vedette models pull efficientnet-lite0"
            )
        self._say(f"there is no model in {repository_of(self._serving)} yet: one that is put there is served")

    def _tell_models(self, repository: LiveRepository) -> None:
        options = {model.name: model for model in self._serving.models}
        for entry in repository.index():
            if options and entry.name not in options:
                continue
            if entry.state is not ModelState.READY:
                self._say(f"{entry.name} version {entry.version} is not served: {entry.reason}")
                continue
            station = repository.station(ModelRef(entry.name, entry.version))
            told = self._opener.told(station.loaded, options.get(entry.name, ModelOptions(entry.name)))
            self._say(str(told))

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_end, number)

    def _asked_to_end(self, number: signal.Signals) -> None:
        """The first request drains; a second one ends at once."""
        if self._stop.is_set():
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._stop.set()

    async def _drain(self, parts: _Parts, service: Service) -> None:
        """Not ready any more; nothing new is admitted; what is under way gets its time."""
        self._say(f"draining: {service.images_under_way} images under way")
        service.drain()
        if parts.polling is not None:
            parts.polling.cancel()
        drain_s = self._serving.limits.drain_s
        drains = [parts.http.drain(drain_s)]
        if parts.grpc is not None:
            drains.append(_drained(parts.grpc, drain_s))
        done = await asyncio.gather(*drains)
        if not all(done):
            self._say(f"after {drain_s:g} s what was still under way is broken off")

    async def _freed_in_time(self, repository: LiveRepository, crew: Crew) -> bool:
        """Free models and workers. An engine that still works for nobody cannot be told to stop: the process ends."""
        _, late = await asyncio.wait({asyncio.ensure_future(_free(repository, crew))}, timeout=_FREE_S)
        if late:
            self._say(f"an inference is still at work {_FREE_S:g} s after the end: it ends with the process")
            os._exit(0)
        return True

    async def _ended(self, parts: _Parts) -> None:
        if parts.grpc is not None:
            await parts.grpc.stop()
        await parts.http.stop()
        await parts.doors.close()


async def _free(repository: LiveRepository, crew: Crew) -> None:
    await repository.close()
    await asyncio.to_thread(crew.close)


async def _drained(server: GrpcServer, drain_s: float) -> bool:
    await server.drain(drain_s)
    return True


def _isolated(cache: Path, clock: SystemClock) -> Mapping[RuntimeName, Loader]:
    from vedette.wiring.isolation import isolated_loader

    return dict.fromkeys(RuntimeName, isolated_loader(cache, clock))


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
