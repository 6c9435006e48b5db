"""Where a session writes what happened: rows in memory, handed on a batch at a time to whatever keeps them.

It also keeps bodies of answers to be judged after the run, within a bound: beyond it, every second request's body is
kept, then every fourth, and so on, so that those that are judged are spread evenly over the run.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vedette.flows.bench.target import Reply
from vedette.values.requests import DTYPES, Requests, Status

ANSWERS_BYTES = 64 * 1024 * 1024
_WIDTH = len(DTYPES)


class RequestSink(Protocol):
    """What keeps rows while a run goes on."""

    def append(self, requests: Requests) -> None:
        """Keep some more rows.

        Raises:
            ExhaustedError: the disk is full; what was kept before stays readable.
        """


class Recorder:
    """Rows and answers of one session.

    Attributes:
        reasons: the first reason in words for each status that is a failure.
    """

    def __init__(self, answers_bytes: int = ANSWERS_BYTES) -> None:
        self.reasons: dict[Status, str] = {}
        self._rows: list[tuple[int, ...]] = []
        self._drained = 0
        self._answers: dict[int, bytes] = {}
        self._kept_bytes, self._most_bytes, self._every = 0, answers_bytes, 1

    def __len__(self) -> int:
        return len(self._rows)

    def note(  # noqa: PLR0913 - one argument a column that a session knows
        self, repeat: int, client: int, image: int, *, warm_up: bool, scheduled: int, sent: int, done: int, reply: Reply
    ) -> None:
        """Write down one request."""
        number = len(self._rows)
        size = len(reply.body)
        self._rows.append((repeat, client, image, warm_up, scheduled, sent, done, int(reply.status), reply.code, size))
        if reply.status is not Status.OK:
            self.reasons.setdefault(reply.status, reply.reason)
        elif number % self._every == 0:
            self._keep(number, reply.body)

    def requests(self) -> Requests:
        """Every row so far."""
        return _table(self._rows)

    def drain(self, sink: RequestSink) -> None:
        """Hand the rows that are new to a sink."""
        fresh = self._rows[self._drained :]
        if fresh:
            self._drained += len(fresh)
            sink.append(_table(fresh))

    def answers(self) -> dict[int, bytes]:
        """Bodies that were kept, by the number of their row."""
        return dict(self._answers)

    def _keep(self, number: int, body: bytes) -> None:
        self._answers[number] = body
        self._kept_bytes += len(body)
        while self._kept_bytes > self._most_bytes and len(self._answers) > 1:
            self._every *= 2
            self._answers = {row: kept for row, kept in self._answers.items() if row % self._every == 0}
            self._kept_bytes = sum(map(len, self._answers.values()))


def _table(rows: list[tuple[int, ...]]) -> Requests:
    columns = zip(*rows, strict=True) if rows else [()] * _WIDTH
    return Requests(*(np.array(column, kind) for column, kind in zip(columns, DTYPES.values(), strict=True)))
