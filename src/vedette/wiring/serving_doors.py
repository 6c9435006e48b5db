"""The HTTP side of a server: every endpoint over the service, behind one guard, with its observers."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from vedette.adapters.http.app import App, Observer
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.guard import Guard
from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.interface import InterfaceEndpoints
from vedette.adapters.http.oip import OipEndpoints
from vedette.adapters.http.oip_settings import OipSettingsEndpoints
from vedette.adapters.http.uploads import Uploads
from vedette.adapters.sinks.addressed import AddressedOutputs
from vedette.adapters.sources.addressed import AddressedSources
from vedette.adapters.sources.allowed import AllowedFiles
from vedette.clock import Clock
from vedette.flows.inference.repository import LiveRepository
from vedette.flows.inference.service import Service
from vedette.flows.interface.images import ServiceImages
from vedette.flows.interface.pipeline import Surroundings
from vedette.flows.interface.pipelines import Pipelines
from vedette.values.serving import Serving
from vedette.wiring.fetching import ServerFetcher


class Doors:
    """Everything that callers reach by HTTP, and what gRPC shares with it."""

    def __init__(self, app: App, guard: Guard, service: Service, pipelines: Pipelines) -> None:
        self.app, self.guard = app, guard
        self.grpc_observers: tuple[Any, ...] = ()
        self._service, self._pipelines = service, pipelines

    def drain(self) -> None:
        """Say that the server is not ready any more, and admit nothing new."""
        self._service.drain()

    async def close(self) -> None:
        """End what works in the background."""
        await self._pipelines.close()


def open_doors(serving: Serving, repository: LiveRepository, service: Service, clock: Clock, *, local: bool) -> Doors:
    """The application with its whole table.

    Args:
        serving: the configuration.
        repository: the models.
        service: that runs them.
        clock: for stamps and rates.
        local: without keys and on loopback only: pages of other sites are kept out.

    Raises:
        VedetteError: a pipeline of the configuration has an input or output that is not allowed.
    """
    fetcher = ServerFetcher(serving.fetch, clock)
    uploads = Uploads(fetcher.upload, serving.limits)
    guard = Guard(serving.keys, clock, local=local)
    pipelines = _pipelines(serving, repository, service, fetcher, clock)
    rooms = (
        ImageEndpoints(service, uploads, clock),
        OipEndpoints(service, repository, clock, version("vedette"), repository.policy_of),
        OipSettingsEndpoints(service),
        InterfaceEndpoints(pipelines, uploads, serving.limits, clock),
    )
    endpoints: list[Endpoint] = [endpoint for room in rooms for endpoint in room.endpoints()]
    observers: list[Observer] = []
    return Doors(App(endpoints, guard, observers, clock), guard, service, pipelines)


def _pipelines(
    serving: Serving, repository: LiveRepository, service: Service, fetcher: ServerFetcher, clock: Clock
) -> Pipelines:
    sources = AddressedSources(AllowedFiles(serving.files.inputs), fetcher)
    outputs = AddressedOutputs(serving.files.outputs, fetcher)
    images = ServiceImages(service, repository.image_models)
    around = Surroundings(sources, outputs, images, clock, at_once=2 * service.workers)
    return Pipelines(serving.pipelines, around)
