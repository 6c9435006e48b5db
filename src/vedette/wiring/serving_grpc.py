"""The gRPC side of a server: the same service, guard and observers, another wire."""

from __future__ import annotations

from importlib.metadata import version

from vedette.adapters.grpc.server import GrpcServer
from vedette.clock import Clock
from vedette.flows.inference.repository import LiveRepository
from vedette.flows.inference.service import Service
from vedette.values.serving import Serving
from vedette.wiring.serving_doors import Doors


def grpc_server(
    serving: Serving, doors: Doors, repository: LiveRepository, service: Service, clock: Clock
) -> GrpcServer:
    """The server, not started yet."""
    raise NotImplementedError(version, doors, repository, service, clock, serving)
