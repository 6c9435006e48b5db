"""A model in the process that measures it."""

from __future__ import annotations

import asyncio
import threading

from vedette.adapters.targets.inprocess import InProcessTarget
from vedette.errors import InvalidError
from vedette.flows.bench.target import Reply
from vedette.values.requests import Status
from vedette.values.trial import Introduction, Scope

TOLD = Introduction(Scope.IMAGE, server="vedette", model="colour 1")


def replies(target: InProcessTarget, images: list[bytes]) -> list[Reply]:
    async def go() -> list[Reply]:
        assert await target.open(images) == TOLD
        try:
            return await asyncio.gather(*(target.send(image) for image in range(len(images))))
        finally:
            await target.close()

    return asyncio.run(go())


def test_each_image_gets_its_answer() -> None:
    """The bytes that were given, and what came out for them."""
    assert replies(InProcessTarget(bytes.upper, TOLD, 2), [b"a", b"b"]) == [
        Reply(Status.OK, body=b"A"),
        Reply(Status.OK, body=b"B"),
    ]


def test_as_many_calls_at_once_as_there_are_clients() -> None:
    """Three wait for each other, which only three threads can."""
    barrier = threading.Barrier(3, timeout=30)

    def meet(image: bytes) -> bytes:
        barrier.wait()
        return image

    assert {reply.status for reply in replies(InProcessTarget(meet, TOLD, 3), [b"x"] * 3)} == {Status.OK}


def test_what_is_raised_is_a_failure_in_words() -> None:
    """Vedette's own errors by their message, any other with its kind."""

    def fail(image: bytes) -> bytes:
        if image == b"ours":
            raise InvalidError("the JPEG is damaged", help="copy it again")
        raise ZeroDivisionError("by zero")

    ours, other = replies(InProcessTarget(fail, TOLD, 1), [b"ours", b"other"])

    assert ours == Reply(Status.ERROR, reason="the JPEG is damaged")
    assert other == Reply(Status.ERROR, reason="ZeroDivisionError: by zero")


def test_the_model_is_released_once_and_after_the_last_call() -> None:
    """Also when it is closed twice."""
    events = []

    async def go() -> None:
        target = InProcessTarget(lambda image: events.append("call") or image, TOLD, 1, lambda: events.append("freed"))
        await target.open([b"x"])
        await target.send(0)
        await target.close()
        await target.close()

    asyncio.run(go())

    assert events == ["call", "freed"]
