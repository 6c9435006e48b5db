"""Runs that were made up, so that what is done with a run can be tested without measuring: `made_run(mean_ms=12.0)`.

The requests are drawn from a seed, the figures are reckoned from them by plain means (nearest rank, normal intervals of
the means of repeats), and every part of `values.run` is filled.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np

from vedette.values.environment import Environment
from vedette.values.evidence import (
    Check,
    Cuts,
    Distribution,
    Estimate,
    RepeatSummary,
    State,
    Summary,
    Verdict,
)
from vedette.values.host import Host
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples
from vedette.values.requests import DTYPES, Requests, Status, joined
from vedette.values.run import ClientUse, Quality, Run, RunData
from vedette.values.tensor import TensorSpec
from vedette.values.trial import (
    Inputs,
    Introduction,
    Placement,
    QualityTarget,
    Scope,
    TargetKind,
    TargetSpec,
    TrialSpec,
)
from vedette.values.workload import Load, LoadKind, Order

START_NS = 1_000_000_000_000
"""When the first request of a made run was due."""

PERCENTS = (50.0, 90.0, 95.0, 99.0, 99.9)
LEAST = {50.0: 6, 90.0: 36, 95.0: 73, 99.0: 368, 99.9: 3688}
"""Below these sizes a percentile has no interval on both sides, and a made distribution refuses it."""


def made_requests(
    *,
    repeats: int = 5,
    count: int = 200,
    mean_ms: float = 10.0,
    rate: float = 50.0,
    seed: int = 0,
    order: tuple[int, ...] | None = None,
    warm_up: int = 0,
    failed: int = 0,
    images: int = 8,
    spread: float = 0.25,
) -> Requests:
    """Requests of an open loop: due evenly, sent a little late, answered after a gamma-distributed time.

    Args:
        repeats: how many repeats.
        count: requests of each repeat that count (the declared warm-up comes before them).
        mean_ms: mean service time.
        rate: requests a second.
        seed: of everything that is drawn.
        order: place of each repeat in its campaign: where it lies in time; one after the other if None.
        warm_up: declared warm-up requests before each repeat.
        failed: requests at the end of each repeat that were refused.
        images: how many images are sent in turn.
        spread: standard deviation of the service time over its mean.
    """
    rng = np.random.default_rng(seed)
    places = order if order is not None else tuple(range(repeats))
    each = warm_up + count
    slot_ns = int((each / rate + 1.0) * 1e9)
    place = np.repeat(np.asarray(places, np.int64), each)
    number = np.tile(np.arange(each, dtype=np.int64), repeats)
    scheduled = START_NS + place * slot_ns + (number * (1e9 / rate)).astype(np.int64)
    sent = scheduled + rng.exponential(0.05e6, len(scheduled)).astype(np.int64)
    shape = 1.0 / spread**2
    done = sent + (rng.gamma(shape, mean_ms / shape, len(scheduled)) * 1e6).astype(np.int64)
    refused = number >= each - failed
    columns = {
        "repeat": np.repeat(np.arange(repeats), each),
        "client": np.zeros(len(scheduled)),
        "image": number % images,
        "warm_up": number < warm_up,
        "scheduled": scheduled,
        "sent": sent,
        "done": done,
        "status": np.where(refused, int(Status.REFUSED), int(Status.OK)),
        "code": np.where(refused, 0, 200),
        "answer_bytes": np.where(refused, 0, 512),
    }
    return Requests(**{name: columns[name].astype(kind) for name, kind in DTYPES.items()})


def made_samples(requests: Requests, *, hz: float = 10.0, seed: int = 0) -> Samples:
    """Six features over the time of the requests, one of them slow, a counter and high-water marks among them."""
    rng = np.random.default_rng(seed)
    first, last = int(requests.scheduled.min()), int(requests.done.max())
    at = np.arange(first - 200_000_000, last + 200_000_000, int(1e9 / hz), dtype=np.int64)
    busy = rng.uniform(40.0, 60.0, len(at))
    pss = 180e6 + rng.uniform(0.0, 1e6, len(at))
    pss[np.arange(len(at)) % 5 != 0] = np.nan
    columns = {
        "system.cpu.busy": busy,
        "system.cpu.steal": np.zeros(len(at)),
        "system.cpu.frequency.mean": rng.normal(2900.0, 20.0, len(at)),
        "system.memory.available": 6e9 - rng.uniform(0.0, 1e7, len(at)),
        "process.server.cpu_time": np.cumsum(busy) / 100.0 / hz,
        "process.server.pss": pss,
    }
    return Samples(
        at_ns=at,
        took_ns=rng.integers(200_000, 400_000, len(at)),
        columns=columns,
        features=_FEATURES,
        absences=(Absence("energy.rapl", "this machine has no /sys/class/powercap"),),
        peaks={"process.server.peak_rss": 210e6},
        cpu_s=0.001 * len(at),
    )


_FEATURES = (
    Feature("system.cpu.busy", "%", "/proc/stat", "share of all cores", Pace.FAST, Reckoning.GAUGE),
    Feature("system.cpu.steal", "%", "/proc/stat", "time taken by the host", Pace.FAST, Reckoning.GAUGE),
    Feature("system.cpu.frequency.mean", "MHz", "cpufreq", "mean of the cores", Pace.FAST, Reckoning.GAUGE),
    Feature("system.memory.available", "B", "/proc/meminfo", "free for programs", Pace.FAST, Reckoning.GAUGE),
    Feature("process.server.cpu_time", "s", "/proc/PID/stat", "CPU time of the server", Pace.FAST, Reckoning.COUNTER),
    Feature("process.server.pss", "B", "/proc/PID/smaps_rollup", "proportional memory", Pace.SLOW, Reckoning.GAUGE),
)


def made_run(
    *,
    id: str = "20260102-030405-0a1b2c3d",  # noqa: A002 - the field's name
    campaign: str | None = None,
    repeats: int = 5,
    mean_ms: float = 10.0,
    seed: int = 0,
    count: int = 200,
    rate: float = 50.0,
    order: tuple[int, ...] | None = None,
    warm_up: int = 0,
    failed: int = 0,
    monitored: bool = True,
    server: str = "image-server 1.0",
    notes: tuple[str, ...] = (),
    checks: tuple[Check, ...] | None = None,
    spread: float = 0.25,
) -> RunData:
    """A whole run with its tables. Other fields are changed with `dataclasses.replace`.

    Args:
        id: of the run.
        campaign: of the run; give `order` too, as (0, 2, 4, 6, 8) and (1, 3, 5, 7, 9) for two runs in turn.
        repeats: how many repeats.
        mean_ms: mean service time.
        seed: of everything that is drawn; also the seed of the spec.
        count: requests of a repeat that count.
        rate: requests a second.
        order: place of each repeat in its campaign.
        warm_up: declared warm-up requests of each repeat.
        failed: requests at the end of each repeat that were refused.
        monitored: whether there are samples.
        server: name and version that the target told.
        notes: of the run.
        checks: of the verdict; None: all that apply passed, one warning.
        spread: standard deviation of the service time over its mean.
    """
    places = order if order is not None else tuple(range(repeats))
    requests = made_requests(
        repeats=repeats,
        count=count,
        mean_ms=mean_ms,
        rate=rate,
        seed=seed,
        order=places,
        warm_up=warm_up,
        failed=failed,
        spread=spread,
    )
    run = Run(
        id=id,
        started="2026-01-02T03:04:05+00:00",
        campaign=campaign,
        order=places,
        spec=made_spec(rate=rate, count=count, repeats=repeats, seed=seed, warm_up=warm_up),
        environment=made_environment(),
        introduction=Introduction(
            Scope.IMAGE, server, "classifier 1", (TensorSpec("images", "FP32", (1, 3, 224, 224)),), 4242
        ),
        summary=made_summary(requests, repeats=repeats, seed=seed),
        verdict=Verdict(MADE_CHECKS if checks is None else checks),
        quality=Quality("reference.jsonl", 100, (("top1", 0.995),)),
        client=ClientUse(cpu_s=1.0, wall_s=(warm_up + count) * repeats / rate, requests=(warm_up + count) * repeats),
        notes=notes,
    )
    return RunData(run, requests, made_samples(requests, seed=seed) if monitored else None)


MADE_CHECKS = (
    Check("lateness", State.PASS, "the generator sent 0.2 ms late at its 99th percentile, the limit is 5 ms", 0.2, 5.0),
    Check("client-cpu", State.PASS, "the generator used 0.10 of a core, the limit is 0.80", 0.1, 0.8),
    Check("failures", State.PASS, "no request failed", 0.0, 0.01),
    Check("stationary", State.WARN, "too few requests to tell whether the times were steady"),
    Check("backlog", State.SKIPPED, "the backlog of a closed loop cannot grow"),
)


def made_spec(*, rate: float = 50.0, count: int = 200, repeats: int = 5, seed: int = 0, warm_up: int = 0) -> TrialSpec:
    """A spec of constant load on an image server."""
    return TrialSpec(
        target=TargetSpec(TargetKind.IMAGE, "http://127.0.0.1:8000/infer", "classifier"),
        load=Load(LoadKind.CONSTANT, rate=rate, requests=count, warm_up=warm_up, order=Order.CYCLE),
        inputs=Inputs(("photos",), 8, ((640, 480), (810, 1080)), 1_234_567, hashlib.sha256(b"photos").hexdigest()),
        quality=(QualityTarget("top1", 0.99),),
        reference="reference.jsonl",
        seed=seed,
        repeats=repeats,
    )


def made_environment() -> Environment:
    """A machine of two cores."""
    return Environment(
        host=Host(
            "Some CPU @ 2.80GHz", ("avx2", "fma"), 2, 2, 2.0, 8 * 1024**3, "Debian GNU/Linux 12, Linux 6.1", "3.11.9"
        ),
        machine=hashlib.sha256(b"machine").hexdigest()[:16],
        placement=Placement.SHARED,
        governor="performance",
        versions=(("numpy", "2.2.0"), ("onnxruntime", "1.23.0"), ("openvino", "2025.3.0")),
        vedette="0.1.0 (0123456789ab)",
    )


def made_summary(requests: Requests, *, repeats: int, seed: int = 0) -> Summary:
    """The figures of requests, by plain means."""
    counted = requests.where(~requests.warm_up)
    parts = [counted.where(counted.repeat == number) for number in range(repeats)]
    each = tuple(_repeat(part, number, seed + number) for number, part in enumerate(parts))
    right = joined([steady.where(steady.ok) for steady in (part.where(slice(_cut(part), None)) for part in parts)])
    rates = np.array([one.throughput.value for one in each])
    failed = tuple(
        (status.name.lower(), int(count))
        for status in Status
        if status is not Status.OK and (count := np.count_nonzero(counted.status == status))
    )
    first = counted.where(counted.repeat == 0).where(slice(0, 10))
    return Summary(
        sent=len(counted),
        failed=failed,
        latency=made_distribution(right.latency_ms),
        service=made_distribution(right.service_ms),
        throughput=_mean(rates),
        first_ten_ms=tuple(float(ms) if ok else None for ms, ok in zip(first.service_ms, first.ok, strict=True)),
        repeats=each,
    )


def _cut(rows: Requests) -> int:
    return 5 if len(rows) >= 50 else 0


def _repeat(rows: Requests, number: int, seed: int) -> RepeatSummary:
    cut = _cut(rows)
    cuts = Cuts(cut, float(rows.scheduled[cut] - rows.scheduled[0]) / 1e9, 0, 0.0)
    rows = rows.where(slice(cut, None))
    right = rows.where(rows.ok)
    span_s = float(rows.done.max() - rows.scheduled.min()) / 1e9
    in_flight = float(right.latency_ms.sum()) / 1e3 / span_s
    return RepeatSummary(
        repeat=number,
        seed=seed,
        cuts=cuts,
        latency=made_distribution(right.latency_ms),
        service=made_distribution(right.service_ms),
        throughput=Estimate(len(right) / span_s, reason="one repeat of few requests has no interval"),
        in_flight=in_flight,
        little_gap=0.001,
        slope=Estimate(0.0, -0.1, 0.1),
        stationary=None,
        lateness_p99_ms=float(np.quantile(rows.lateness_ms, 0.99)),
    )


def made_distribution(values: np.ndarray) -> Distribution | None:
    """Nearest-rank quantiles with rough order-statistic intervals; None of no values."""
    if not len(values):
        return None
    ordered = np.sort(values)
    percentiles = tuple((percent, _percentile(ordered, percent)) for percent in PERCENTS)
    return Distribution(
        count=len(ordered),
        total_ms=float(ordered.sum()),
        minimum=float(ordered[0]),
        quartile_1=_rank(ordered, 25.0),
        median=percentiles[0][1],
        quartile_3=_rank(ordered, 75.0),
        maximum=float(ordered[-1]),
        mean=_mean(ordered),
        deviation_ms=float(ordered.std(ddof=1)) if len(ordered) > 1 else None,
        percentiles=percentiles,
        effective_count=float(len(ordered)),
    )


def _percentile(ordered: np.ndarray, percent: float) -> Estimate:
    if len(ordered) < LEAST[percent]:
        return Estimate(None, reason=f"p{percent:g} needs {LEAST[percent]} values, there are {len(ordered)}")
    share, count = percent / 100.0, len(ordered)
    margin = 1.96 * np.sqrt(count * share * (1 - share))
    low, high = int(max(0, count * share - margin)), int(min(count - 1, np.ceil(count * share + margin)))
    return Estimate(_rank(ordered, percent), float(ordered[low]), float(ordered[high]))


def _rank(ordered: np.ndarray, percent: float) -> float:
    return float(ordered[max(0, int(np.ceil(percent / 100.0 * len(ordered))) - 1)])


def _mean(values: np.ndarray) -> Estimate:
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(mean, reason="one value has no interval")
    margin = 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Estimate(mean, mean - margin, mean + margin)


def on_other_machine(data: RunData) -> RunData:
    """The same run as if another machine had made it."""
    environment = replace(data.run.environment, machine="f" * 16)
    return replace(data, run=replace(data.run, environment=environment))
