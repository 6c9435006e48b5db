"""The HTTP side of a server: every endpoint over the service, behind one guard, with its observers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from vedette.adapters.http.app import App, Observer
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.guard import Guard
from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.oip import OipEndpoints
from vedette.adapters.http.uploads import Uploads
from vedette.clock import Clock
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.repository import LiveRepository
from vedette.flows.inference.service import Service
from vedette.values.serving import Serving, VersionPolicy
from vedette.wiring.fetching import ServerFetch


class Doors:
    """Everything that callers reach by HTTP, and what gRPC shares with it."""

    def __init__(self, app: App, guard: Guard, observers: Sequence[Observer], service: Service) -> None:
        self.app, self.guard, self.observers = app, guard, tuple(observers)
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

    oip = OipEndpoints(service, repository, clock, version("vedette"), policy_of)
    endpoints: list[Endpoint] = [*ImageEndpoints(service, uploads, clock).endpoints(), *oip.endpoints()]
    observers: list[Observer] = []
    return Doors(App(endpoints, guard, observers, clock), guard, observers, service)
