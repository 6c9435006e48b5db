"""Waits for all that belongs to one image: its rows come back from its models in any order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.preprocess import Prepared, Row
from vedette.flows.inference.read import Read
from vedette.rules.vision.places import Place
from vedette.values.frame import Pixels, Size
from vedette.values.timeline import Span


@dataclass(slots=True)
class Work:
    """One image on its way through its models: what was made of it, and the answers as they come in.

    The rows themselves belong to the pieces that wait in batches: they are freed when their batch has run.
    """

    arrival: Arrival
    size: Size
    places: tuple[tuple[Place, ...], ...]
    pixels: Pixels | None
    prepared: tuple[Span, ...]
    answers: list[list[Read | None]] = field(init=False)
    errors: list[Exception | None] = field(init=False)
    spans: list[list[Span]] = field(init=False)
    _missing: int = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.answers = [[None] * len(placed) for placed in self.places]
        self.errors = [None] * len(self.places)
        self.spans = [[] for _ in self.places]
        self._missing = sum(len(placed) for placed in self.places)

    def gather(self, model: int, row: int, answer: Read | Exception, *spans: Span) -> bool:
        """Keep what model number `model` gave for a row; true for the caller who brought the last one missing."""
        ready = self.prepared[-1].end_ns
        with self._lock:
            assert self.answers[model][row] is None, "a model answers a row once"
            if isinstance(answer, Exception):
                self.errors[model] = answer
            else:
                self.answers[model][row] = answer
            self.spans[model] += (Span("queue", ready, max(ready, spans[0].start_ns)), *spans)
            self._missing -= 1
            return self._missing == 0


@dataclass(frozen=True, slots=True)
class Piece:
    """One row of one image, for one model."""

    work: Work
    number: int
    row: Row

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory."""
        return self.row.nbytes


def split(arrival: Arrival, prepared: Prepared) -> tuple[Work, list[list[Piece]]]:
    """The work on an image, and its pieces for each model."""
    work = Work(arrival, prepared.size, prepared.places, prepared.pixels, prepared.spans)
    return work, [[Piece(work, number, row) for number, row in enumerate(rows)] for rows in prepared.rows]
