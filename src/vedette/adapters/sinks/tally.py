"""Counts what passes: images done and failed, and the time of every stage, in bounded memory."""

from __future__ import annotations

from vedette.flows.inference.postprocess import Delivery
from vedette.rules.stats.histogram import LogHistogram
from vedette.values.result import Failure
from vedette.values.timeline import STAGES


class Tally:
    """How many outcomes were results, how many failures, and how long the stages took.

    `tiles` and `inference` (see `Result.inference_ms`) count the images that were cut.
    """

    def __init__(self) -> None:
        self.done = 0
        self.failed = 0
        self.tiles = 0
        self.inference = LogHistogram()
        self.stages = {stage: LogHistogram() for stage in (*STAGES, "total")}

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`."""
        if isinstance(delivery.outcome, Failure):
            self.failed += 1
            return
        self.done += 1
        for stage, milliseconds in delivery.outcome.timeline.milliseconds().items():
            self.stages[stage].add(milliseconds)
        if delivery.outcome.tiles > 1:
            self.tiles += delivery.outcome.tiles
            self.inference.add(delivery.outcome.inference_ms or 0.0)

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`."""
