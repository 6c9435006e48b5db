"""What one image teaches the models that it went through: how long such an image takes.

    work of the job's own, a share of each inference -> busy      start of the decoding -> last answer: latency

Admission and the order of the queue rest on it. What was wanted of an image, and its size, are not looked at. It knows
no request, and it decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.gather import Work
from vedette.flows.inference.postprocess import Delivery
from vedette.values.result import Failure


class Lesson:
    """Kept while an image is under way by the workers that it has in turn; told to its stations when it has ended."""

    def __init__(self, stations: Sequence[ImageStation]) -> None:
        self._stations = stations
        self._busy_ns, self._shares_ns = 0, [0] * len(stations)

    def worked(self, busy_ns: int) -> None:
        """A worker was at the image for so long, inference not counted; it is shared among the models evenly."""
        self._busy_ns += busy_ns

    def inferred(self, model: int, share_ns: int) -> None:
        """A row's share of an inference of model number `model`."""
        self._shares_ns[model] += share_ns

    def answered(self, work: Work, deliveries: Sequence[Delivery], ended_ns: int) -> None:
        """Count the image, and remember how long it took.

        Args:
            work: what was done of it.
            deliveries: the outcome of each model; one that failed teaches no time.
            ended_ns: when the last answer was made.
        """
        for model, (station, delivery) in enumerate(zip(self._stations, deliveries, strict=True)):
            if isinstance(delivery.outcome, Failure):
                station.statistics.failed(delivery.outcome.kind)
                continue
            station.statistics.served(delivery.outcome.timeline.milliseconds())
            busy_ns = self._busy_ns / len(self._stations) + self._shares_ns[model]
            station.knowledge.busy = station.knowledge.busy.after(busy_ns / 1e6)
            self._learn_latency(work, model, ended_ns)

    def too_late(self, work: Work, ended_ns: int) -> None:
        """An image that came too late teaches how long it took, too: else a deadline too short is never seen."""
        for model in range(len(self._stations)):
            self._learn_latency(work, model, ended_ns)

    def _learn_latency(self, work: Work, model: int, ended_ns: int) -> None:
        """From the start of the decoding to the end, of several models to the last answer of this one."""
        if len(self._stations) > 1 and work.spans[model]:
            ended_ns = max(span.end_ns for span in work.spans[model])
        knowledge = self._stations[model].knowledge
        knowledge.latency = knowledge.latency.after((ended_ns - work.decode.start_ns) / 1e6)
