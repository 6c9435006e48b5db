"""What a comparison of two runs found: tests on their values, and a verdict from interleaved repeats.

Everything that is called a ratio here is a ratio of times, second over first: 1.05 says that the second takes 5 % more
time for the same work, so that the first is faster by 5 %. A throughput counts as its inverse, the time for one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.values.evidence import Estimate


class Metric(StrEnum):
    """What is compared: time from the schedule, time from the send, or right answers a second."""

    LATENCY = "latency"
    SERVICE = "service"
    THROUGHPUT = "throughput"


class Centre(StrEnum):
    """What stands for the times of one repeat: the mean of their logarithms, or the median."""

    MEAN = "mean"
    MEDIAN = "median"


class Word(StrEnum):
    """What is said of the first against the second."""

    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "undecided"


class TTestName(StrEnum):
    """STUDENT takes the variances as equal and pools them, WELCH does not."""

    STUDENT = "student"
    WELCH = "welch"


@dataclass(frozen=True, slots=True)
class Moments:
    """A sample as a t-test sees it.

    Attributes:
        mean: in the unit of the values.
        variance: of the sample, divisor n - 1, in the unit squared.
        count: values; not a whole number where autocorrelated values count as fewer independent ones.
    """

    mean: float
    variance: float
    count: float


@dataclass(frozen=True, slots=True)
class TTest:
    """A t-test of the hypothesis that two means differ by `hypothesized`; the columns of a spreadsheet's table.

    Attributes:
        name: Student's or Welch's.
        first, second: the samples.
        pooled_variance: the common variance (Student's); None for Welch's.
        hypothesized: mean of the first less mean of the second, as the hypothesis has it.
        df: degrees of freedom.
        t: the statistic; infinite where there is a difference and no variance.
        p_one_tail: chance of a t as far out on the same side; 1/2 for t = 0.
        critical_one_tail: beyond this |t| the one-tail chance is below `level`.
        p_two_tail: chance of a t as far out on either side.
        critical_two_tail: beyond this |t| the two-tail chance is below `level`.
        level: 0..1.
    """

    name: TTestName
    first: Moments
    second: Moments
    pooled_variance: float | None
    hypothesized: float
    df: float
    t: float
    p_one_tail: float
    critical_one_tail: float
    p_two_tail: float
    critical_two_tail: float
    level: float


@dataclass(frozen=True, slots=True)
class RankTest:
    """Mann and Whitney's test that neither sample tends to larger values.

    Attributes:
        u: pairs (one of the first, one of the second) in which the first is larger; ties count a half.
        z: standard score of `u`, without continuity correction; None where the chance is exact.
        p: chance of a `u` as far out on either side.
        first_count, second_count: values; not whole where autocorrelated ones count as fewer independent ones.
    """

    u: float
    z: float | None
    p: float
    first_count: float
    second_count: float


@dataclass(frozen=True, slots=True)
class Effect:
    """How large a difference is, whatever the number of values.

    Attributes:
        cohens_d: difference of the means in pooled standard deviations; None where these are 0.
        hedges_g: the same, freed of its bias in small samples.
        cliffs_delta: share of pairs in which the first is larger less the share in which it is smaller, -1..1.
    """

    cohens_d: float | None
    hedges_g: float | None
    cliffs_delta: float


@dataclass(frozen=True, slots=True)
class TestPair:
    """One test twice.

    Attributes:
        naive: as if every value were independent.
        effective: with autocorrelation counted, the one to believe.
    """

    __test__ = False  # pytest collects classes by this name

    naive: TTest
    effective: TTest


@dataclass(frozen=True, slots=True)
class SampleTests:
    """Two series held against each other, value by value.

    Attributes:
        subject: what the values are: latency, service, throughput, or the name of a feature.
        unit: of the values.
        student, welch: t-tests.
        rank: Mann-Whitney, with autocorrelation counted.
        rank_naive: the same as if every value were independent.
        effect: how large the difference is.
        sentence: what the tests say, for people.
    """

    subject: str
    unit: str
    student: TestPair
    welch: TestPair
    rank: RankTest
    rank_naive: RankTest
    effect: Effect
    sentence: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the repeats of two runs say of which is faster.

    Attributes:
        first, second: ids of the runs.
        metric, centre: what was compared.
        rounds: pairs of repeats that were used.
        first_value, second_value: geometric mean over the repeats, in ms or answers a second; None without any.
        ratio: time of the second over that of the first, with its interval; above 1 the first is faster.
        probability: that the first is faster: the one-sided confidence of Student's t on the differences of
            logarithms, which is also the posterior under flat priors of the mean and of the logarithm of the deviation.
        t, df: the statistic of these differences, and its degrees of freedom.
        p: two-tailed chance of such differences if neither were faster.
        p_corrected: the same after Holm's correction for all comparisons made at once.
        family: how many comparisons were made at once.
        differences: logarithm of the ratio, round by round.
        word: faster, slower or undecided, of the first.
        reason: why it is undecided.
        notes: what else a reader must know.
    """

    first: str
    second: str
    metric: Metric
    centre: Centre
    rounds: int
    first_value: float | None
    second_value: float | None
    ratio: Estimate
    probability: float | None
    t: float | None
    df: float | None
    p: float | None
    p_corrected: float | None
    family: int
    differences: tuple[float, ...]
    word: Word
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correlation:
    """How two series go together; an association, never a cause.

    Attributes:
        name: of the feature that is held against the times.
        count: pairs of values.
        effective_count: independent pairs that they are worth.
        pearson, spearman: coefficients, -1..1; None where one of the series is constant.
        pearson_p, spearman_p: two-tailed chances of such coefficients without any association.
        pearson_corrected, spearman_corrected: the same after Holm's correction over all features.
    """

    name: str
    count: int
    effective_count: float
    pearson: float | None
    pearson_p: float | None
    pearson_corrected: float | None
    spearman: float | None
    spearman_p: float | None
    spearman_corrected: float | None


@dataclass(frozen=True, slots=True)
class FeatureImportance:
    """How much worse a forest predicts when one feature is shuffled.

    Attributes:
        name: of the feature.
        importance: growth of the mean squared error over trees that did not see the values, in shares of the variance
            of what is predicted; 0: no use of it, may be slightly negative by chance.
        deviation: standard error of it over the trees.
    """

    name: str
    importance: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Importances:
    """Which features go with the time of the first request, over many runs.

    Attributes:
        runs: how many.
        out_of_bag_r2: share of the variance that the forest predicts of runs it did not see; 0 or below: nothing.
        features: all that varied, the most important first.
        left_out: features that were absent in a run, or the same in all of them.
        sentence: what may be concluded, for people.
    """

    runs: int
    out_of_bag_r2: float
    features: tuple[FeatureImportance, ...]
    left_out: tuple[str, ...]
    sentence: str
