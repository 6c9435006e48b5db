"""An ASGI application behind a real uvicorn on a free port, in a thread of the test's process.

with served(app) as url:
    ...
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def served(make: Callable[[], Any]) -> Iterator[str]:
    """The address of the application that `make` gives; it is called in the event loop of the server."""
    listener = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()
    failed: list[BaseException] = []
    handle: list[tuple[asyncio.AbstractEventLoop, uvicorn.Server]] = []

    async def run() -> None:
        config = uvicorn.Config(make(), log_level="error", lifespan="off", access_log=False, timeout_keep_alive=60)
        server = uvicorn.Server(config)
        handle.append((asyncio.get_running_loop(), server))
        listening = asyncio.ensure_future(server.serve(sockets=[listener]))
        while not server.started and not listening.done():  # noqa: ASYNC110 - uvicorn tells no other way
            await asyncio.sleep(0)
        ready.set()
        await listening

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="asgi-server", daemon=True)
    thread.start()
    assert ready.wait(30)
    if failed:
        raise failed[0]
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop, server = handle[0]
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)
        thread.join(30)
        listener.close()
        assert not thread.is_alive()
        if failed:
            raise failed[0]
