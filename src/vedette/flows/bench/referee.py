"""The port to a referee that issues the requests itself and gives a verdict of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from vedette.values.run import RefereeReport
from vedette.values.workload import Load

Send = Callable[[int, int], Awaitable[None]]
"""`await send(image, scheduled_ns)`: sends, waits for the answer, and records both."""


class Referee(Protocol):
    """MLPerf LoadGen, or one like it."""

    async def run(self, load: Load, images: int, seed: int, folder: Path, send: Send) -> RefereeReport:
        """Run one of the mlperf loads over `images` different images; its own logs go to `folder`.

        Raises:
            VedetteError: it is not installed, or cannot run this load.
        """
