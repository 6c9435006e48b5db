"""When each stage worked on one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Timeline:
    """The spans of one image. A stage may have several spans (tiles) and stages may overlap."""

    spans: tuple[Span, ...] = ()

    def add(self, *spans: Span) -> Timeline:
        """This timeline with more spans."""
        return Timeline(self.spans + spans)

    def milliseconds(self) -> dict[str, float]:
        """Per stage that took part its wall time, and `total`, in milliseconds.

        A stage counts from its first to its last stamp; `queue`, which lies between other stages, counts its waits
        together. So the stages of one untiled image sum to its total.
        """
        result: dict[str, float] = {}
        for stage in STAGES:
            spans = [span for span in self.spans if span.stage == stage]
            if spans:
                result[stage] = (_covered_ns(spans) if stage == "queue" else _extent_ns(spans)) / 1e6
        if self.spans:
            result["total"] = _extent_ns(self.spans) / 1e6
        return result

    def inference_ms(self, ended_ns: int) -> float:
        """Wall time from the decoded image to its results, which were there at `ended_ns`, in milliseconds.

        That is the inference time of studies of tiled images: cutting the tiles, predicting all, computing the results;
        without loading and decoding. Where several images are under way, it includes waiting for each other.
        """
        return (ended_ns - max(span.end_ns for span in self.spans if span.stage == "decode")) / 1e6


def _extent_ns(spans: Sequence[Span]) -> int:
    return max(span.end_ns for span in spans) - min(span.start_ns for span in spans)


def _covered_ns(spans: Sequence[Span]) -> int:
    """The length of what the spans cover together; where they overlap it counts once."""
    covered, reached = 0, min(span.start_ns for span in spans)
    for span in sorted(spans, key=lambda span: span.start_ns):
        covered += max(0, span.end_ns - max(span.start_ns, reached))
        reached = max(reached, span.end_ns)
    return covered
