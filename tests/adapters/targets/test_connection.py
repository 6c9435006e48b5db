"""Connections are shared, bounded and closed."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from servers import Call, Canned, Queue, answer, service, serving, serving_apart, serving_here

from vedette.adapters.targets import connection
from vedette.adapters.targets.connection import Connection, check_bodies
from vedette.errors import TooLargeError
from vedette.rules.wire.image_body import Body
from vedette.values.requests import Status

BODY = Body(b"image", "image/jpeg")


def test_no_more_connections_than_allowed() -> None:
    """Further requests wait for one; none is lost."""
    with serving_here(service(Queue([10.0], servers=8))) as server:

        async def go() -> list[Status]:
            shared = Connection(server.url, connections=2)
            replies = await asyncio.gather(*(shared.exchange(shared.prepare(BODY)) for _ in range(8)))
            await shared.close()
            return [reply.status for reply in replies]

        assert asyncio.run(go()) == [Status.OK] * 8
        assert len({call.connection for call in server.calls}) == 2


def test_a_connection_that_the_server_closed_meanwhile_is_not_used() -> None:
    """The next request opens another, and does not fail."""
    with serving_here(Canned()) as server:

        async def go() -> list[Status]:
            shared = Connection(server.url)
            request = shared.prepare(BODY)
            first = await shared.exchange(request)
            (line,) = shared._idle
            server.calls[0].socket.shutdown(socket.SHUT_RDWR)
            await line.lost
            second = await shared.exchange(request)
            await shared.close()
            return [first.status, second.status]

        assert asyncio.run(go()) == [Status.OK] * 2
        assert len({call.connection for call in server.calls}) == 2


def test_bytes_that_nobody_asked_for_end_a_connection() -> None:
    """They are not the answer to the next request."""
    numbered = []

    def twice(call: Call) -> bytes:
        numbered.append(call)
        return answer(b"%d" % call.number)

    with serving_here(twice) as server:

        async def go() -> bytes:
            shared = Connection(server.url)
            request = shared.prepare(BODY)
            await shared.exchange(request)
            (line,) = shared._idle
            numbered[0].socket.sendall(answer(b"unasked"))
            await line.lost
            reply = await shared.exchange(request)
            await shared.close()
            return reply.body

        assert asyncio.run(go()) == b"1"


def test_closing_leaves_no_connection_open() -> None:
    """Not even one that is under way."""
    called, released = threading.Event(), threading.Event()

    def held(call: Call) -> bytes:
        called.set()
        released.wait(30)
        return answer()

    with serving(held) as url:

        async def go() -> Status:
            shared = Connection(url)
            under_way = asyncio.create_task(shared.exchange(shared.prepare(BODY)))
            await asyncio.to_thread(called.wait, 30)
            await shared.close()
            released.set()
            assert not shared._lines
            return (await under_way).status

        assert asyncio.run(go()) is Status.RESET


def test_headers_of_the_user_win() -> None:
    """Whatever their capitals; those that frame the body stay."""
    with serving_here(Canned()) as server:

        async def go() -> None:
            shared = Connection(server.url, headers={"user-agent": "me", "content-type": "image/x"})
            await shared.exchange(shared.prepare(BODY))
            await shared.close()

        asyncio.run(go())
        headers = server.calls[0].headers
        assert (headers["user-agent"], headers["content-type"]) == ("me", "image/x")
        assert headers["content-length"] == "5"


def test_a_name_that_has_several_addresses() -> None:
    """`localhost` may be ::1 first, where nothing listens."""
    with serving(Canned(b"[]")) as url:

        async def go() -> bytes:
            shared = Connection(url.replace("127.0.0.1", "localhost"))
            reply = await shared.exchange(shared.prepare(BODY))
            await shared.close()
            return reply.body

        assert asyncio.run(go()) == b"[]"


def test_a_server_in_another_process() -> None:
    """The quick one answers a thousand requests of eight clients, each with its body."""

    async def go(url: str) -> set[tuple[Status, bytes]]:
        shared = Connection(url)
        request = shared.prepare(Body(bytes(70_000), "image/jpeg"))

        async def client() -> list[tuple[Status, bytes]]:
            replies = [await shared.exchange(request) for _ in range(125)]
            return [(reply.status, reply.body) for reply in replies]

        seen = await asyncio.gather(*(client() for _ in range(8)))
        await shared.close()
        return set().union(*seen)

    with serving_apart("--body", "[7]") as url:
        assert asyncio.run(go(url)) == {(Status.OK, b"[7]")}


def test_bodies_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is allowed."""
    monkeypatch.setattr(connection, "BODIES_LIMIT", 10)
    check_bodies(10, 1)
    with pytest.raises(TooLargeError, match="1 images"):
        check_bodies(11, 1)
