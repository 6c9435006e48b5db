"""What the server tells of itself and its models over gRPC: readiness, metadata, configuration, statistics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from google.protobuf.json_format import ParseDict

from vedette.adapters.grpc.method import Call, Method, Unary
from vedette.adapters.grpc.oip import SERVICE
from vedette.adapters.grpc.oip_messages import model_of
from vedette.errors import NotFoundError, UnavailableError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.oip import Index, describe, find
from vedette.flows.inference.service import Service
from vedette.protos import grpc_service_pb2 as pb
from vedette.rules.wire import oip_model
from vedette.values.served import ModelRef
from vedette.values.serving import Right, VersionPolicy


def latest(name: str) -> VersionPolicy:
    """The policy of models that have none of their own."""
    del name
    return VersionPolicy()


class ModelMethods:
    """Reads only.

    Args:
        service: with the models that are ready.
        index: what the repository tells.
        version: of Vedette.
        policy_of: tells by the name of a model which versions are served.
    """

    def __init__(
        self, service: Service, index: Index, version: str, policy_of: Callable[[str], VersionPolicy] = latest
    ) -> None:
        self._service, self._index, self._version, self._policy_of = service, index, version, policy_of

    def methods(self) -> tuple[Method, ...]:
        """The rows of the table; liveness and readiness of the server are open to everybody, as over HTTP."""
        return (
            Unary(f"{SERVICE}/ServerLive", None, pb.ServerLiveRequest, self._live),
            Unary(f"{SERVICE}/ServerReady", None, pb.ServerReadyRequest, self._ready),
            Unary(f"{SERVICE}/ModelReady", Right.INFER, pb.ModelReadyRequest, self._model_ready),
            Unary(f"{SERVICE}/ServerMetadata", Right.INFER, pb.ServerMetadataRequest, self._server),
            Unary(f"{SERVICE}/ModelMetadata", Right.INFER, pb.ModelMetadataRequest, self._metadata),
            Unary(f"{SERVICE}/ModelConfig", Right.INFER, pb.ModelConfigRequest, self._config),
            Unary(f"{SERVICE}/ModelStatistics", Right.INFER, pb.ModelStatisticsRequest, self._statistics),
        )

    async def _live(self, _: pb.ServerLiveRequest, __: Call) -> pb.ServerLiveResponse:
        return pb.ServerLiveResponse(live=True)

    async def _ready(self, _: pb.ServerReadyRequest, __: Call) -> pb.ServerReadyResponse:
        return pb.ServerReadyResponse(ready=self._index.ready())

    async def _model_ready(self, request: pb.ModelReadyRequest, _: Call) -> pb.ModelReadyResponse:
        """A model that is not there is not ready, as Triton answers it."""
        try:
            find(self._service, model_of(request.name, request.version))
        except (NotFoundError, UnavailableError):
            return pb.ModelReadyResponse(ready=False)
        return pb.ModelReadyResponse(ready=True)

    async def _server(self, _: pb.ServerMetadataRequest, __: Call) -> pb.ServerMetadataResponse:
        return ParseDict(oip_model.server(self._version), pb.ServerMetadataResponse())

    async def _metadata(self, request: pb.ModelMetadataRequest, _: Call) -> pb.ModelMetadataResponse:
        described = await self._described(model_of(request.name, request.version))
        told = oip_model.metadata(described, self._index.versions(request.name))
        return ParseDict(told, pb.ModelMetadataResponse())

    async def _config(self, request: pb.ModelConfigRequest, _: Call) -> pb.ModelConfigResponse:
        described = await self._described(model_of(request.name, request.version))
        told = oip_model.config(described, self._service.limits.images)
        return ParseDict({"config": told}, pb.ModelConfigResponse())

    async def _statistics(self, request: pb.ModelStatisticsRequest, _: Call) -> pb.ModelStatisticsResponse:
        """Of one version, of all versions of a model, or of all models, as far as they are ready."""
        told = [
            oip_model.statistics(station.manifest.name, station.manifest.version, station.statistics.snapshot())
            for station in self._stations(model_of(request.name, request.version))
        ]
        return ParseDict({"model_stats": told}, pb.ModelStatisticsResponse())

    def _stations(self, ref: ModelRef) -> list[ImageStation]:
        names = [ref.name] if ref.name else self._index.names()
        found = [find(self._service, ref)] if ref.name else []
        if ref.version is not None:
            return found
        refs = [ModelRef(name, version) for name in names for version in self._index.versions(name)]
        return [find(self._service, one) for one in refs]

    async def _described(self, ref: ModelRef) -> oip_model.Described:
        station = find(self._service, ref)
        policy = self._policy_of(ref.name)
        station.enter()  # its model must stay while the thread looks
        try:
            return await asyncio.to_thread(describe, station, policy)
        finally:
            station.leave()
