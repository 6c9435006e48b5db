"""A model in the process that measures it: no server and no network between the two stamps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from vedette.errors import VedetteError
from vedette.flows.bench.target import Reply
from vedette.values.requests import Status
from vedette.values.trial import Introduction

Answer = Callable[[bytes], bytes]
"""The answer to an encoded image, such as a `vedette.result/1` as JSON; may raise a VedetteError."""


class InProcessTarget:
    """Calls a function in a pool of threads. A call that ran into a timeout is not stopped: it goes on in its thread.

    Args:
        answer: called with the bytes of the image, in several threads at once.
        introduction: what is known of it.
        clients: threads; requests beyond that wait for one.
        release: called once at the end, to free what `answer` holds.
    """

    def __init__(
        self, answer: Answer, introduction: Introduction, clients: int, release: Callable[[], None] | None = None
    ) -> None:
        self._answer, self._introduction, self._clients, self._release = answer, introduction, clients, release
        self._images: tuple[bytes, ...] = ()
        self._pool: ThreadPoolExecutor | None = None

    async def open(self, images: Sequence[bytes]) -> Introduction:
        """See `Target.open`."""
        self._images = tuple(images)
        self._pool = ThreadPoolExecutor(self._clients, thread_name_prefix="inprocess")
        return self._introduction

    async def send(self, image: int) -> Reply:
        """See `Target.send`."""
        assert self._pool is not None, "opened first"
        loop = asyncio.get_running_loop()
        try:
            return Reply(Status.OK, body=await loop.run_in_executor(self._pool, self._answer, self._images[image]))
        except VedetteError as error:
            return Reply(Status.ERROR, reason=error.message)
        except Exception as error:  # noqa: BLE001 - what is measured is not ours, and may raise anything
            return Reply(Status.ERROR, reason=f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """See `Target.close`; calls under way are waited for."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)
        release, self._release = self._release, None
        if release is not None:
            release()
