"""When a rate counts as held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import made_requests

from vedette.rules.bench.peak_probe import probe_of
from vedette.values.requests import Requests, Status
from vedette.values.trial import Limits
from vedette.values.workload import Load, LoadKind

LOAD = Load(LoadKind.POISSON, rate=100.0, requests=1000)


def arrived(service_ms: float = 5.0) -> Requests:
    made = made_requests(repeats=1, count=1000)
    due = (np.arange(1000) * 10_000_000).astype(np.int64)
    jitter = np.random.default_rng(0).uniform(0, 1e6, 1000).astype(np.int64)
    done = due + int(service_ms * 1e6) + jitter
    return replace(made, scheduled=due, sent=due, done=done, status=np.zeros(1000, np.int8))


def test_a_rate_within_the_limit_is_held() -> None:
    """The probe names its 99th percentile."""
    probe = probe_of(arrived(), LOAD, 0, 10.0, Limits())

    assert probe.held
    assert probe.p99_ms == pytest.approx(6.0, abs=0.1)


def late(requests: Requests) -> Requests:
    return replace(requests, sent=requests.scheduled + 8_000_000, done=requests.done + 8_000_000)


def failing(requests: Requests) -> Requests:
    return replace(requests, status=np.where(np.arange(1000) % 50 == 0, Status.TIMEOUT, Status.OK).astype(np.int8))


def piling(requests: Requests) -> Requests:
    return replace(requests, done=requests.done + (np.arange(1000) * 5_000_000).astype(np.int64))


@pytest.mark.parametrize(
    ("change", "limit_ms", "reason"),
    [
        (lambda requests: requests, 5.5, "above 5.5 ms"),
        (late, 100.0, "the generator itself was 8 ms late"),
        (failing, 100.0, "20 of 1000 requests failed"),
        (piling, 1e9, "pile up"),
        (lambda requests: requests.where(np.arange(600)), 100.0, "cannot be told"),
        (lambda requests: requests.where(np.arange(0)), 100.0, "no right answer"),
    ],
)
def test_why_a_rate_is_not_held(change, limit_ms: float, reason: str) -> None:
    """Latency, a late generator, failures, a growing queue, too few answers, none."""
    probe = probe_of(change(arrived()), LOAD, 0, limit_ms, Limits())

    assert not probe.held
    assert reason in probe.reason
