"""The gRPC side of a server: the same service and guard as HTTP, another wire."""

from __future__ import annotations

from importlib.metadata import version

from vedette.adapters.grpc.door import Door
from vedette.adapters.grpc.server import GrpcServer
from vedette.adapters.grpc.table import every_method
from vedette.clock import Clock
from vedette.flows.inference.repository import LiveRepository
from vedette.flows.inference.service import Service
from vedette.values.serving import Serving
from vedette.wiring.serving_doors import Doors


def grpc_server(
    serving: Serving, doors: Doors, repository: LiveRepository, service: Service, clock: Clock
) -> GrpcServer:
    """The server, not started yet."""
    methods = every_method(service, repository, clock, version("vedette"), repository.policy_of)
    watching = doors.watching
    door = Door(doors.guard, watching.observers, serving.limits, clock, traced=watching.traced)
    return GrpcServer(door, methods, serving.limits, serving.tls)
