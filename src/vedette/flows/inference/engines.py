"""The models of a stream at work: a batch of rows goes in, each row is read where its image waits for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from vedette.clock import Clock
from vedette.flows.inference.gather import Piece, Work
from vedette.flows.inference.infer import RowRunner
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.read import Read, Reader
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.values.timeline import Span


class Engines:
    """Any worker may call it: as many batches of a model run at once as it has streams."""

    def __init__(
        self,
        instances: Sequence[Instance],
        asked: Answering,
        class_ids: Sequence[frozenset[int] | None],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._runners = [RowRunner(instance, clock) for instance in instances]
        self._streams = [threading.Semaphore(instance.runtime.execution.streams) for instance in instances]
        self._readers = [
            Reader(instance.manifest, asked.threshold_for(instance.manifest), class_ids[number] if class_ids else None)
            for number, instance in enumerate(instances)
        ]

    def completed(self, number: int, pieces: Sequence[Piece]) -> list[Work]:
        """Run one batch and read it; gives the works whose last answer it brought."""
        clock = self._clock
        started = clock.now_ns()
        outputs: Sequence[tuple[Tensor, ...] | Exception]
        try:
            rows = [piece.row for piece in pieces]
            with self._streams[number]:
                outputs, span = self._runners[number](rows)
        except Exception as error:  # noqa: BLE001 - one batch must not stop the rest
            outputs, span = [error.with_traceback(None)] * len(pieces), Span("infer", started, clock.now_ns())
        complete = []
        for piece, output in zip(pieces, outputs, strict=True):
            read = self._read(number, piece, output)
            if piece.answered(number, read, span, Span("postprocess", span.end_ns, clock.now_ns())):
                complete.append(piece.work)
        return complete

    def _read(self, number: int, piece: Piece, output: tuple[Tensor, ...] | Exception) -> Read | Exception:
        if isinstance(output, Exception):
            return output
        try:
            return self._readers[number](output, piece.work.places[number][piece.number])
        except Exception as error:  # noqa: BLE001 - one answer must not stop the rest
            return error.with_traceback(None)
