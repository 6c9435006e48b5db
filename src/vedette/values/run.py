"""A stored run: what was asked, where, what came out, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.environment import Environment
from vedette.values.evidence import Summary, Verdict
from vedette.values.reading import Samples
from vedette.values.requests import Requests
from vedette.values.trial import Introduction, TrialSpec


@dataclass(frozen=True, slots=True)
class Quality:
    """How answers agreed with the reference: of `checked` answers, shares 0..1 by metric; None without a reference."""

    reference: str | None
    checked: int
    shares: tuple[tuple[str, float], ...]
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefereeReport:
    """What MLPerf LoadGen said of the same run: its verdict and the figures of its summary, by its own names."""

    name: str
    valid: bool
    reasons: tuple[str, ...]
    figures: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """One step of a search for the peak rate: what was tried, what came out."""

    rate: float
    held: bool
    p99_ms: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class ClientUse:
    """What the generator itself cost: CPU seconds over wall seconds, all repeats, and requests sent."""

    cpu_s: float
    wall_s: float
    requests: int


@dataclass(frozen=True, slots=True)
class Run:
    """The document of a run; the tables of requests and samples lie beside it.

    Attributes:
        id: unique: date, time and the start of the hash of the spec.
        started: wall time in UTC, ISO 8601.
        campaign: runs that were interleaved with each other share it; None for a run on its own.
        order: position of each repeat within its campaign, in the order they were run.
        spec: what was asked.
        environment: where.
        introduction: what the target told of itself.
        summary: figures.
        verdict: what they are worth.
        quality: whether answers were right.
        client: what the generator cost.
        referee: MLPerf LoadGen's own report.
        probes: steps of a search for the peak rate.
        notes: what else a reader must know (a fault, a reason why something is missing).
        cold_start_s: from the start of the server's process to its first right answer; None where Vedette did not start
            it.
    """

    id: str
    started: str
    campaign: str | None
    order: tuple[int, ...]
    spec: TrialSpec
    environment: Environment
    introduction: Introduction
    summary: Summary
    verdict: Verdict
    quality: Quality
    client: ClientUse
    referee: RefereeReport | None = None
    probes: tuple[Probe, ...] = ()
    notes: tuple[str, ...] = ()
    cold_start_s: float | None = None


@dataclass(frozen=True, slots=True)
class RunData:
    """A run with its tables; `samples` is None where nothing was monitored."""

    run: Run
    requests: Requests
    samples: Samples | None
