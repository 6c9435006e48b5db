"""What happened to every request of a run, a column a fact.

Times are nanoseconds of the machine's monotonic clock (`Clock.now_ns`), the same that the monitor's samples carry.
`scheduled` is when a request was due; `sent` when it went out; `done` when its answer was whole or it failed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


class Status(IntEnum):
    """How a request ended; every one but OK is a failure."""

    OK = 0
    REFUSED = 1
    RESET = 2
    TIMEOUT = 3
    HTTP_ERROR = 4
    REDIRECT = 5
    GARBAGE = 6
    WRONG = 7
    ERROR = 8
    UNFINISHED = 9


@dataclass(frozen=True, slots=True)
class Requests:
    """Columns of equal length, in the order of `repeat`, then `scheduled`.

    Attributes:
        repeat: number of the repeat, int32.
        client: which client sent it (closed loops), 0 elsewhere, int32.
        image: index of the image that was sent, int32.
        warm_up: it was sent before those that count, bool.
        scheduled, sent, done: int64 nanoseconds.
        status: `Status`, int8.
        code: HTTP status or 0, int16.
        answer_bytes: length of the answer's body, int64.
    """

    repeat: Column
    client: Column
    image: Column
    warm_up: Column
    scheduled: Column
    sent: Column
    done: Column
    status: Column
    code: Column
    answer_bytes: Column

    def __post_init__(self) -> None:
        assert len({len(getattr(self, field.name)) for field in fields(self)}) == 1, "columns differ in length"

    def __len__(self) -> int:
        return len(self.scheduled)

    @property
    def ok(self) -> Column:
        """Which requests got a right answer, bool."""
        return np.asarray(self.status == Status.OK)

    @property
    def latency_ms(self) -> Column:
        """From the scheduled time to the end of the answer, float64."""
        return np.asarray((self.done - self.scheduled) / 1e6)

    @property
    def service_ms(self) -> Column:
        """From the send to the end of the answer, float64."""
        return np.asarray((self.done - self.sent) / 1e6)

    @property
    def lateness_ms(self) -> Column:
        """How much later than scheduled a request was sent, float64."""
        return np.asarray((self.sent - self.scheduled) / 1e6)

    def ordered(self) -> Self:
        """The rows in the order of repeat, then scheduled; a recorder has them in the order of their answers."""
        return self.where(np.lexsort((self.scheduled, self.repeat)))

    def where(self, chosen: Column) -> Self:
        """The rows of a mask or of indices."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))


DTYPES = {
    "repeat": np.int32,
    "client": np.int32,
    "image": np.int32,
    "warm_up": np.bool_,
    "scheduled": np.int64,
    "sent": np.int64,
    "done": np.int64,
    "status": np.int8,
    "code": np.int16,
    "answer_bytes": np.int64,
}
"""The types of the columns, by name."""


def joined(parts: list[Requests]) -> Requests:
    """The rows of several tables, one below the other."""
    return Requests(
        *(
            np.concatenate([getattr(part, name) for part in parts] or [np.empty(0, kind)]).astype(kind)
            for name, kind in DTYPES.items()
        )
    )
