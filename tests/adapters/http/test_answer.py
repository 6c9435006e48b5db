"""Answers on their way out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from vedette.adapters.http.answer import Answer
from vedette.adapters.http.lobby import Exit

LENGTH = [(b"Content-Length", b"4")]


@dataclass
class Transport:
    """What leaves, one list for each call of the system."""

    calls: list[list[bytes]] = field(default_factory=list)
    left: int = 0

    def write(self, data: bytes) -> None:
        self.calls.append([data])

    def writelines(self, parts: list[bytes]) -> None:
        self.calls.append(list(parts))

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> None:
        assert name

    def leave(self) -> None:
        """Closed in good order; told how much had left before."""
        self.left = len(self.calls)


@dataclass
class Cycle:
    """Writes the type of each message, and closes after the last one where the connection is not kept."""

    way_out: Exit
    keep_alive: bool = True
    more_body: bool = False
    response_started: bool = False
    scope: dict[str, str] = field(default_factory=lambda: {"http_version": "1.1", "method": "GET"})

    async def send(self, message: dict[str, Any]) -> None:
        self.response_started = True
        self.way_out.write(message["type"].encode())
        if message["type"] == "http.response.body" and not message.get("more_body") and not self.keep_alive:
            self.way_out.close()


def sent(*messages: dict[str, Any], **cycle: Any) -> tuple[Transport, list[bool]]:
    """What left for some messages, and whether an answer had begun whenever one was said to come early."""
    transport, early = Transport(), list[bool]()
    way_out = Exit(transport, transport.leave)  # type: ignore[arg-type] # all that is called
    answer = Answer(Cycle(way_out, **cycle), way_out, lambda one: early.append(one.response_started))  # type: ignore[arg-type]

    async def all_of_them() -> None:
        for message in messages:
            await answer.send(message)

    asyncio.run(all_of_them())
    return transport, early


def start(headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": headers}


def body(*, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": b"abcd", "more_body": more}


def test_head_and_body_leave_together() -> None:
    """One call of the system; what comes after the first part leaves as it comes."""
    whole, _ = sent(start(LENGTH), body())
    parts, _ = sent(start(LENGTH), body(more=True), body())

    assert whole.calls == [[b"http.response.start", b"http.response.body"]]
    assert parts.calls == [[b"http.response.start", b"http.response.body"], [b"http.response.body"]]


def test_a_head_without_a_length_leaves_at_once() -> None:
    """Lines may come much later, and their reader wants to know the status."""
    transport, _ = sent(start([(b"content-type", b"application/x-ndjson")]))

    assert transport.calls == [[b"http.response.start"]]


def test_a_head_that_no_body_follows_is_not_sent() -> None:
    """The application has failed: uvicorn may still answer that."""
    transport, _ = sent(start(LENGTH))

    assert transport.calls == []


def test_an_answer_leaves_before_its_connection_closes() -> None:
    """A connection that is not kept is closed by the last message."""
    transport, _ = sent(start(LENGTH), body(), keep_alive=False)

    assert len(transport.calls) == 1
    assert transport.left == 1


@pytest.mark.parametrize(("more_body", "told"), [(True, [False]), (False, [])])
def test_an_answer_before_the_end_of_the_request_is_told_of_first(*, more_body: bool, told: list[bool]) -> None:
    """Once, before anything of it is sent; the connection may be closed then."""
    _, early = sent(start(LENGTH), body(), more_body=more_body)

    assert early == told
