"""The HTTP side of a server: every endpoint over the service, behind one guard, with its observers."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from vedette.adapters.http.app import App, Observer
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.guard import Guard
from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.oip import OipEndpoints
from vedette.adapters.http.oip_settings import OipSettingsEndpoints
from vedette.adapters.http.uploads import Uploads
from vedette.clock import Clock
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.repository import LiveRepository
from vedette.flows.inference.service import Service
from vedette.values.serving import Serving, VersionPolicy
from vedette.wiring.fetching import ServerFetch


class Doors:
    """Everything that callers reach by HTTP, and what gRPC shares with it."""

    def __init__(self, app: App, guard: Guard, service: Service) -> None:
        self.app, self.guard = app, guard
        self.grpc_observers: tuple[Any, ...] = ()
        self._service = service

    def drain(self) -> None:
        """Say that the server is not ready any more, and admit nothing new."""
        self._service.drain()

    async def close(self) -> None:
        """End what works in the background."""


def open_doors(
    serving: Serving, repository: LiveRepository, service: Service, crew: Crew, clock: Clock, *, local: bool
) -> Doors:
    """The application with its whole table.

    Args:
        serving: the configuration.
        repository: the models.
        service: that runs them.
        crew: its workers.
        clock: for stamps and rates.
        local: without keys and on loopback only: pages of other sites are kept out.
    """
    del crew
    fetch = ServerFetch(serving.fetch, clock)
    uploads = Uploads(fetch, serving.limits)
    guard = Guard(serving.keys, clock, local=local)
    policies = {model.name: model.versions for model in serving.models}

    def policy_of(name: str) -> VersionPolicy:
        return policies.get(name, VersionPolicy())

    rooms = (
        ImageEndpoints(service, uploads, clock),
        OipEndpoints(service, repository, clock, version("vedette"), policy_of),
        OipSettingsEndpoints(service),
    )
    endpoints: list[Endpoint] = [endpoint for room in rooms for endpoint in room.endpoints()]
    observers: list[Observer] = []
    return Doors(App(endpoints, guard, observers, clock), guard, service)
