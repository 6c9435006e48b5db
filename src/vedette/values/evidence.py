"""What was concluded from a run: estimates with intervals, checks, a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the interval that holds the truth with `confidence`; all None where the sample cannot support it.

    Attributes:
        value: the figure.
        low, high: ends of the interval; None where only the figure can be told.
        confidence: 0..1.
        reason: why there is no figure or no interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A sample of times in milliseconds: extremes, quartiles, mean and tail; quantiles are nearest rank.

    Attributes:
        count: values.
        total_ms: their sum.
        minimum, quartile_1, median, quartile_3, maximum, mean: estimates in ms.
        deviation_ms: sample standard deviation (n - 1); None below two values.
        percentiles: (50, 90, 95, 99, 99.9) with their estimates in ms; a value of None where the sample is too small.
        effective_count: independent values that are worth as much, after autocorrelation.
    """

    count: int
    total_ms: float
    minimum: float
    quartile_1: float
    median: Estimate
    quartile_3: float
    maximum: float
    mean: Estimate
    deviation_ms: float | None
    percentiles: tuple[tuple[float, Estimate], ...]
    effective_count: float


@dataclass(frozen=True, slots=True)
class Cuts:
    """Which requests of a repeat count: `warm_up` and `cool_down` are how many of those sent are left out at the ends.

    Attributes:
        warm_up: requests at the start that MSER-5 found not yet steady.
        warm_up_s: how long they took, from the first scheduled time.
        cool_down: requests at the end, when clients no longer all send.
        cool_down_s: how long that lasted.
        reason: where nothing could be cut, why.
    """

    warm_up: int
    warm_up_s: float
    cool_down: int
    cool_down_s: float
    reason: str = ""


class State(StrEnum):
    """Outcome of one check: FAIL makes a run INVALID, WARN does not, SKIPPED does not apply (the sentence says why)."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: what was found, the limit, and a sentence for people."""

    name: str
    state: State
    sentence: str
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a run may be quoted, and every check with its reason."""

    checks: tuple[Check, ...]

    @property
    def valid(self) -> bool:
        """No check failed."""
        return all(check.state is not State.FAIL for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences of the checks that failed."""
        return tuple(check.sentence for check in self.checks if check.state is State.FAIL)


@dataclass(frozen=True, slots=True)
class RepeatSummary:
    """The figures of one repeat, of the requests that count (after the cuts, answered rightly).

    Attributes:
        repeat: its number.
        seed: of its schedule.
        cuts: what was left out.
        latency: from the scheduled time.
        service: from the send.
        throughput: right answers a second, with the interval of a block bootstrap where there are enough.
        in_flight: mean number of requests under way, measured over time (the L of Little's law).
        little_gap: |L - lambda W| / L; None without a request.
        slope: growth of the backlog in requests a second, with its interval; None for closed loops.
        stationary: None where the sample is too small to tell.
        lateness_p99_ms: of the generator; None for closed loops.
    """

    repeat: int
    seed: int
    cuts: Cuts
    latency: Distribution | None
    service: Distribution | None
    throughput: Estimate
    in_flight: float
    little_gap: float | None
    slope: Estimate | None
    stationary: bool | None
    lateness_p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a run: of all its repeats together, and of each.

    Attributes:
        sent: requests that count or were cut, without the declared warm-up.
        failed: by name of the status, how many; none is left out.
        latency, service: of the requests that count, all repeats pooled; None where none was answered.
        throughput: mean of the repeats.
        first_ten_ms: service times of the first ten requests of the first repeat, in order, before any cut;
            None for one that failed.
        repeats: each repeat.
    """

    sent: int
    failed: tuple[tuple[str, int], ...]
    latency: Distribution | None
    service: Distribution | None
    throughput: Estimate
    first_ten_ms: tuple[float | None, ...]
    repeats: tuple[RepeatSummary, ...]
