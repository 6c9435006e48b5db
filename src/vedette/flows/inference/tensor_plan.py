"""The second way into a model of images, for its original inputs: loaded when the first request needs it, and once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

from vedette.clock import Clock
from vedette.flows.inference.runtime import Runtime

_RETRY_NS = 5_000_000_000
"""A plan that could not be opened is not tried again by every request."""


class TensorPlan:
    """`opened` is of the event loop; the rest may be called by any thread."""

    def __init__(self, load: Callable[[], Runtime], clock: Clock) -> None:
        self._load, self._clock = load, clock
        self._runtime: Runtime | None = None
        self._opening = threading.Lock()
        self._opened: asyncio.Future[Runtime] | None = None
        self._tried_ns = 0

    async def opened(self) -> Runtime:
        """The plan; opened once for all who ask, in a thread of its own.

        Raises:
            VedetteError: the engine cannot load it.
        """
        if self._runtime is not None:
            return self._runtime
        opened = self._opened
        if opened is None or (opened.done() and opened.exception() is not None and self._may_retry()):
            opened = self._opened = asyncio.ensure_future(_in_own_thread(self.runtime))
            self._tried_ns = self._clock.now_ns()
        return await asyncio.shield(opened)

    def runtime(self) -> Runtime:
        """The plan, loaded at its first use; blocks meanwhile.

        Raises:
            VedetteError: the engine cannot load it.
        """
        if self._runtime is not None:
            return self._runtime
        with self._opening:
            if self._runtime is None:
                self._runtime = self._load()
            return self._runtime

    def close(self, unless: Runtime) -> None:
        """Free the engine's memory, unless it is that of another plan."""
        with self._opening:
            if self._runtime is not None and self._runtime is not unless:
                self._runtime.close()

    def _may_retry(self) -> bool:
        return self._clock.now_ns() - self._tried_ns > _RETRY_NS


async def _in_own_thread(work: Callable[[], Runtime]) -> Runtime:
    """Run something long that blocks, without a thread of those that short work shares."""
    done: asyncio.Future[Runtime] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def settle(runtime: Runtime | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        elif runtime is not None:
            done.set_result(runtime)

    def run() -> None:
        try:
            runtime, error = work(), None
        except BaseException as raised:  # noqa: BLE001 - whoever waits hears of it
            runtime, error = None, raised
        with suppress(RuntimeError):  # the loop has ended, and with it everybody who waits
            loop.call_soon_threadsafe(settle, runtime, error)

    threading.Thread(target=run, name="vedette-open", daemon=True).start()
    return await done
