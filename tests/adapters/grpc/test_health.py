"""Health checks of gRPC, asked for as any of its clients does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest
from grpc_rig import CLOCK, GrpcRig, grpc_rig

from vedette.adapters.grpc import health
from vedette.adapters.grpc.health import HealthMethods
from vedette.errors import UnauthenticatedError
from vedette.protos.grpc.health.v1.health_pb2 import (
    HealthCheckRequest,
    HealthCheckResponse,
    HealthListRequest,
    HealthListResponse,
)

SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = HealthCheckResponse.SERVICE_UNKNOWN
INFERENCE = "inference.GRPCInferenceService"


class LockedGuard:
    """Lets nobody in who needs a right."""

    def check(self, headers: object, peer: str, right: object) -> str:
        if right is not None:
            raise UnauthenticatedError("no key", help="send one")
        return ""


@dataclass
class State:
    """What the repository says."""

    ready: bool = True


@dataclass
class Rig:
    grpc: GrpcRig
    state: State
    channel: grpc.Channel

    def check(self, service: str = "") -> int:
        call = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        answer = call(HealthCheckRequest(service=service).SerializeToString(), timeout=20)
        return HealthCheckResponse.FromString(answer).status

    def watch(self, service: str = "") -> Iterator[int]:
        call = self.channel.unary_stream("/grpc.health.v1.Health/Watch")
        for answer in call(HealthCheckRequest(service=service).SerializeToString(), timeout=60):
            yield HealthCheckResponse.FromString(answer).status


@pytest.fixture
def rig() -> Iterator[Rig]:
    state = State()
    with (
        grpc_rig(lambda: HealthMethods(lambda: state.ready, CLOCK).methods(), guard=LockedGuard()) as running,
        grpc.insecure_channel(running.address) as channel,
    ):
        yield Rig(running, state, channel)


def test_the_server_serves_when_its_models_are_ready(rig: Rig) -> None:
    """As a whole, and as the service of the protocol; without a key."""
    assert (rig.check(), rig.check(INFERENCE)) == (SERVING, SERVING)
    rig.state.ready = False
    assert (rig.check(), rig.check(INFERENCE)) == (NOT_SERVING, NOT_SERVING)


def test_a_service_that_is_none_is_not_found(rig: Rig) -> None:
    """As the specification of health checks asks for."""
    with pytest.raises(grpc.RpcError) as caught:
        rig.check("other")

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_all_services_are_listed(rig: Rig) -> None:
    """With their status."""
    answer = rig.channel.unary_unary("/grpc.health.v1.Health/List")(HealthListRequest().SerializeToString(), timeout=20)

    told = HealthListResponse.FromString(answer).statuses
    assert {name: one.status for name, one in told.items()} == {"": SERVING, INFERENCE: SERVING}


def test_a_watch_is_told_of_every_change(rig: Rig) -> None:
    """The status at once, and again when it has changed."""
    watched = rig.watch(INFERENCE)
    assert next(watched) == SERVING
    rig.state.ready = False
    assert next(watched) == NOT_SERVING
    rig.state.ready = True
    assert next(watched) == SERVING


def test_watches_are_bounded(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """They need no key and have no end: beyond the limit a watch is refused, others and checks go on."""
    monkeypatch.setattr(health, "WATCHES", 2)
    watched = [rig.watch(), rig.watch()]
    assert [next(one) for one in watched] == [SERVING, SERVING]
    with pytest.raises(grpc.RpcError) as caught:
        next(rig.watch())
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "2 watches are open" in caught.value.details()

    watched.pop().close()
    rig.grpc.heard.of("Watch", "CANCELLED")
    assert next(rig.watch()) == SERVING
    assert rig.check() == SERVING


def test_a_watch_of_a_service_that_is_none_waits(rig: Rig) -> None:
    """It hears that the service is unknown, and ends with the server."""
    watched = rig.watch("other")
    assert next(watched) == SERVICE_UNKNOWN

    rig.grpc.run(rig.grpc.server.drain(20))
    assert list(watched) == []


def test_a_watch_ends_with_the_server(rig: Rig) -> None:
    """It hears NOT_SERVING before, and holds up nothing."""
    watched = rig.watch()
    assert next(watched) == SERVING

    rig.grpc.run(rig.grpc.server.drain(20))
    assert list(watched) == [NOT_SERVING]
