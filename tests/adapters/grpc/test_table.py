"""Every method of the server, and who may call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from grpc_models import FakeRepository
from grpc_rig import CLOCK, grpc_rig

from vedette.adapters.grpc.method import Unary
from vedette.adapters.grpc.table import every_method
from vedette.errors import UnauthenticatedError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.service import Service
from vedette.protos import grpc_service_pb2
from vedette.protos.grpc.health.v1 import health_pb2
from vedette.values.serving import Limits, Right

OPEN = {"ServerLive", "ServerReady", "Check", "List", "Watch"}
ADMIN = {
    "RepositoryModelLoad",
    "RepositoryModelUnload",
    "SystemSharedMemoryRegister",
    "SystemSharedMemoryUnregister",
    "CudaSharedMemoryRegister",
    "CudaSharedMemoryUnregister",
}


class LockedGuard:
    """Lets nobody in who needs a right."""

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        if right is not None:
            raise UnauthenticatedError("no key", help="send one")
        return ""


def table() -> Any:
    repository, crew = FakeRepository({}), Crew(0, CLOCK)
    return every_method(Service(repository, crew, Limits(), CLOCK), repository, CLOCK, "9.9")


def test_the_table_has_every_method_of_the_interface_files() -> None:
    """None is left to gRPC's own UNIMPLEMENTED; each takes the message that the interface says."""
    declared = {
        f"{service.full_name}/{method.name}": method
        for module in (grpc_service_pb2, health_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }

    rows = {row.path: row for row in table()}
    assert set(rows) == set(declared)
    for path, row in rows.items():
        if isinstance(row, Unary):
            assert row.request.DESCRIPTOR.full_name == declared[path].input_type.full_name


def test_rights_are_as_few_as_can_be() -> None:
    """Health is open, changes are the administrator's, the rest is for those who infer."""
    for row in table():
        name = row.path.rpartition("/")[2]
        expected = None if name in OPEN else Right.ADMIN if name in ADMIN else Right.INFER
        assert row.right is expected, name


def test_without_a_key_only_health_is_open() -> None:
    """Each method of the table is called without one."""
    with grpc_rig(table, guard=LockedGuard()) as rig, grpc.insecure_channel(rig.address) as channel:
        for row in table():
            if row.right is None and isinstance(row, Unary):
                assert channel.unary_unary(f"/{row.path}")(b"", timeout=20) is not None
            elif row.right is not None:
                with pytest.raises(grpc.RpcError) as caught:
                    channel.unary_unary(f"/{row.path}")(b"", timeout=20)
                assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
