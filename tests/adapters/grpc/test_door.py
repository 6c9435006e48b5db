"""What is done around every method: who may come in, how large a message is, how an error leaves, what is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping

import grpc
import pytest
import uvloop
from grpc_rig import GrpcRig, grpc_rig

from vedette.adapters.grpc.door import host_of, parsed_aside
from vedette.adapters.grpc.method import Call, Method, Stream, Streaming, Unary
from vedette.adapters.grpc.refusal import details_of
from vedette.adapters.http.guard import Guard
from vedette.errors import (
    ConflictError,
    DeadlineError,
    ExhaustedError,
    ForbiddenError,
    InternalError,
    InvalidError,
    NotFoundError,
    OverloadedError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
    VedetteError,
)
from vedette.protos.grpc_service_pb2 import ModelInferRequest, ModelReadyRequest, ModelReadyResponse
from vedette.rules.access.rights import hash_of
from vedette.values.serving import Key, Limits, Right

SECRET = "secret-of-line-1"
LIMITS = Limits(body_bytes=2 * 1024 * 1024)
ERRORS = {
    error.kind: error
    for error in (
        InvalidError,
        UnauthenticatedError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        TooLargeError,
        UnsupportedError,
        OverloadedError,
        DeadlineError,
        UnavailableError,
        ExhaustedError,
        InternalError,
    )
}
CODES = {
    "invalid": grpc.StatusCode.INVALID_ARGUMENT,
    "unauthenticated": grpc.StatusCode.UNAUTHENTICATED,
    "forbidden": grpc.StatusCode.PERMISSION_DENIED,
    "not_found": grpc.StatusCode.NOT_FOUND,
    "conflict": grpc.StatusCode.FAILED_PRECONDITION,
    "too_large": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "unsupported": grpc.StatusCode.UNIMPLEMENTED,
    "overloaded": grpc.StatusCode.UNAVAILABLE,
    "timeout": grpc.StatusCode.DEADLINE_EXCEEDED,
    "unavailable": grpc.StatusCode.UNAVAILABLE,
    "exhausted": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "internal": grpc.StatusCode.INTERNAL,
}


class KeyGuard:
    """One key for inference; health is open."""

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        assert peer == "127.0.0.1"
        if right is None:
            return ""
        if headers.get("x-api-key") != "secret":
            raise UnauthenticatedError("this server asks for a key", help="send x-api-key")
        if right is Right.ADMIN:
            raise ForbiddenError("the key has no right admin", help="take another key")
        return "line-1"


class Waiting:
    """A method that waits until it is cancelled, and what became of it."""

    def __init__(self) -> None:
        self.begun, self.cancelled = threading.Event(), threading.Event()

    async def answer(self, request: object, call: Call) -> bytes:
        self.begun.set()
        try:
            return await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


WAITING = Waiting()


async def echo(request: ModelReadyRequest, call: Call) -> ModelReadyResponse:
    if request.name == "bug":
        raise ZeroDivisionError(request.name)
    if request.name in ERRORS:
        raise ERRORS[request.name]("it happened", help="do this")
    return ModelReadyResponse(ready=call.deadline_ns is not None)


async def sized(request: ModelInferRequest, call: Call) -> bytes:
    return b"%d" % call.size_bytes


async def repeated(stream: Stream) -> None:
    async for message, _ in stream.messages():
        await stream.write(message)


async def told(stream: Stream) -> None:
    async for _, call in stream.messages():
        await stream.write(b"" if call.refused is None else call.refused.kind.encode())


class CountingGuard(KeyGuard):
    """Tells of each call that it lets in."""

    def __init__(self) -> None:
        self.let_in = threading.Semaphore(0)

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        key = super().check(headers, peer, right)
        self.let_in.release()
        return key


class Still:
    """A clock that stands."""

    def now_ns(self) -> int:
        return 0


def methods() -> tuple[Method, ...]:
    return (
        Unary("t.T/Open", None, ModelReadyRequest, echo),
        Unary("t.T/Infer", Right.INFER, ModelReadyRequest, echo),
        Unary("t.T/Admin", Right.ADMIN, ModelReadyRequest, echo),
        Unary("t.T/Small", None, ModelInferRequest, sized),
        Unary("t.T/Bulk", None, ModelInferRequest, sized, bulk=True),
        Unary("t.T/Load", Right.INFER, ModelInferRequest, sized, bulk=True),
        Streaming("t.T/Told", Right.INFER, told),
        Unary("t.T/Wait", None, ModelReadyRequest, WAITING.answer),
        Streaming("t.T/Stream", None, repeated),
    )


@pytest.fixture(scope="module")
def rig() -> Iterator[GrpcRig]:
    with grpc_rig(methods, LIMITS, KeyGuard()) as running:
        yield running


@pytest.fixture
def channel(rig: GrpcRig) -> Iterator[grpc.Channel]:
    rig.heard.calls.clear()
    options = [("grpc.max_send_message_length", -1), ("grpc.enable_retries", 0)]
    with grpc.insecure_channel(rig.address, options) as opened:
        yield opened


def ask(channel: grpc.Channel, path: str, message: bytes = b"", **options: object) -> bytes:
    return channel.unary_unary(f"/t.T/{path}")(message, **({"timeout": 20} | options))


def refused(channel: grpc.Channel, path: str, message: bytes = b"", **options: object) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        ask(channel, path, message, **options)
    return caught.value


def ready(name: str) -> bytes:
    return ModelReadyRequest(name=name).SerializeToString()


@pytest.mark.parametrize("kind", list(ERRORS))
def test_every_kind_of_error_has_its_status_and_both_lines(channel: grpc.Channel, kind: str) -> None:
    """The table of the issue, the message, and the next step."""
    error = refused(channel, "Open", ready(kind))

    assert error.code() is CODES[kind]
    assert error.details() == "it happened\nhelp: do this"
    trailers = {one.key: one.value for one in error.trailing_metadata()}
    assert ("retry-after-ms" in trailers) == (kind == "overloaded")


def test_a_bug_is_told_as_internal_and_kept_in_the_log(channel: grpc.Channel, caplog) -> None:
    """The client learns nothing of the inside; the next call is served."""
    error = refused(channel, "Open", ready("bug"))

    assert (error.code(), error.details()) == (
        grpc.StatusCode.INTERNAL,
        "the server failed\nhelp: see its log, and report what it says",
    )
    assert "ZeroDivisionError" in caplog.text
    assert ModelReadyResponse.FromString(ask(channel, "Open", ready("m"))).ready


def test_a_key_is_asked_for_by_right(channel: grpc.Channel) -> None:
    """None for health; without, wrong and without the right are three answers."""
    key = (("x-api-key", "secret"),)

    assert ask(channel, "Open", ready("m"))
    assert ask(channel, "Infer", ready("m"), metadata=key)
    assert refused(channel, "Infer", ready("m")).code() is grpc.StatusCode.UNAUTHENTICATED
    assert refused(channel, "Infer", ready("m"), metadata=(("x-api-key", "no"),)).code() is (
        grpc.StatusCode.UNAUTHENTICATED
    )
    assert refused(channel, "Admin", ready("m"), metadata=key).code() is grpc.StatusCode.PERMISSION_DENIED


def test_without_a_key_the_message_is_not_waited_for(channel: grpc.Channel) -> None:
    """The refusal comes before the client has sent anything."""
    held = threading.Event()

    def never() -> Iterator[bytes]:
        held.wait(30)
        yield from ()

    try:
        with pytest.raises(grpc.RpcError) as caught:
            channel.stream_unary("/t.T/Infer")(never(), timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    finally:
        held.set()


def test_a_call_whose_message_does_not_come_is_ended() -> None:
    """After the time that a head gets: a message without tensors is no longer than one."""
    held = threading.Event()

    def never() -> Iterator[bytes]:
        held.wait(30)
        yield from ()

    with grpc_rig(methods, Limits(head_s=0.3), KeyGuard()) as rig, grpc.insecure_channel(rig.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            channel.stream_unary("/t.T/Open")(never(), timeout=20)
        held.set()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "did not arrive within 0.3 s" in caught.value.details()


def silent(channel: grpc.Channel, path: str, ended: threading.Event) -> grpc.Future:
    """A call whose message does not come before `ended`."""

    def never() -> Iterator[bytes]:
        ended.wait(30)
        yield from ()

    return channel.stream_unary(f"/t.T/{path}").future(never(), timeout=20, metadata=(("x-api-key", "secret"),))


def test_messages_on_their_way_make_room() -> None:
    """As many as fit into the queue are read at once; who waits gets the place of the one that hangs longest."""
    ended = threading.Event()
    small = Limits(body_bytes=2**20, queue_bytes=2**20, head_s=0.2)
    guard = CountingGuard()
    with grpc_rig(methods, small, guard) as rig, grpc.insecure_channel(rig.address) as channel:
        hanging = [silent(channel, "Load", ended) for _ in range(4)]
        assert all(guard.let_in.acquire(timeout=20) for _ in hanging)
        found = ask(channel, "Load", ModelInferRequest(id="1").SerializeToString(), metadata=(("x-api-key", "secret"),))
        ended.set()
        refusals = [one.exception() for one in hanging]

    assert found == b"3"
    assert [one.code() for one in refusals].count(grpc.StatusCode.UNAVAILABLE) == 1
    assert "others wait" in "".join(one.details() for one in refusals)


def test_a_message_with_tensors_may_take_its_time() -> None:
    """Longer than a head, and than a connection may be idle: as long as the slowest pace allows."""

    def late() -> Iterator[bytes]:
        threading.Event().wait(0.4)
        yield b""

    with (
        grpc_rig(methods, Limits(head_s=0.1, idle_s=0.1), KeyGuard()) as rig,
        grpc.insecure_channel(rig.address) as channel,
    ):
        found = channel.stream_unary("/t.T/Load")(late(), timeout=20, metadata=(("x-api-key", "secret"),))

    assert found == b"0"


def test_a_stream_without_a_key_must_begin() -> None:
    """Its first message has the time of a head; the next ones may come when they like."""
    ended = threading.Event()

    def never() -> Iterator[bytes]:
        ended.wait(30)
        yield from ()

    with grpc_rig(methods, Limits(head_s=0.2), KeyGuard()) as rig, grpc.insecure_channel(rig.address) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            list(channel.stream_stream("/t.T/Stream")(never(), timeout=20))
        ended.set()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "did not arrive within 0.2 s" in caught.value.details()


def test_the_rate_of_a_key_holds_for_each_message_of_a_stream() -> None:
    """What comes too often is told in its place, by the real guard; the stream goes on."""
    key = Key("line-1", hash_of(SECRET), frozenset(Right), rate=3.0)
    with (
        grpc_rig(methods, LIMITS, Guard((key,), Still())) as rig,
        grpc.insecure_channel(rig.address) as channel,
    ):
        call = channel.stream_stream("/t.T/Told")(iter([b""] * 6), timeout=20, metadata=(("x-api-key", SECRET),))
        found = list(call)

    assert found == [b"", b"", b"", b"overloaded", b"overloaded", b"overloaded"]


def test_a_large_message_is_parsed_beside_the_event_loop() -> None:
    """A small one in it."""

    class Kind:
        @staticmethod
        def FromString(message: bytes) -> str:  # noqa: N802 - the name of the library
            return threading.current_thread().name

    async def check() -> None:
        here = threading.current_thread().name
        large = ModelInferRequest(raw_input_contents=[bytes(2**20)]).SerializeToString()

        assert await parsed_aside(Kind, b"") == here
        assert await parsed_aside(Kind, large) != here

    asyncio.run(check())


def test_a_call_without_a_message_is_the_callers_error(channel: grpc.Channel) -> None:
    """It ends at once."""
    with pytest.raises(grpc.RpcError) as caught:
        channel.stream_unary("/t.T/Open")(iter(()), timeout=20)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_a_message_beyond_the_limit_is_refused_compressed_or_not(
    channel: grpc.Channel, compression: grpc.Compression
) -> None:
    """What would be larger than the limit once decompressed is refused too; what fits is taken."""
    fits, beyond = (ModelInferRequest(raw_input_contents=[bytes(size)]).SerializeToString() for size in (2**20, 2**22))

    assert ask(channel, "Bulk", fits, compression=compression) == b"%d" % len(fits)
    assert refused(channel, "Bulk", beyond, compression=compression).code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_message_without_tensors_is_small(channel: grpc.Channel) -> None:
    """One MiB is enough for every other method."""
    error = refused(channel, "Small", ModelInferRequest(raw_input_contents=[bytes(2**20)]).SerializeToString())

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "this method takes 1048576" in error.details()


def test_a_message_of_many_empty_parts_is_refused_before_it_is_parsed(channel: grpc.Channel) -> None:
    """Two bytes of each would become a hundred in memory."""
    error = refused(channel, "Bulk", b"\x2a\x00" * 900_000)

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "more than 4096 fields" in error.details()


def test_what_is_no_message_is_the_callers_error(channel: grpc.Channel) -> None:
    """Also where only the library sees it: a name that is no UTF-8."""
    for garbage in (b"\xff\xff", b"\x0a\x02\xff\xfe"):
        assert refused(channel, "Open", garbage).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_method_that_is_none_is_unimplemented(channel: grpc.Channel) -> None:
    """As gRPC answers it."""
    assert refused(channel, "Nothing").code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_client_that_gives_up_cancels_the_work(rig: GrpcRig, channel: grpc.Channel) -> None:
    """By itself, or because its deadline has passed."""
    call = channel.unary_unary("/t.T/Wait").future(ready("m"), timeout=20)
    assert WAITING.begun.wait(20)
    call.cancel()
    assert WAITING.cancelled.wait(20)
    assert rig.heard.of("Wait").status == "CANCELLED"

    WAITING.cancelled.clear()
    assert refused(channel, "Wait", ready("m"), timeout=0.1).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert WAITING.cancelled.wait(20)


def test_a_call_without_a_deadline_has_none(channel: grpc.Channel) -> None:
    """The method is told so."""
    assert not ModelReadyResponse.FromString(ask(channel, "Open", ready("m"), timeout=None)).ready


def test_every_call_is_told_of(rig: GrpcRig, channel: grpc.Channel) -> None:
    """Method, status, key, peer, and the request id that the client sent, which it gets back."""
    metadata = (("x-api-key", "secret"), ("x-request-id", "7-abc"))
    _, call = channel.unary_unary("/t.T/Infer").with_call(ready("m"), metadata=metadata, timeout=20)
    refused(channel, "Admin", ready("m"), metadata=metadata)

    told, other = rig.heard.of("Infer", request_id="7-abc"), rig.heard.of("Admin", request_id="7-abc")
    assert (told.path, told.status, told.request_id, told.key, told.peer) == (
        "t.T/Infer",
        "OK",
        "7-abc",
        "line-1",
        "127.0.0.1",
    )
    assert 0 < told.received_ns <= told.ended_ns
    assert (other.status, other.key) == ("PERMISSION_DENIED", "")
    assert ("x-request-id", "7-abc") in [(one.key, one.value) for one in call.trailing_metadata()]


def test_an_id_that_is_none_is_replaced(rig: GrpcRig, channel: grpc.Channel) -> None:
    """Nothing that a client sends gets into the log as it is."""
    ask(channel, "Open", ready("m"), metadata=(("x-request-id", "a b {c}"),))

    assert rig.heard.of("Open").request_id.isalnum()


def test_a_stream_takes_any_number_of_messages(channel: grpc.Channel) -> None:
    """And ends when the client has sent the last."""
    sent = [b"", b"a", bytes(2**20)]

    assert list(channel.stream_stream("/t.T/Stream")(iter(sent), timeout=20)) == sent


def test_uvloop_serves_as_well() -> None:
    """The event loop that the server runs on."""
    with (
        grpc_rig(methods, LIMITS, KeyGuard(), new_loop=uvloop.new_event_loop) as rig,
        grpc.insecure_channel(rig.address) as channel,
    ):
        assert ask(channel, "Open", ready("m"))
        assert refused(channel, "Open", ready("conflict")).code() is grpc.StatusCode.FAILED_PRECONDITION
        assert list(channel.stream_stream("/t.T/Stream")(iter([b"a", b"b"]), timeout=20)) == [b"a", b"b"]


@pytest.mark.parametrize("sign", ["a", "ü", "\U0001f600", "%"])
def test_a_long_message_still_fits_into_a_trailer(sign: str) -> None:
    """It is cut, the next step is not."""
    details = details_of(InvalidError(sign * 100_000, help="do this"))

    assert details.endswith(" ...\nhelp: do this")
    assert len(details) < 5000


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("ipv4:127.0.0.1:5000", "127.0.0.1"),
        ("ipv6:%5B::1%5D:5000", "::1"),
        ("ipv6:[2001:db8::1]:5000", "2001:db8::1"),
        ("unix:/run/x", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_peer(peer: str, host: str) -> None:
    """As gRPC writes it, without the port."""
    assert host_of(peer) == host


def test_every_kind_is_tried() -> None:
    """The table above has no gap."""
    assert {error.kind for error in VedetteError.__subclasses__()} == set(ERRORS)
