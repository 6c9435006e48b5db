"""Where the server listens, its TLS, and how it ends."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import pytest
import trustme
from grpc_rig import CLOCK, OpenGuard, grpc_rig

from vedette.adapters.grpc.door import Door
from vedette.adapters.grpc.method import Call, Method, Stream, Streaming, Unary
from vedette.adapters.grpc.ordered import answered_in_order
from vedette.adapters.grpc.server import GrpcServer
from vedette.errors import ConflictError, UsageError
from vedette.protos.grpc_service_pb2 import ServerLiveRequest, ServerLiveResponse
from vedette.values.serving import Limits, Tls


class Slow:
    """Methods that wait until the test lets them go on."""

    def __init__(self) -> None:
        self.begun, self.gate = threading.Semaphore(0), asyncio.Event()

    async def live(self, request: object, call: Call) -> ServerLiveResponse:
        return ServerLiveResponse(live=True)

    async def wait(self, request: object, call: Call) -> ServerLiveResponse:
        self.begun.release()
        await self.gate.wait()
        return ServerLiveResponse(live=True)

    async def stream(self, stream: Stream) -> None:
        async def answer(message: bytes, call: Call) -> bytes:
            self.begun.release()
            await self.gate.wait()
            return message

        await answered_in_order(stream, answer)

    def methods(self) -> tuple[Method, ...]:
        return (
            Unary("t.T/Live", None, ServerLiveRequest, self.live),
            Unary("t.T/Wait", None, ServerLiveRequest, self.wait),
            Streaming("t.T/Stream", None, self.stream),
        )


def live(channel: grpc.Channel) -> bool:
    return ServerLiveResponse.FromString(channel.unary_unary("/t.T/Live")(b"", timeout=20)).live


def start(host: str, port: int, tls: Tls | None = None) -> tuple[str, int]:
    """The address of a server that is ended at once."""

    async def run() -> tuple[str, int]:
        server = GrpcServer(Door(OpenGuard(), (), Limits(), CLOCK), Slow().methods(), Limits(), tls)
        address = await server.start(host, port)
        await server.stop()
        return address

    return asyncio.run(run())


def test_a_free_port_is_taken() -> None:
    """Port 0; the one in use is told."""
    host, port = start("127.0.0.1", 0)

    assert host == "127.0.0.1"
    assert port > 0


def test_a_taken_port_is_an_error() -> None:
    """By any other program, and by another server of ours."""
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(ConflictError, match="in use") as caught:
        start("127.0.0.1", other.getsockname()[1])
    assert "--grpc-port 0" in caught.value.help
    with grpc_rig(lambda: Slow().methods()) as rig, pytest.raises(ConflictError):
        start("127.0.0.1", int(rig.address.rpartition(":")[2]))


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_an_error(host: str) -> None:
    """The message names it."""
    with pytest.raises(UsageError, match=host):
        start(host, 0)


def test_a_server_that_never_started_may_be_ended() -> None:
    """As the clean-up after an error does."""
    asyncio.run(GrpcServer(Door(OpenGuard(), (), Limits(), CLOCK), (), Limits()).stop())


def files(folder: Path, authority: trustme.CA) -> Tls:
    made = authority.issue_cert("localhost", "127.0.0.1")
    made.private_key_pem.write_to_path(folder / "key.pem")
    for number, blob in enumerate(made.cert_chain_pems):
        blob.write_to_path(folder / "cert.pem", append=bool(number))
    authority.cert_pem.write_to_path(folder / "clients.pem")
    return Tls(str(folder / "cert.pem"), str(folder / "key.pem"))


def test_tls_is_spoken(tmp_path) -> None:
    """With the operator's certificate; plain text is not understood then."""
    authority = trustme.CA()
    trusted = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    with grpc_rig(lambda: Slow().methods(), tls=files(tmp_path, authority)) as rig:
        with grpc.secure_channel(rig.address, trusted) as channel:
            assert live(channel)
        with grpc.insecure_channel(rig.address) as channel, pytest.raises(grpc.RpcError):
            channel.unary_unary("/t.T/Live")(b"", timeout=2)


def test_a_client_must_show_a_certificate_where_asked(tmp_path) -> None:
    """One of the operator's authorities; without, or of another one, the connection is refused."""
    authority, other = trustme.CA(), trustme.CA()
    tls = files(tmp_path, authority)
    root = authority.cert_pem.bytes()

    def credentials(of: trustme.CA) -> grpc.ChannelCredentials:
        made = of.issue_cert("client")
        return grpc.ssl_channel_credentials(root, made.private_key_pem.bytes(), made.cert_chain_pems[0].bytes())

    mutual = Tls(tls.certificate, tls.key, str(tmp_path / "clients.pem"))
    with grpc_rig(lambda: Slow().methods(), tls=mutual) as rig:
        with grpc.secure_channel(rig.address, credentials(authority)) as channel:
            assert live(channel)
        for wrong in (grpc.ssl_channel_credentials(root), credentials(other)):
            with grpc.secure_channel(rig.address, wrong) as channel, pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary("/t.T/Live")(b"", timeout=5)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_tls_files_that_cannot_be_used_are_named(tmp_path) -> None:
    """One that is not there, no PEM, a key of another certificate."""
    (tmp_path / "other").mkdir()
    good, other = files(tmp_path, trustme.CA()), files(tmp_path / "other", trustme.CA())
    (tmp_path / "no.pem").write_text("nothing")

    for wrong in (
        Tls(str(tmp_path / "missing.pem"), good.key),
        Tls(str(tmp_path / "no.pem"), good.key),
        Tls(good.certificate, other.key),
        Tls(good.certificate, good.key, str(tmp_path / "no.pem")),
    ):
        with pytest.raises(UsageError) as caught:
            start("127.0.0.1", 0, wrong)
        assert wrong.certificate in caught.value.message


def test_what_is_under_way_ends_before_the_server_does() -> None:
    """A call and the messages of a stream are answered; a new call is refused, the stream is told why it ends."""
    slow: list[Slow] = []

    def methods() -> tuple[Method, ...]:
        slow.append(Slow())
        return slow[0].methods()

    with grpc_rig(methods) as rig, grpc.insecure_channel(rig.address) as channel:
        held = threading.Event()

        def messages():
            yield b"one"
            held.wait(30)

        call = channel.unary_unary("/t.T/Wait").future(b"", timeout=30)
        stream = channel.stream_stream("/t.T/Stream")(messages(), timeout=30)
        assert slow[0].begun.acquire(timeout=30)
        assert slow[0].begun.acquire(timeout=30)
        draining = asyncio.run_coroutine_threadsafe(rig.server.drain(30), rig.loop)
        rig.loop.call_soon_threadsafe(slow[0].gate.set)

        assert ServerLiveResponse.FromString(call.result(30)).live
        assert next(stream) == b"one"
        with pytest.raises(grpc.RpcError) as caught:
            next(stream)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "shutting down" in caught.value.details()
        held.set()
        draining.result(30)


def test_what_takes_too_long_is_cancelled_at_the_end() -> None:
    """The client hears that the server has gone."""
    slow: list[Slow] = []

    def methods() -> tuple[Method, ...]:
        slow.append(Slow())
        return slow[0].methods()

    with grpc_rig(methods) as rig, grpc.insecure_channel(rig.address) as channel:
        call = channel.unary_unary("/t.T/Wait").future(b"", timeout=30)
        assert slow[0].begun.acquire(timeout=30)
        rig.run(rig.server.drain(0.1))

        assert call.exception(30).code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert rig.heard.of("Wait").status == "CANCELLED"


def test_a_server_without_grpc_does_not_load_it() -> None:
    """Its import would cost a tenth of a second of each start."""
    program = (
        "import sys, vedette.adapters.http.app, vedette.flows.inference.oip, vedette.flows.inference.service;"
        "print([name for name in ('grpc', 'google.protobuf') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"
