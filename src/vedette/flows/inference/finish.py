"""The last step of an image in a stream: out of what every model said of it, one delivery a model."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from vedette.clock import Clock
from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.deliver import Finished
from vedette.flows.inference.gather import Work
from vedette.flows.inference.postprocess import Answering, Delivery, Seen, answer, fail
from vedette.flows.inference.preprocess import Preprocess
from vedette.flows.inference.runtime import Instance
from vedette.values.frame import Frame, Pixels
from vedette.values.timeline import Span, Timeline


class Finisher:
    """Any worker may call it; `whole` bounds how many images are decoded at the same time, those decoded anew too."""

    def __init__(
        self,
        instances: Sequence[Instance],
        asked: Answering,
        preprocess: Preprocess,
        whole: threading.BoundedSemaphore,
        clock: Clock,
    ) -> None:
        self._instances, self._asked, self._preprocess = instances, asked, preprocess
        self._whole, self._clock = whole, clock

    def __call__(self, work: Work) -> Finished:
        """Its deliveries, one a model; one that fails is a Failure and does not stop the others."""
        return Finished(work.arrival.ordinal, work.arrival.size_bytes, self._deliveries(work))

    def _deliveries(self, work: Work) -> tuple[Delivery, ...]:
        instances = range(len(self._instances))
        if work.pixels is not None or not self._preprocess.keep_pixels:
            return tuple(self._delivery(work, number, work.pixels) for number in instances)
        frame = _frame(work.arrival)
        with self._whole:
            try:
                pixels = self._preprocess.whole(frame)
            except Exception as error:  # noqa: BLE001 - one image must not stop the rest
                failure = Delivery(fail(work.arrival.id, frame.source, frame.index, error))
                return (failure,) * len(instances)
            return tuple(self._delivery(work, number, pixels) for number in instances)

    def _delivery(self, work: Work, number: int, pixels: Pixels | None) -> Delivery:
        arrival, frame = work.arrival, _frame(work.arrival)
        refused = work.errors[number]
        if refused is not None:
            return Delivery(fail(arrival.id, frame.source, frame.index, refused))
        try:
            rows = [answer for answer in work.answers[number] if answer is not None]
            waited = Span("queue", arrival.span.end_ns, work.prepared[0].start_ns)
            timeline = Timeline((arrival.span, waited, *work.prepared, *work.spans[number]))
            seen = Seen(arrival.id, frame, work.size, work.places[number], timeline, pixels)
            return answer(seen, self._instances[number], rows, self._asked, self._clock)
        except Exception as error:  # noqa: BLE001 - one answer must not stop the rest
            return Delivery(fail(arrival.id, frame.source, frame.index, error))


def _frame(arrival: Arrival) -> Frame:
    assert isinstance(arrival.item, Frame), "a rejected image has no work"
    return arrival.item
