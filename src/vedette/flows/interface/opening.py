"""An input is opened in a thread of its own: a file system that hangs holds up its pipeline, and nobody else."""

from __future__ import annotations

from vedette.flows.interface.aside import Aside
from vedette.flows.interface.reading import Endpoints, Opened


async def opened(endpoints: Endpoints, address: str) -> Opened:
    """What an address names; raises as `Endpoints.open` does. Who is cancelled leaves the thread behind."""
    with Aside("vedette-open") as thread:
        return await thread.run(endpoints.open, address)
