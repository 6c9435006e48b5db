"""Runs as reports meet them: monitored in full, hostile, slow for a while, without answers, with a single request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_runs import made_requests, made_run

from vedette.rules.stats.summary import summarise
from vedette.values.evidence import Check, State, Summary, Verdict
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples
from vedette.values.requests import Requests, Status
from vedette.values.run import RunData
from vedette.values.workload import Load, LoadKind

HOSTILE = "</script><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>\"'&\x00"
STATES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def monitored(data: RunData, *, hz: float = 10.0, cores: int = 2, seed: int = 0) -> RunData:
    """The run with samples of the names that the monitor writes."""
    rng = np.random.default_rng(seed)
    first, last = int(data.requests.scheduled.min()), int(data.requests.done.max())
    at = np.arange(first - 300_000_000, last + 300_000_000, int(1e9 / hz), dtype=np.int64)
    columns: dict[str, np.ndarray] = {}
    features: list[Feature] = []

    def add(name: str, unit: str, values: np.ndarray, *, grows: bool = True) -> None:
        columns[name] = np.cumsum(values) if grows else values
        kind = Reckoning.COUNTER if grows else Reckoning.GAUGE
        features.append(Feature(name, unit, "/proc", "made up", Pace.FAST, kind))

    whole = {state: np.zeros(len(at)) for state in STATES}
    for core in range(cores):
        busy = np.clip(0.55 + 0.1 * core + 0.1 * rng.standard_normal(len(at)), 0, 1)
        times = {state: np.zeros(len(at)) for state in STATES}
        times |= {"user": 0.8 * busy / hz, "system": 0.2 * busy / hz, "idle": (1 - busy) / hz}
        for state in STATES:
            add(f"core.{core}.cpu.{state}", "s", times[state])
            whole[state] += times[state]
    for state in STATES:
        add(f"system.cpu.{state}", "s", whole[state])
    for role, share in (("server", 1.0), ("client", 0.12), ("monitor", 0.01)):
        add(f"process.{role}.tree.cpu_user", "s", 0.8 * share * np.ones(len(at)) / hz)
        add(f"process.{role}.tree.cpu_system", "s", 0.2 * share * np.ones(len(at)) / hz)
        pss = share * 200e6 + 1e5 * np.arange(len(at))
        pss[np.arange(len(at)) % 10 != 0] = np.nan
        add(f"process.{role}.tree.pss", "bytes", pss, grows=False)
    add("system.context_switches", "count", rng.integers(200, 400, len(at)))
    for resource in ("cpu", "memory", "io"):
        add(f"pressure.{resource}.some.stalled", "s", rng.uniform(0, 0.03, len(at)) * (resource == "cpu"))
    add("memory.available", "bytes", 6e9 + 1e7 * rng.standard_normal(len(at)), grows=False)
    absences = (Absence("energy.rapl", "this machine has no /sys/class/powercap"),)
    samples = Samples(at, np.full(len(at), 300_000), columns, tuple(features), absences, {}, 0.1)
    return replace(data, samples=samples)


def summarised(data: RunData, requests: Requests) -> RunData:
    """The run with other requests, and the figures that these have."""
    seeds = [repeat.seed for repeat in data.run.summary.repeats]
    load = data.run.spec.load
    return replace(data, requests=requests, run=replace(data.run, summary=summarise(requests, load, seeds)))


def stalled() -> RunData:
    """A queue that stood still for a second in the second repeat, under a monitor."""
    data = made_run(count=400, warm_up=20, failed=2, rate=80.0)
    requests = data.requests
    late = 1_000_000_000
    start = int(requests.scheduled[(requests.repeat == 1) & ~requests.warm_up][200])
    hit = (requests.scheduled >= start) & (requests.scheduled < start + late) & (requests.repeat == 1)
    sent = np.where(hit, start + late, requests.sent)
    done = np.where(hit, sent + (requests.done - requests.sent), requests.done)
    return monitored(summarised(data, replace(requests, sent=sent, done=done)))


def unanswered() -> RunData:
    """Every request was refused."""
    data = made_run(repeats=1, count=30)
    requests = replace(data.requests, status=np.full(len(data.requests), int(Status.REFUSED), np.int8))
    checks = (
        Check("answered", State.FAIL, "no right answer came to 30 requests (30 refused)"),
        Check("whole", State.PASS, "every request that was due was sent"),
    )
    data = summarised(data, requests)
    return replace(data, run=replace(data.run, verdict=Verdict(checks)))


def unsent() -> RunData:
    """Nothing was ever sent."""
    data = made_run(repeats=1, count=30, monitored=False)
    none = data.requests.where(np.zeros(len(data.requests), bool))
    empty = summarise(none, data.run.spec.load, [])
    return replace(data, requests=none, run=replace(data.run, summary=empty))


def single() -> RunData:
    """One request."""
    data = made_run(repeats=1, count=1)
    return summarised(data, made_requests(repeats=1, count=1))


def hostile() -> RunData:
    """A run in which every text that a user or a server controls holds markup."""
    data = made_run(repeats=1, notes=(HOSTILE,), server=HOSTILE, checks=(Check(HOSTILE, State.FAIL, HOSTILE),))
    run = data.run
    target = replace(run.spec.target, address=f"http://x/{HOSTILE}", model=HOSTILE)
    spec = replace(run.spec, target=target, reference=HOSTILE, inputs=replace(run.spec.inputs, sources=(HOSTILE,)))
    environment = replace(run.environment, governor=HOSTILE, versions=((HOSTILE, HOSTILE),), vedette=HOSTILE)
    quality = replace(run.quality, reference=HOSTILE, examples=(HOSTILE,))
    told = replace(run.introduction, model=HOSTILE, reason=HOSTILE)
    run = replace(
        run, id=HOSTILE, spec=spec, environment=environment, quality=quality, introduction=told, campaign=HOSTILE
    )
    return replace(data, run=run)


def closed(data: RunData, clients: int = 4) -> RunData:
    """The run as if a closed loop had made it."""
    load = Load(LoadKind.CLOSED, clients=clients, requests=data.run.spec.load.requests)
    return replace(data, run=replace(data.run, spec=replace(data.run.spec, load=load)))


def nothing_of(summary: Summary) -> bool:
    """Whether a summary has no answers."""
    return summary.latency is None and summary.service is None
