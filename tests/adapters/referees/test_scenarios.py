"""Loads in the terms of LoadGen's settings, read back from LoadGen's own object."""

from __future__ import annotations

import mlperf_loadgen
import pytest

from vedette.adapters.referees.scenarios import scenario_settings
from vedette.values.workload import Load, LoadKind


def settings(load: Load, seed: int = 0):
    return scenario_settings(mlperf_loadgen, load, seed)


def test_server() -> None:
    """The limit of the 99th percentile is LoadGen's target latency in nanoseconds, the rate its target."""
    made = settings(Load(LoadKind.MLPERF_SERVER, rate=120.5, limit_ms=15.0, duration_s=2.5))

    assert made.scenario == mlperf_loadgen.TestScenario.Server
    assert (made.server_target_qps, made.server_target_latency_ns) == (120.5, 15_000_000)
    assert (made.server_target_latency_percentile, made.min_duration_ms, made.min_query_count) == (0.99, 2500, 1)


@pytest.mark.parametrize(("requests", "queries"), [(1, 1), (8, 1), (9, 2), (5296, 662)])
def test_multi_stream_counts_images(requests: int, queries: int) -> None:
    """Requests count images: a multi-stream query has eight of them."""
    made = settings(Load(LoadKind.MLPERF_MULTI_STREAM, requests=requests))

    assert (made.min_query_count, made.multi_stream_samples_per_query) == (queries, 8)


def test_no_end() -> None:
    """Without a number and a duration, the run has LoadGen's own least figures."""
    made = settings(Load(LoadKind.MLPERF_MULTI_STREAM))

    assert (made.min_duration_ms, made.min_query_count) == (10_000, 100)


def test_three_seeds() -> None:
    """One seed makes three different ones, the same each time, and others for another."""
    load = Load(LoadKind.MLPERF_SINGLE_STREAM, requests=1)
    seeds = [
        (made.qsl_rng_seed, made.sample_index_rng_seed, made.schedule_rng_seed)
        for made in (settings(load, seed) for seed in (0, 0, 1))
    ]

    assert seeds[0] == seeds[1]
    assert len({*seeds[0], *seeds[2]}) == 6


@pytest.mark.parametrize("duration_s", [1.0, 60.0, 600.0])
def test_memory_of_the_queries(duration_s: float) -> None:
    """LoadGen makes queries for twice the duration at the expected latency: at most half a million."""
    made = settings(Load(LoadKind.MLPERF_SINGLE_STREAM, duration_s=duration_s))

    assert 2 * duration_s * 1e9 / made.single_stream_expected_latency_ns <= 500_000
