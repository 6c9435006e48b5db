"""Inputs are opened apart."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from vedette.errors import NotFoundError
from vedette.flows.interface.opening import opened
from vedette.flows.interface.reading import Opened


@dataclass
class Folders:
    """Inputs of which `hung` is on a file system that does not answer before it is let."""

    gate: threading.Event = field(default_factory=threading.Event)

    def check(self, address: str) -> None:
        """All may be read."""

    def open(self, address: str) -> Opened:
        if address == "hung":
            assert self.gate.wait(30)
        if address == "none":
            raise NotFoundError("it is not there", help="check it")
        return Opened(None, single=True)  # type: ignore[arg-type]


def test_inputs_that_hang_hold_up_nobody_else() -> None:
    """However many hang, others are opened and the threads of everybody are free; who leaves is not told of the end."""
    folders = Folders()

    async def run() -> tuple[Opened, str, list[Opened]]:
        hung = [asyncio.ensure_future(opened(folders, "hung")) for _ in range(40)]
        try:
            free = await opened(folders, "a.jpg")
            default = await asyncio.to_thread(lambda: "free")
            gone = hung.pop()
            gone.cancel()
            await asyncio.wait([gone])
        finally:
            folders.gate.set()
        return free, default, await asyncio.gather(*hung)

    free, default, late = asyncio.run(run())

    assert (free.single, default, len(late)) == (True, "free", 39)


def test_what_is_not_there_is_told() -> None:
    """The error is that of the port."""
    with pytest.raises(NotFoundError, match="not there"):
        asyncio.run(opened(Folders(), "none"))
