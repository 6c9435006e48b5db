"""A model in a process of its own: its crash or hang fails the requests that are under way with it, and nothing else.

    infer -> a free lane of the process -> outputs
    the process ended -> refused at once, with the time until the next try -> started again -> infer

The process is started again with the waits of `rules/restarts`. Nothing of Python's own objects crosses: tensors lie in
shared memory, everything else is JSON.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from vedette.adapters.runtimes.lane import Message
from vedette.adapters.runtimes.model_process import ModelProcess
from vedette.adapters.runtimes.signature import check_count
from vedette.clock import Clock
from vedette.errors import UnavailableError, VedetteError
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.rules.restarts import Restarts
from vedette.values.execution import Execution, Plan
from vedette.values.manifest import Manifest
from vedette.values.tensor import Signature

HANG_S = 30.0
"""An inference without an answer after this many seconds counts as hung."""

_CLOSE_S = 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IsolatedLoader:
    """Loads every model into a process of its own.

    Attributes:
        command: what starts such a process; it ends in `isolated_child.serve`.
        order: says in JSON what the process is to load.
        clock: for the waits between two starts.
        hang_s: an inference without an answer after this many seconds ends the process.
    """

    command: tuple[str, ...]
    order: Callable[[Manifest, Execution, Plan], Message]
    clock: Clock
    hang_s: float = HANG_S

    def load(self, manifest: Manifest, execution: Execution, plan: Plan = Plan.IMAGE) -> Runtime:
        """See `Loader.load`."""
        order = self.order(manifest, execution, plan)

        def start() -> ModelProcess:
            return ModelProcess(self.command, order, execution.streams, self.hang_s)

        return IsolatedRuntime(manifest.name, execution, start, self.clock)


class IsolatedRuntime:
    """A model whose process is kept alive by a thread."""

    def __init__(self, name: str, execution: Execution, start: Callable[[], ModelProcess], clock: Clock) -> None:
        """Start the process; raises what `start` raises."""
        self.execution = execution
        self._name, self._start, self._clock = name, start, clock
        self._restarts = Restarts()
        self._reason = ""
        self._closing = threading.Event()
        self._started_ns = clock.now_ns()
        process = start()
        self.signature: Signature = process.signature
        self._process: ModelProcess | None = process
        self._keeper = threading.Thread(target=self._keep, args=(process,), name=f"keep-{name}", daemon=True)
        self._keeper.start()

    @property
    def pid(self) -> int | None:
        """The id of the process; None while there is none."""
        process = self._process
        return None if process is None else process.pid

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`.

        Raises:
            UnavailableError: the process ended during this inference, or before and is not there again.
        """
        check_count(self.signature, tensors)
        process = self._process
        if process is None:
            raise self._down()
        return process.infer(tensors)

    def close(self) -> None:
        """See `Runtime.close`."""
        self._closing.set()
        process = self._process
        if process is not None:
            process.end()
        self._keeper.join(_CLOSE_S)  # one that is loading just now ends by itself when it has loaded

    def _keep(self, process: ModelProcess | None) -> None:
        while process is not None:
            process.wait()
            self._process = None
            if not self._closing.is_set():
                self._ended(process.reason)
            process = self._started_again()

    def _started_again(self) -> ModelProcess | None:
        """The next process, after the wait and after any that fail to start; None when it is not wanted any more."""
        while not self._closing.wait(self._restarts.remaining_s(self._clock.now_ns())):
            self._started_ns = self._clock.now_ns()
            try:
                process = self._start()
            except (VedetteError, OSError) as error:
                self._ended(str(error).splitlines()[0])
                continue
            self._process = process
            if self._closing.is_set():
                process.end()
            return process
        return None

    def _ended(self, reason: str) -> None:
        self._reason = reason
        self._restarts = self._restarts.after_end(self._started_ns, self._clock.now_ns())
        wait_s = self._restarts.wait_ns / 1e9
        _log.error("the process of the model %s ended (%s); it is started again in %g s", self._name, reason, wait_s)

    def _down(self) -> UnavailableError:
        remaining = self._restarts.remaining_s(self._clock.now_ns())
        when = f"it is started again in {remaining:.1f} s" if remaining else "it is being started again"
        return UnavailableError(
            f"the process of the model {self._name} ended ({self._reason}); {when}",
            help="ask again then; the log tells what the process said before its end",
        )
