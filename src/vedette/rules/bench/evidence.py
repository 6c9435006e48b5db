"""What a verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.evidence import Summary
from vedette.values.run import ClientUse, Quality, RefereeReport
from vedette.values.trial import Introduction, Placement, TrialSpec


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the machine did meanwhile, shares 0..1; None where it could not be read, and `reason` says why.

    Attributes:
        steal: of the machine's time that its host took away.
        throttled: of the time that the CPU quota held the target's group back.
        others: of the machine's time used by neither target, client nor monitor.
        reason: why something is None.
    """

    steal: float | None
    throttled: float | None
    others: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a verdict rests on.

    Attributes:
        spec, introduction, placement: what was measured, and where the client ran.
        summary: the figures.
        client: what the generator cost.
        quality: whether answers were right.
        surroundings: what the machine did.
        planned: requests that were due; None where only time decided.
        faults: why a part ended early.
        little_gap: relative gap between the time under way that a gauge counted and that of the rows; None without any.
        unchecked: answers that came and were not held against the reference, for there were too many to keep.
        again_ratio: service time of images sent before, over that of the same images sent for the first time.
        referee: MLPerf LoadGen's own report.
    """

    spec: TrialSpec
    introduction: Introduction
    placement: Placement
    summary: Summary
    client: ClientUse
    quality: Quality
    surroundings: Surroundings
    planned: int | None
    faults: tuple[str, ...]
    little_gap: float | None
    unchecked: int
    again_ratio: float | None
    referee: RefereeReport | None
