"""Hands: threads of their own for one piece of the operator's code, so that no worker of the crew waits for it.

    errand -> queue -> a hand calls it -> the crew goes on with the answer
    its time is over meanwhile         -> the crew goes on with a DeadlineError; the hand is lost until it comes back

A thread cannot be ended from outside. A hand that is lost is replaced, so that other images go on, until `MOST_LOST`
are; then the code is refused at once. Code that is called one at a time is not called beside a lost hand.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vedette.errors import DeadlineError, UnavailableError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.ticket import BEGUN

_log = logging.getLogger(__name__)

MOST_LOST = 16
"""Calls that may be under way beyond their time."""

LIMIT_S = 30.0
"""Time of one call where no deadline says less."""


@dataclass(slots=True, eq=False)
class Errand:
    """One call of own code.

    Attributes:
        work: called by a hand.
        then: called by the crew, once, with what the work gave, or why there is nothing.
        until_ns: the caller's deadline; None without one.
        under_way: holds the name of the code until it has come back, for whoever must tell what was waited for.
    """

    work: Callable[[], Any]
    then: Callable[[Any], None]
    until_ns: int | None = None
    under_way: list[str] = field(default_factory=list)
    begun: bool = False
    over: bool = False


class Hands:
    """The threads of one piece of own code; they are started when they are needed.

    Args:
        place: `module:Class`.
        threads: at once at most, as its class says; None: one for each worker of the crew.
        limit_s: time of one call where no deadline says less.
    """

    def __init__(self, place: str, threads: int | None = None, limit_s: float = LIMIT_S) -> None:
        self.place = place
        self._threads, self._limit_ns = threads, round(limit_s * 1e9)
        self._changed = threading.Condition(threading.Lock())
        self._queue: deque[Errand] = deque()
        self._hands, self._idle, self._lost = 0, 0, 0
        self._closed = False

    @property
    def lost(self) -> int:
        """Calls that are under way beyond their time."""
        return self._lost

    def start(self, errand: Errand, crew: Crew) -> None:
        """Let a hand do it (any thread); `errand.then` is called by the crew."""
        now_ns = crew.clock.now_ns()
        limit_ns = now_ns + self._limit_ns
        until_ns = limit_ns if errand.until_ns is None else min(errand.until_ns, limit_ns)
        with self._changed:
            refused = self._refusal()
            if refused is None:
                errand.under_way.append(self.place)
                self._queue.append(errand)
                self._call_hand(crew)
        if refused is not None:
            crew.put(BEGUN, partial(errand.then, refused))
            return
        crew.put_at(until_ns, partial(self._late, errand, (until_ns - now_ns) / 1e6, crew))

    def close(self) -> None:
        """Let the hands end when they come back; what is queued is not done any more."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()

    def _refusal(self) -> UnavailableError | None:
        if self._closed:
            return UnavailableError(f"the model of own code {self.place} has been unloaded", help="send it again")
        if self._lost < (self._threads or MOST_LOST):
            return None
        return UnavailableError(
            f"own code {self.place} is not called any more: {self._lost} calls have not come back",
            help="correct the code and restart the server; a thread cannot be ended from outside",
        )

    def _call_hand(self, crew: Crew) -> None:
        """See to it that a hand takes what is queued, if one more may be at work (with the lock)."""
        if self._idle >= len(self._queue):
            self._changed.notify()
        elif self._hands < self._most(crew):
            self._hands += 1
            name = f"vedette-own-{self.place}"
            threading.Thread(target=self._work, args=(crew,), name=name, daemon=True).start()

    def _most(self, crew: Crew) -> int:
        return self._threads or crew.workers + self._lost

    def _work(self, crew: Crew) -> None:
        more = True
        while more and (errand := self._next()) is not None:
            found = _done(errand.work)
            then, more = self._back(errand, crew)
            if then is not None:
                crew.put(BEGUN, partial(then, found))
            del errand, found, then  # and with them what they hold

    def _next(self) -> Errand | None:
        with self._changed:
            while not self._closed:
                while self._queue:
                    errand = self._queue.popleft()
                    if not errand.over:
                        errand.begun = True
                        return errand
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            self._hands -= 1
            return None

    def _back(self, errand: Errand, crew: Crew) -> tuple[Callable[[Any], None] | None, bool]:
        """A hand has come back: what goes on with its answer, None if that is too late; and whether it is needed."""
        then = None
        with self._changed:
            in_time = not errand.over
            if in_time:
                then = self._end(errand)
                errand.under_way.remove(self.place)
            else:
                self._lost -= 1
            needed = self._hands <= self._most(crew)
            self._hands -= 0 if needed else 1
        if not in_time:
            _log.warning("own code %s has come back, too late", self.place)
        return then, needed

    def _late(self, errand: Errand, waited_ms: float, crew: Crew) -> None:
        with self._changed:
            if errand.over:
                return
            then, begun = self._end(errand), errand.begun
            if begun:
                self._lost += 1
                if self._queue:
                    self._call_hand(crew)
        if begun:
            _log.error("own code %s has not come back within %.0f ms; its thread is left behind", self.place, waited_ms)
        then(late(self.place, waited_ms, begun=begun))

    def _end(self, errand: Errand) -> Callable[[Any], None]:
        """The errand is over; what it holds is let go, because the crew's list of instants still has it."""
        then = errand.then
        errand.over, errand.work, errand.then = True, _nothing, _nothing
        return then


def _nothing(*_: object) -> None:
    """What an errand that is over still does."""


def _done(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whoever asked for it hears of it
        return error.with_traceback(None)


def late(place: str, waited_ms: float, *, begun: bool = True) -> DeadlineError:
    """The error that tells of own code that took too long, or was not free in time."""
    what = "has not come back" if begun else "was at work on other images, and not free,"
    return DeadlineError(
        f"own code {place} {what} within {waited_ms:.0f} ms",
        help="allow more time; if it happens again, look for an endless loop or a lock in it",
    )
