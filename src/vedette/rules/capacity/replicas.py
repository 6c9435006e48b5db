"""What so many replicas of one kind would do at a rate: the latencies that a simulation gives, over several runs.

    ReplicaKind, count, rate -> every setting that a server can be given -> runs with a seed each -> Expected(p50, p99)

A setting is what the server's configuration says: `max_batch` and `target_latency_ms`; its policy is made by the
server's own `policy_for`. A run has its own arrivals and its own paces of processes, so the spread over runs holds both
what chance does in one run and how one deployment differs from the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vedette.rules.batching.policy import BatchPolicy, policy_for
from vedette.rules.capacity.queueing import least_quantile
from vedette.rules.capacity.service_time import (
    BatchTimes,
    batch_times,
    durations,
    longer_after_idle,
    longest_times,
)
from vedette.rules.capacity.simulation import Routing, Servers, Trace, arrivals, simulate
from vedette.rules.stats.quantiles import nearest_rank
from vedette.values.curve import BatchCurve
from vedette.values.deadline import DeadlineClass
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment
from vedette.values.plan import Prediction
from vedette.values.profile import AfterIdle

P50, P99 = 0.5, 0.99
WINDOWS = (0.0, 0.25, 0.5, 1.0)
"""Windows that are tried, as shares of the longest time of a full batch."""

_ARRIVALS, _CHOICES = 2, 3
_KEPT, _NEAR = 2, 1.1
"""Settings that are simulated in full: so many at most, whose p99 in the short run is within a tenth of the best."""

_IMAGES_PER_REPLICA = 100


@dataclass(frozen=True, slots=True)
class ReplicaKind:
    """What one replica is: a server process with one model on a device of its own.

    Attributes:
        device: its kind.
        model: that it serves.
        profile: id of the profile behind the curve.
        curve: bytes in, result out, from batch 1 on.
        available: devices of this kind.
        max_batch: rows of a batch at most.
        request: seconds that an image takes beside its batch; None: not known, and not counted.
        after_idle: how much longer an image takes that finds the replica idle; empty: not known, and not counted.
    """

    device: DeviceKind
    model: str
    profile: str
    curve: BatchCurve
    available: int
    max_batch: int = 8
    request: Moment | None = None
    after_idle: tuple[AfterIdle, ...] = ()


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is simulated, and what is assumed of the proxy.

    Attributes:
        images: of a run; a tenth at the start does not count, until the queue is as usual.
        runs: with a seed each.
        screened: images of the one run by which settings are chosen that are worth the others.
        seed: of the first run.
        routing: who gets the next image.
        prepare_ns: from an arrival until its row waits, where the curve does not hold that time.
    """

    images: int = 10_000
    runs: int = 6
    screened: int = 3_000
    seed: int = 0
    routing: Routing = Routing.ROUND_ROBIN
    prepare_ns: int = 0

    def __post_init__(self) -> None:
        if self.runs < 2 or min(self.images, self.screened) < 1000:  # noqa: PLR2004 - a spread, and a p99
            raise ValueError(f"it takes 2 runs of 1000 images at least, got {self}")


@dataclass(frozen=True, slots=True)
class Judge:
    """What a p99 is compared with the goal by.

    `soft`: what a run stays below with `probability`. `hard`: the same, every batch taking the longest time that was
    seen. `relaxed` and `best-effort`: the mean over runs.
    """

    deadline: DeadlineClass = DeadlineClass.SOFT
    probability: float = 0.95


@dataclass(frozen=True, slots=True)
class Case:
    """So many replicas at a rate."""

    kind: ReplicaKind
    count: int
    rate_per_s: float
    judge: Judge = field(default_factory=Judge)
    effort: Effort = field(default_factory=Effort)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a server is told, and the policy that it makes of that."""

    max_batch: int
    target_latency_ms: float | None
    policy: BatchPolicy


@dataclass(frozen=True, slots=True)
class Expected:
    """What replicas would do at a rate.

    Attributes:
        count, rate_per_s: replicas, and images that arrive.
        setting: of each.
        p50_ms, p99_ms: mean over the runs, and the interval that holds another run of as many images with 95 %.
        judged_ms: the p99 that the goal is compared with.
        utilisation: share of the time in which a replica works.
        most_per_s: from which on the queue grows without end.
        bound_p99_ms: no policy does better.
    """

    count: int
    rate_per_s: float
    setting: Setting
    p50_ms: Prediction
    p99_ms: Prediction
    judged_ms: float
    utilisation: float
    most_per_s: float
    bound_p99_ms: float


def times_of(kind: ReplicaKind, judge: Judge, size: int = 0) -> BatchTimes:
    """Times of batches of 1 to `size` rows as the deadline class counts; without `size` of all that the server may run.

    Raises:
        UsageError: the curve does not begin at one row.
    """
    rows = size or max([1, *(point.batch for point in kind.curve.points if point.batch <= kind.max_batch)])
    of_class = longest_times if judge.deadline is DeadlineClass.HARD else batch_times
    return of_class(kind.curve, rows, kind.request)


def settings(kind: ReplicaKind) -> tuple[Setting, ...]:
    """Every setting that is worth trying, each policy once: for each `max_batch` no goal, and `WINDOWS`.

    None depends on the demand, so a plan never gets worse because a demand was eased.
    """
    found: dict[BatchPolicy, Setting] = {}
    for most in [point.batch for point in kind.curve.points if point.batch <= kind.max_batch]:
        full = policy_for(kind.curve, most)
        longest_ms = kind.curve.high_ms(full.size)
        assert longest_ms is not None, "the size is a point of the curve"
        targets = (None, *(longest_ms * (1 + share) for share in WINDOWS))
        for target in targets if full.size > 1 else targets[:1]:
            policy = policy_for(kind.curve, most, target)
            found.setdefault(policy, Setting(most, target, policy))
    return tuple(found.values())


def expected(case: Case) -> Expected | None:
    """The setting with the least p99, and what it gives; None where every queue would grow without end.

    All settings see one short run; the best few are then simulated in full.

    Raises:
        UsageError: the curve does not reach from one row to the largest batch.
    """
    stable = [one for one in settings(case.kind) if case.rate_per_s < _most_per_s(case, one)]
    if len(stable) > 1:
        short = replace(case.effort, images=case.effort.screened, runs=2)
        screened = [(_figures(_run(replace(case, effort=short), one, 0)).p99_ms, one) for one in stable]
        best = sorted(screened, key=lambda pair: pair[0])[:_KEPT]
        stable = [one for p99, one in best if p99 <= _NEAR * best[0][0]]
    return min((expected_with(case, one) for one in stable), key=lambda one: one.judged_ms, default=None)


def expected_with(case: Case, setting: Setting) -> Expected:
    """What one setting gives; it has no meaning where the rate reaches `most_per_s`, as it then grows with the run."""
    runs = [_figures(_run(case, setting, number)) for number in range(case.effort.runs)]
    p99s = [run.p99_ms for run in runs]
    soft = case.judge.deadline in (DeadlineClass.SOFT, DeadlineClass.HARD)
    return Expected(
        case.count,
        case.rate_per_s,
        setting,
        p50_ms=interval_of_run([run.p50_ms for run in runs]),
        p99_ms=interval_of_run(p99s),
        judged_ms=upper_of_run(p99s, case.judge.probability) if soft else math.fsum(p99s) / len(p99s),
        utilisation=math.fsum(run.utilisation for run in runs) / len(runs),
        most_per_s=_most_per_s(case, setting),
        bound_p99_ms=bound_p99_ms(case),
    )


def bound_p99_ms(case: Case) -> float:
    """A p99 that no policy goes below: the shortest batch; more where times are fixed and each queue is on its own.

    With several queues fed in turns a row may overtake those that came before it, so the bound of waiting holds for one
    replica only, and for random routing, where each replica is alone with its share of the rate.
    """
    times = times_of(case.kind, case.judge)
    alone = case.count == 1 or case.effort.routing is Routing.RANDOM
    if times.varies or not alone:
        return min(times.mean_s) * 1e3
    return least_quantile(case.rate_per_s / case.count, times.mean_s, share=P99) * 1e3


def interval_of_run(values: Sequence[float], confidence: float = 0.95) -> Prediction:
    """The mean, and the interval that holds the value of one more run: exp(m -+ t s sqrt(1 + 1/n)) of the logarithms.

    Logarithms, because quantiles of latencies lean to the right (Hahn and Meeker 1991, Statistical intervals, 4.7).
    """
    middle, reach = _logarithms(values, (1 + confidence) / 2)
    mean = math.fsum(values) / len(values)
    return Prediction(mean, min(mean, math.exp(middle - reach)), max(mean, math.exp(middle + reach)), confidence)


def upper_of_run(values: Sequence[float], probability: float) -> float:
    """What the value of one more run stays below with `probability`."""
    middle, reach = _logarithms(values, probability)
    return math.exp(middle + reach)


def _logarithms(values: Sequence[float], probability: float) -> tuple[float, float]:
    from scipy.special import stdtrit

    logs = np.log(values)
    reach = float(stdtrit(len(logs) - 1, probability)) * float(logs.std(ddof=1)) * math.sqrt(1 + 1 / len(logs))
    return float(logs.mean()), reach


@dataclass(frozen=True, slots=True)
class _Run:
    p50_ms: float
    p99_ms: float
    utilisation: float


def _most_per_s(case: Case, setting: Setting) -> float:
    """While rows wait the policy runs full batches, whatever is best."""
    size = setting.policy.size
    return case.count * size / times_of(case.kind, case.judge, size).mean_s[-1]


def _run(case: Case, setting: Setting, number: int) -> Trace:
    """One run. Gaps, choices and chances depend on the seed only: two cases differ by what is asked, not by chance."""
    effort, seed = case.effort, case.effort.seed + number
    images = max(effort.images, _IMAGES_PER_REPLICA * case.count)
    times = times_of(case.kind, case.judge, setting.policy.size)
    gaps = np.random.default_rng((seed, _ARRIVALS)).standard_exponential(images, method="inv")
    servers = Servers(
        setting.policy,
        durations(times, images, case.count, seed),
        case.count,
        routing=effort.routing,
        prepare_ns=effort.prepare_ns,
        idle=longer_after_idle(times, case.kind.after_idle),
    )
    choices: list[int] = []
    if effort.routing is Routing.RANDOM:
        uniform = np.random.default_rng((seed, _CHOICES)).random(images)
        choices = (uniform * case.count).astype(np.int64).tolist()
    return simulate(arrivals(gaps, case.rate_per_s), servers, choices)


def _figures(trace: Trace) -> _Run:
    counted = trace.latency_ns[len(trace.latency_ns) // 10 :] / 1e6
    return _Run(nearest_rank(counted, P50), nearest_rank(counted, P99), trace.utilisation)
