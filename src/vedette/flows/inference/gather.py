"""Waits for all that belongs to one image: its rows come back from its models in any order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.read import Read
from vedette.rules.vision.places import Place
from vedette.values.frame import Pixels, Size
from vedette.values.timeline import Span


@dataclass(slots=True)
class Work:
    """One image on its way through its models: what was made of it, and the answers as they come in.

    Rows belong to the pieces that wait in batches: they are freed when their batch has run. `rows_made_ns` is when the
    last row so far was ready.
    """

    arrival: Arrival
    size: Size
    places: tuple[tuple[Place, ...], ...]
    pixels: Pixels | None
    decode: Span
    rows_made_ns: int = field(init=False)
    answers: list[list[Read | None]] = field(init=False)
    errors: list[Exception | None] = field(init=False)
    spans: list[list[Span]] = field(init=False)
    _missing: int = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.rows_made_ns = self.decode.end_ns
        self.answers = [[None] * len(placed) for placed in self.places]
        self.errors = [None] * len(self.places)
        self.spans = [[] for _ in self.places]
        self._missing = sum(len(placed) for placed in self.places)

    @property
    def prepared(self) -> tuple[Span, Span]:
        """When it was decoded and when its rows were made."""
        return self.decode, Span("preprocess", self.decode.end_ns, self.rows_made_ns)

    def gather(self, model: int, row: int, answer: Read | Exception, *spans: Span) -> bool:
        """Keep what model number `model` gave for a row; true for the caller who brought the last one missing."""
        with self._lock:
            assert self.answers[model][row] is None, "a model answers a row once"
            if isinstance(answer, Exception):
                self.errors[model] = answer
            else:
                self.answers[model][row] = answer
            self.spans[model] += spans
            self._missing -= 1
            return self._missing == 0


@dataclass(frozen=True, slots=True)
class Piece:
    """One row of one image, for one model, and when it was ready."""

    work: Work
    number: int
    row: Row
    ready_ns: int

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory."""
        return self.row.nbytes

    def answered(self, model: int, answer: Read | Exception, infer: Span, *spans: Span) -> bool:
        """Give the answer to the work, with the wait for it; true if it was the last one missing."""
        waited = Span("queue", self.ready_ns, max(self.ready_ns, infer.start_ns))
        return self.work.gather(model, self.number, answer, waited, infer, *spans)
