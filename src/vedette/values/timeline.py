"""When each stage worked on one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

Stage = Literal["acquire", "decode", "preprocess", "queue", "infer", "postprocess"]
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of work or of waiting, in nanoseconds of one clock."""

    stage: Stage
    start_ns: int
    end_ns: int

    def __post_init__(self) -> None:
        if self.end_ns < self.start_ns:
            raise ValueError(f"{self.stage} ends {self.start_ns - self.end_ns} ns before it starts")


@dataclass(frozen=True)
class Timeline:
    """The spans of one image. A stage may have several spans (tiles) and stages may overlap."""

    spans: tuple[Span, ...] = ()

    def add(self, *spans: Span) -> Timeline:
        """This timeline with more spans."""
        return Timeline(self.spans + spans)

    def milliseconds(self) -> Mapping[str, float]:
        """Per stage that took part its wall time, and `total`, in milliseconds.

        A stage counts from its first to its last stamp; `queue`, which lies between other stages, counts its waits
        together. So the stages of one untiled image sum to its total.
        """
        return self._milliseconds

    @cached_property
    def _milliseconds(self) -> dict[str, float]:
        first: dict[Stage, int] = {}
        last: dict[Stage, int] = {}
        for span in self.spans:
            stage, start, end = span.stage, span.start_ns, span.end_ns
            if stage not in first:
                first[stage], last[stage] = start, end
                continue
            first[stage] = min(first[stage], start)
            last[stage] = max(last[stage], end)
        result = {str(stage): (last[stage] - first[stage]) / 1e6 for stage in STAGES if stage in first}
        if "queue" in first:
            result["queue"] = _covered_ns([span for span in self.spans if span.stage == "queue"]) / 1e6
        if first:
            result["total"] = (max(last.values()) - min(first.values())) / 1e6
        return result

    def inference_ms(self, ended_ns: int) -> float:
        """Wall time from the decoded image to its results, which were there at `ended_ns`, in milliseconds.

        That is the inference time of studies of tiled images: cutting the tiles, predicting all, computing the results;
        without loading and decoding. Where several images are under way, it includes waiting for each other.
        """
        return (ended_ns - max(span.end_ns for span in self.spans if span.stage == "decode")) / 1e6


def _covered_ns(spans: Sequence[Span]) -> int:
    """The length of what the spans cover together; where they overlap it counts once."""
    stretches = sorted([(span.start_ns, span.end_ns) for span in spans])
    covered, reached = 0, stretches[0][0]
    for start, end in stretches:
        reached = max(start, reached)
        if end > reached:
            covered += end - reached
            reached = end
    return covered
