"""The HTTP side of a server: every endpoint over the service, behind one guard, with its observers."""

from __future__ import annotations

from importlib.metadata import version

from vedette.adapters.http.app import App
from vedette.adapters.http.docs import DocsEndpoints
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.guard import Guard
from vedette.adapters.http.health import HealthEndpoints
from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.interface import InterfaceEndpoints
from vedette.adapters.http.listen import addresses_of
from vedette.adapters.http.metrics import Counted, MetricsEndpoint
from vedette.adapters.http.oip import OipEndpoints
from vedette.adapters.http.oip_settings import OipSettingsEndpoints
from vedette.adapters.http.page import PageEndpoints
from vedette.adapters.http.server import HttpServer
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
from vedette.rules.access.bind import only_loopback
from vedette.values.serving import Right, Serving
from vedette.wiring.fetching import ServerFetcher
from vedette.wiring.watching import Watching


class Doors:
    """Everything that callers reach by HTTP, and what gRPC shares with it."""

    def __init__(self, app: App, guard: Guard, pipelines: Pipelines, watching: Watching) -> None:
        self.app, self.guard, self.watching = app, guard, watching
        self._pipelines = pipelines

    async def close(self) -> None:
        """End what works in the background."""
        await self._pipelines.close()
        await self.watching.close()


def open_doors(serving: Serving, repository: LiveRepository, service: Service, http: HttpServer, clock: Clock) -> Doors:
    """The application with its whole table.

    Args:
        serving: the configuration.
        repository: the models.
        service: that runs them.
        http: that will carry the application; its connections are in the metrics.
        clock: for stamps and rates.

    Raises:
        VedetteError: a pipeline of the configuration has an input or output that is not allowed, or spans are wanted
            and cannot be sent.
    """
    told = version("vedette")
    watching = Watching(serving, told, clock)
    local = not serving.keys and only_loopback(addresses_of(serving.host))
    guard = Guard(serving.keys, clock, local=local)
    fetcher = ServerFetcher(serving.fetch, clock)
    uploads = Uploads(fetcher.upload, serving.limits)
    pipelines = _pipelines(serving, repository, service, fetcher, clock)
    endpoints: list[Endpoint] = []
    counted = Counted(
        repository,
        service,
        watching.traffic,
        told,
        lambda: (http.connections, http.most_connections),
        lambda: watching.dropped,
    )
    metrics_right = None if serving.metrics_public or not serving.keys else Right.INFER
    rooms = (
        ImageEndpoints(service, uploads, clock),
        OipEndpoints(service, repository, clock, told, repository.policy_of),
        OipSettingsEndpoints(service),
        InterfaceEndpoints(pipelines, uploads, serving.limits, clock),
        HealthEndpoints(repository, service, clock, told, open_doors=not serving.keys),
        MetricsEndpoint(counted, metrics_right),
        PageEndpoints(guard),
        DocsEndpoints(guard, lambda: endpoints, told, keys=bool(serving.keys)),
    )
    endpoints += [endpoint for room in rooms for endpoint in room.endpoints()]
    app = App(endpoints, guard, watching.observers, clock, traced=watching.traced)
    return Doors(app, guard, pipelines, watching)


def _pipelines(
    serving: Serving, repository: LiveRepository, service: Service, fetcher: ServerFetcher, clock: Clock
) -> Pipelines:
    sources = AddressedSources(AllowedFiles(serving.files.inputs), fetcher, serving.limits.pixels)
    outputs = AddressedOutputs(serving.files.outputs, fetcher)
    images = ServiceImages(service, repository.image_models)
    around = Surroundings(sources, outputs, images, clock, at_once=2 * service.workers)
    return Pipelines(serving.pipelines, around)
