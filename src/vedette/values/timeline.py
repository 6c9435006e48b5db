"""When each stage worked on one image."""

from __future__ import annotations

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
        """Per stage that took part the wall time from its first to its last stamp, and `total`, in milliseconds."""
        result: dict[str, float] = {}
        for stage in STAGES:
            spans = [span for span in self.spans if span.stage == stage]
            if spans:
                first, last = min(span.start_ns for span in spans), max(span.end_ns for span in spans)
                result[stage] = (last - first) / 1e6
        if self.spans:
            first, last = min(span.start_ns for span in self.spans), max(span.end_ns for span in self.spans)
            result["total"] = (last - first) / 1e6
        return result
