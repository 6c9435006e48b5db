"""Every method that a server offers over gRPC."""

from __future__ import annotations

from collections.abc import Callable

from vedette.adapters.grpc.health import HealthMethods
from vedette.adapters.grpc.method import Method
from vedette.adapters.grpc.oip import InferMethods
from vedette.adapters.grpc.oip_models import ModelMethods, latest
from vedette.adapters.grpc.oip_repository import RepositoryMethods
from vedette.adapters.grpc.oip_settings import SettingMethods, SharedMemoryMethods
from vedette.clock import Clock
from vedette.flows.inference.oip import Repository
from vedette.flows.inference.service import Service
from vedette.values.serving import VersionPolicy


def every_method(
    service: Service,
    repository: Repository,
    clock: Clock,
    version: str,
    policy_of: Callable[[str], VersionPolicy] = latest,
) -> tuple[Method, ...]:
    """The whole table.

    Args:
        service: runs requests.
        repository: tells of models and changes them.
        clock: for watches of the server's health.
        version: of Vedette.
        policy_of: tells by the name of a model which versions are served.
    """
    return (
        *InferMethods(service).methods(),
        *ModelMethods(service, repository, version, policy_of).methods(),
        *RepositoryMethods(repository).methods(),
        *SettingMethods(service).methods(),
        *SharedMemoryMethods().methods(),
        *HealthMethods(repository.ready, clock).methods(),
    )
