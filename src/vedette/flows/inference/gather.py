"""Waits for all that belongs to one image: the rows of an image come back from its models in any order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.preprocess import Prepared
from vedette.flows.inference.runtime import Tensor
from vedette.values.timeline import Span


@dataclass(slots=True)
class Work:
    """One image on its way through its models: what was made of it, and the answers as they come in."""

    arrival: Arrival
    prepared: Prepared
    outputs: list[tuple[Tensor, ...] | Exception | None] = field(init=False)
    spans: list[tuple[Span, ...]] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.outputs = [None] * len(self.prepared.rows)
        self.spans = [()] * len(self.prepared.rows)

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory."""
        return self.arrival.size_bytes + self.prepared.size_bytes

    def gather(self, model: int, outputs: tuple[Tensor, ...] | Exception, infer: Span) -> bool:
        """Keep what model number `model` gave; true for the caller who brought the last one missing."""
        ready = self.prepared.spans[-1].end_ns
        with self._lock:
            assert self.outputs[model] is None, "a model answers an image once"
            self.outputs[model] = outputs
            self.spans[model] = (Span("queue", ready, max(ready, infer.start_ns)), infer)
            return all(output is not None for output in self.outputs)
