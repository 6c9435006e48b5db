"""An input is opened in a thread of its own: a file system that hangs holds up its pipeline, and nobody else."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from vedette.flows.interface.reading import Endpoints, Opened


async def opened(endpoints: Endpoints, address: str) -> Opened:
    """What an address names; raises as `Endpoints.open` does. Who is cancelled leaves the thread behind."""
    found: Future[Opened] = Future()
    found.set_running_or_notify_cancel()  # from here on a caller who leaves does not change it
    threading.Thread(target=_open, args=(endpoints, address, found), name="vedette-open", daemon=True).start()
    return await asyncio.wrap_future(found)


def _open(endpoints: Endpoints, address: str, found: Future[Opened]) -> None:
    try:
        result = endpoints.open(address)
    except BaseException as error:  # noqa: BLE001 - told to who waits
        found.set_exception(error)
    else:
        found.set_result(result)
