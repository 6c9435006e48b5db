"""One life of a model's process: started, loaded, asked through its lanes, ended.

It is not started again here: `isolated` does that.
"""

from __future__ import annotations

import queue
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from vedette.adapters.runtimes.isolated_child import understood
from vedette.adapters.runtimes.lane import Lane, Message, Pair, written
from vedette.errors import UnavailableError, VedetteError, error_of
from vedette.flows.inference.runtime import Tensor

_LOAD_S = 300.0
_END_S = 5.0
_HELP = "ask again in a moment: it is started again; what it said before its end is in the log"


class ModelProcess:
    """A process that has loaded its model; `infer` may be called by as many threads as it has lanes."""

    def __init__(self, command: Sequence[str], order: Message, streams: int, hang_s: float) -> None:
        """Start it and wait until the model is loaded.

        Args:
            command: what starts it; the descriptors of its lanes are added as the last argument.
            order: the first message, which says what is to be loaded.
            streams: how many inferences may be under way at once.
            hang_s: an inference without an answer after this many seconds ends the process.

        Raises:
            VedetteError: the model cannot be loaded, as its process tells.
            UnavailableError: the process ended, or did not answer.
        """
        self._hang_s = hang_s
        self._reason = ""
        self._ended = threading.Event()
        self._giving = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._lanes: queue.SimpleQueue[Lane | None] = queue.SimpleQueue()
        pairs = [Pair() for _ in range(streams)]
        for pair in pairs:
            self._lanes.put(pair.lane)
        try:
            self._process = _started(command, pairs)
            self.signature = understood(self._loaded(pairs[0].lane, order))
        except BaseException:
            self.end()
            self.wait()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None, "it was started"
        return self._process.pid

    @property
    def reason(self) -> str:
        """How it ended."""
        code = None if self._process is None else self._process.returncode
        return self._reason or (f"killed by {signal.Signals(-code).name}" if code and code < 0 else f"exit code {code}")

    def infer(self, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """See `Runtime.infer`.

        Raises:
            UnavailableError: the process ended, or was ended because it did not answer.
        """
        lane = self._lanes.get()
        if lane is None:
            self._lanes.put(None)  # the next one that waits shall hear of it, too
            raise self._lost()
        try:
            outputs = self._asked(lane, tensors)
        except VedetteError:
            self._give_back(lane)
            raise
        except TimeoutError:
            lane.close()
            self.end(f"it gave no answer within {self._hang_s:g} s and was killed")
            raise self._lost() from None
        except (EOFError, OSError):
            lane.close()
            raise self._lost() from None
        except BaseException:
            lane.close()  # nobody knows what comes next in it
            self.end()
            raise
        self._give_back(lane)
        return outputs

    def wait(self) -> None:
        """Return when it has ended."""
        if self._process is not None:
            self._process.wait()
            assert self._process.stdin is not None, "it was started with one"
            self._process.stdin.close()
        with self._giving:
            self._ended.set()
            with suppress(queue.Empty):
                while (lane := self._lanes.get_nowait()) is not None:
                    lane.close()
            self._lanes.put(None)

    def end(self, reason: str = "") -> None:
        """End it at once, for it has nothing to save; `wait` tells when it has ended."""
        self._reason = self._reason or reason
        if self._process is not None:
            self._process.kill()

    def _loaded(self, lane: Lane, order: Message) -> Message:
        try:
            lane.tell(order)
            answer = lane.hear(_LOAD_S)
        except TimeoutError:
            raise UnavailableError(f"the model's process did not load it within {_LOAD_S:g} s", help=_HELP) from None
        except (EOFError, OSError):
            with suppress(subprocess.TimeoutExpired):
                assert self._process is not None, "it was started"
                self._process.wait(_END_S)
            raise UnavailableError(
                f"the model's process ended while it loaded it ({self.reason})", help=_HELP
            ) from None
        assert isinstance(answer, dict), "a signature or an error"
        if error := answer.get("error"):
            raise error_of(error["kind"], error["message"], error["help"])
        signature: Message = answer["signature"]
        return signature

    def _asked(self, lane: Lane, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        lane.give(tensors)
        answer = lane.hear(self._hang_s)
        if isinstance(answer, dict):
            error = answer["error"]
            raise error_of(error["kind"], error["message"], error["help"])
        outputs = tuple(np.array(one) for one in answer)
        lane.clear()
        return outputs

    def _give_back(self, lane: Lane) -> None:
        with self._giving:
            if self._ended.is_set():
                lane.close()
            else:
                self._lanes.put(lane)

    def _lost(self) -> UnavailableError:
        self._ended.wait(_END_S)
        return UnavailableError(f"the model's process ended ({self.reason}) while it was at work", help=_HELP)


def _started(command: Sequence[str], pairs: Sequence[Pair]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the command is wiring's
            [*command, written(pairs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[descriptor for pair in pairs for descriptor in pair.descriptors],
            start_new_session=True,
        )
    except OSError as error:
        raise UnavailableError(f"the model's process cannot be started: {error}", help=_HELP) from None
    finally:
        for pair in pairs:
            pair.release()
