"""A load in the terms of LoadGen's settings.

load.requests   -> min_query_count, in queries       load.rate     -> target or expected queries a second
load.duration_s -> min_duration                      load.limit_ms -> target latency of the 99th percentile
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vedette.errors import UsageError
from vedette.values.workload import Load, LoadKind

SAMPLES_PER_QUERY = 8
"""Images of one multi-stream query, by MLPerf's rules."""

_FASTEST_NS, _MOST_QUERIES = 200_000, 500_000
"""LoadGen generates its queries before the run, half a kilobyte each, for twice the queries that it expects."""


def scenario_settings(loadgen: Any, load: Load, seed: int) -> Any:
    """The settings for a run of `load`; each of LoadGen's three generators gets a seed of its own, made from `seed`.

    Raises:
        UsageError: the load lacks a figure that its scenario needs.
    """
    settings = loadgen.TestSettings()
    settings.mode = loadgen.TestMode.PerformanceOnly
    settings.qsl_rng_seed, settings.sample_index_rng_seed, settings.schedule_rng_seed = (
        int(word) for word in np.random.SeedSequence(seed).generate_state(3)
    )
    if load.requests is not None or load.duration_s is not None:
        settings.min_duration_ms = round((load.duration_s or 0) * 1000)
        settings.min_query_count = load.requests or 1
    _SCENARIOS[load.kind](loadgen, settings, load)
    return settings


def _single_stream(loadgen: Any, settings: Any, _load: Load) -> None:
    settings.scenario = loadgen.TestScenario.SingleStream
    settings.single_stream_expected_latency_ns = _expected_ns(settings)


def _multi_stream(loadgen: Any, settings: Any, load: Load) -> None:
    settings.scenario = loadgen.TestScenario.MultiStream
    settings.multi_stream_samples_per_query = SAMPLES_PER_QUERY
    settings.multi_stream_expected_latency_ns = _expected_ns(settings)
    if load.requests is not None:
        settings.min_query_count = math.ceil(load.requests / SAMPLES_PER_QUERY)


def _server(loadgen: Any, settings: Any, load: Load) -> None:
    if load.rate is None:
        raise _lacking(load, "a rate", "--rate 100")
    if load.limit_ms is None:
        raise _lacking(load, "a limit of its 99th percentile", "--limit-ms 15")
    settings.scenario = loadgen.TestScenario.Server
    settings.server_target_qps = load.rate
    settings.server_target_latency_ns = round(load.limit_ms * 1e6)
    settings.server_target_latency_percentile = 0.99


def _offline(loadgen: Any, settings: Any, load: Load) -> None:
    if load.requests is None and load.rate is None:
        raise _lacking(load, "a number of requests, or a rate that it is expected to reach", "--requests 1000")
    settings.scenario = loadgen.TestScenario.Offline
    settings.offline_expected_qps = load.rate or 1.0


_SCENARIOS = {
    LoadKind.MLPERF_SINGLE_STREAM: _single_stream,
    LoadKind.MLPERF_MULTI_STREAM: _multi_stream,
    LoadKind.MLPERF_SERVER: _server,
    LoadKind.MLPERF_OFFLINE: _offline,
}


def _expected_ns(settings: Any) -> float:
    """An expected latency that is low enough not to run out of queries, and high enough for memory."""
    return max(_FASTEST_NS, 2e6 * float(settings.min_duration_ms) / _MOST_QUERIES)


def _lacking(load: Load, what: str, option: str) -> UsageError:
    return UsageError(f"the load {load.kind} needs {what}", help=f"add for example `{option}`")
