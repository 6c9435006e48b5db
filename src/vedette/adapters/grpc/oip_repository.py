"""The repository over gRPC: its index, models that are loaded and unloaded; no file is written for a caller."""

from __future__ import annotations

from google.protobuf.json_format import ParseDict

from vedette.adapters.grpc.method import Call, Method, Unary
from vedette.adapters.grpc.oip import SERVICE
from vedette.errors import InvalidError, NotFoundError, UnsupportedError
from vedette.flows.inference.oip import Repository
from vedette.protos import grpc_service_pb2 as pb
from vedette.rules.wire import oip_model
from vedette.values.serving import Right


class RepositoryMethods:
    """Changes need the right `admin`."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def methods(self) -> tuple[Method, ...]:
        """The rows of the table."""
        return (
            Unary(f"{SERVICE}/RepositoryIndex", Right.INFER, pb.RepositoryIndexRequest, self._index),
            Unary(f"{SERVICE}/RepositoryModelLoad", Right.ADMIN, pb.RepositoryModelLoadRequest, self._load),
            Unary(f"{SERVICE}/RepositoryModelUnload", Right.ADMIN, pb.RepositoryModelUnloadRequest, self._unload),
        )

    async def _index(self, request: pb.RepositoryIndexRequest, _: Call) -> pb.RepositoryIndexResponse:
        _check_repository(request.repository_name)
        told = oip_model.index(self._repository.index(), ready=request.ready)
        return ParseDict({"models": told}, pb.RepositoryIndexResponse())

    async def _load(self, request: pb.RepositoryModelLoadRequest, _: Call) -> pb.RepositoryModelLoadResponse:
        _check_repository(request.repository_name)
        if request.parameters:
            named = ", ".join(sorted(request.parameters)[:3])
            raise UnsupportedError(
                f"a model is loaded as it lies in the repository, and {named[:120]} would change it",
                help="change the files or vedette.yaml, and load it without parameters",
            )
        await self._repository.load(request.model_name)
        return pb.RepositoryModelLoadResponse()

    async def _unload(self, request: pb.RepositoryModelUnloadRequest, _: Call) -> pb.RepositoryModelUnloadResponse:
        _check_repository(request.repository_name)
        for name, parameter in request.parameters.items():  # no model has dependents here: true and false are the same
            if name != "unload_dependents" or parameter.WhichOneof("parameter_choice") != "bool_param":
                raise InvalidError(f"parameter {name[:40]!r} is not known", help="take unload_dependents, or none")
        await self._repository.unload(request.model_name)
        return pb.RepositoryModelUnloadResponse()


def _check_repository(name: str) -> None:
    if name:
        raise NotFoundError(f"there is no repository {name[:80]!r}", help="leave the name of the repository empty")
