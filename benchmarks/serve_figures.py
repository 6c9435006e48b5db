"""What is reckoned from the measurements of `benchmarks.serve`: pairs, goodput, loading, and the bars of the issue.

Nothing here starts, reads or waits: figures go in, figures come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.evidence import median_interval

LEAST_PAIRS = 9
"""Pairs that a full run has; fewer are a smoke test, and its bars say so."""

_OWN_WAY_SHARE = 0.75


class Verdict(StrEnum):
    """What became of a bar."""

    MET = "MET"
    MISSED = "MISSED"
    NOT_TESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the issue beside what was reached; `note` says what the figure is, or why there is none."""

    name: str
    wanted: str
    reached: float | None
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """One request of an open loop; instants are monotonic nanoseconds, `code` is the HTTP status or 0."""

    scheduled_ns: int
    sent_ns: int
    done_ns: int
    good: bool
    code: int


def at_least(name: str, wanted: float, reached: float | None, note: str = "") -> Bar:
    """A bar that the figure must reach from below."""
    if reached is None:
        return Bar(name, f">= {wanted:g}", None, Verdict.NOT_TESTED, note)
    return Bar(name, f">= {wanted:g}", reached, Verdict.MET if reached >= wanted else Verdict.MISSED, note)


def at_most(name: str, wanted: float, reached: float | None, note: str = "") -> Bar:
    """A bar that the figure must not exceed."""
    if reached is None:
        return Bar(name, f"<= {wanted:g}", None, Verdict.NOT_TESTED, note)
    return Bar(name, f"<= {wanted:g}", reached, Verdict.MET if reached <= wanted else Verdict.MISSED, note)


def above(name: str, wanted: float, reached: float | None, note: str = "") -> Bar:
    """A bar that the figure must exceed."""
    if reached is None:
        return Bar(name, f"> {wanted:g}", None, Verdict.NOT_TESTED, note)
    return Bar(name, f"> {wanted:g}", reached, Verdict.MET if reached > wanted else Verdict.MISSED, note)


def ratios(ours: Mapping[int, float], theirs: Mapping[int, float]) -> dict[str, float] | None:
    """The median of ours / theirs over the rounds that both have, with its interval; None without a common round."""
    common = sorted(ours.keys() & theirs.keys())
    pairs = [ours[number] / theirs[number] for number in common if theirs[number] > 0]
    return median_interval(pairs) if pairs else None


def differences(ours: Mapping[int, float], theirs: Mapping[int, float]) -> dict[str, float] | None:
    """The median of ours - theirs over the rounds that both have, with its interval; None without a common round."""
    pairs = [ours[number] - theirs[number] for number in sorted(ours.keys() & theirs.keys())]
    return median_interval(pairs) if pairs else None


def goodput(answers: Sequence[Answered], deadline_ns: int, left_cpu_s: float) -> float:
    """Right answers within the deadline for each CPU-second that the generator left.

    The deadline runs from the instant for which a request was scheduled, so that a generator or a queue that lags
    behind does not help.

    Raises:
        ValueError: the generator left nothing.
    """
    if left_cpu_s <= 0:
        raise ValueError(f"the generator left {left_cpu_s:g} CPU-seconds")
    return sum(one.good and one.done_ns - one.scheduled_ns <= deadline_ns for one in answers) / left_cpu_s


def rejections_ms(answers: Sequence[Answered]) -> list[float]:
    """How long each 503 took, in milliseconds from sending, ascending."""
    return sorted((one.done_ns - one.sent_ns) / 1e6 for one in answers if one.code == 503)  # noqa: PLR2004 - the status


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank).

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("no value has no quantile")
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


@dataclass(frozen=True, slots=True)
class Loading:
    """What loading a second model did to the first: p99 before and during it, and how long latencies stayed high."""

    before_p99_ms: float
    during_p99_ms: float
    load_s: float
    high_s: float
    failed: int

    @property
    def ratio(self) -> float:
        """p99 during / before."""
        return self.during_p99_ms / self.before_p99_ms


def loading(answers: Sequence[Answered], begun_ns: int, ended_ns: int, factor: float) -> Loading | None:
    """Compare the requests due before the loading with those due during it; None where one of both has no answer.

    Args:
        answers: of one run.
        begun_ns: when the loading was asked for.
        ended_ns: when it was answered.
        factor: latencies above this multiple of the p99 before count as high, until the last one of them is done.
    """
    good = [one for one in answers if one.good]
    before = [_latency_ms(one) for one in good if one.done_ns < begun_ns]
    during = [_latency_ms(one) for one in good if one.done_ns >= begun_ns and one.scheduled_ns <= ended_ns]
    if not before or not during:
        return None
    usual = quantile(before, 0.99)
    high = [one.done_ns for one in good if one.done_ns >= begun_ns and _latency_ms(one) > factor * usual]
    return Loading(
        usual,
        quantile(during, 0.99),
        (ended_ns - begun_ns) / 1e9,
        (max(high) - begun_ns) / 1e9 if high else 0.0,
        len(answers) - len(good),
    )


def _latency_ms(one: Answered) -> float:
    return (one.done_ns - one.scheduled_ns) / 1e6


def wrong(
    found: Sequence[tuple[int, float]], expected: Sequence[tuple[int, float]], *, exact: bool, tolerance: float = 0.02
) -> str | None:
    """What is wrong with the best class and score of every image; None if nothing is.

    Args:
        found: class and score of each image.
        expected: those of the reference, in the same order.
        exact: each class must be the reference's, and its score within `tolerance`; else three quarters of the classes,
            for a peer whose own preprocessing is part of it.
        tolerance: of a score.
    """
    same = [theirs[0] == ours[0] for theirs, ours in zip(found, expected, strict=True)]
    if not exact:
        enough = sum(same) >= _OWN_WAY_SHARE * len(same)
        return None if enough else f"top-1 of {sum(same)} of {len(same)} images is the reference's"
    if not all(same):
        image = same.index(False)
        return f"image {image}: class {found[image][0]} instead of {expected[image][0]}"
    apart = max(abs(theirs[1] - ours[1]) for theirs, ours in zip(found, expected, strict=True))
    return None if apart <= tolerance else f"a score is {apart:.3f} from the reference's"
