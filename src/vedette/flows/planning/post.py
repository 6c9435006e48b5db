"""A device at its post: what it is to do, and what has come of it so far.

    DeviceOrder, batch, images -> Post -> attempt(load), attempt(work) -> close_all

A device that fails is remembered with its reason, and the others work on. What was started is ended whatever happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from vedette.errors import VedetteError
from vedette.flows.bench.device import Device, DeviceWork, Loading


@dataclass(slots=True)
class Post:
    """A device and its work.

    Attributes:
        device: that was made for it.
        batch: images of a mini-batch.
        images: altogether.
        loading: None until it is loaded.
        work: None until it is done.
        began_ns: instant from which its time counts.
        failed: why it cannot go on, in words; empty: it can.
        left: what could not be ended or taken away, in words.
    """

    device: Device
    batch: int
    images: int
    loading: Loading | None = None
    work: DeviceWork | None = None
    began_ns: int = 0
    failed: str = ""
    left: str = ""

    async def load(self) -> None:
        """Load the model.

        Raises:
            VedetteError: it cannot be loaded.
        """
        self.loading = await self.device.load()

    async def do(self, at_ns: int | None = None) -> None:
        """Work through the images, from an instant on.

        Raises:
            VedetteError: the device cannot.
        """
        self.work = await self.device.run(self.batch, self.images, at_ns)


Step = Callable[[Post], Awaitable[None]]


async def attempt(post: Post, step: Step) -> None:
    """One step of a device that has not failed; a failure is kept with it."""
    if post.failed:
        return
    try:
        await step(post)
    except VedetteError as error:
        post.failed = error.message


async def attempt_all(posts: Sequence[Post], step: Step) -> None:
    """One step of every device that has not failed, all at once."""
    async with asyncio.TaskGroup() as group:
        for post in posts:
            group.create_task(attempt(post, step))


async def close_all(posts: Sequence[Post]) -> None:
    """End every device, those too whose neighbour cannot be ended; what it did is not undone by that."""
    outcomes = await asyncio.gather(*(post.device.close() for post in posts), return_exceptions=True)
    for post, outcome in zip(posts, outcomes, strict=True):
        if isinstance(outcome, VedetteError):
            post.left = outcome.message
        elif isinstance(outcome, BaseException):
            raise outcome


def not_enforced(posts: Sequence[Post]) -> tuple[str, ...]:
    """Limits that this system does not enforce, each once."""
    return tuple(dict.fromkeys(told for post in posts if post.loading for told in post.loading.not_enforced))
