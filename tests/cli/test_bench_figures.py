"""Figures of `vedette bench run` against servers of known speed, as a person types it."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from bench_command import bench, measured
from fakes import jpeg
from servers import Queue, service, serving

from vedette.wiring.runs import open_run


def test_a_server_of_known_service_time_gives_it_back(tmp_path: Path) -> None:
    """50 requests a second on a server of 4 to 16 ms: every request is sent, figures have intervals, the run is kept.

    The server's own times are drawn independently and differ by more than a busy machine adds: so are the latencies.
    """
    (tmp_path / "red.jpg").write_bytes(jpeg((250, 5, 5), 64, 48))
    source = random.Random(5)
    times = [source.uniform(4, 16) for _ in range(100)]
    with serving(service(Queue(times))) as url:
        found, stored = measured(url, "--load", "constant", "--rate", 50, "--requests", 100, "--input", tmp_path)

    assert found["requests"] == 100
    assert found["failed"] == 0
    assert sorted(times)[49] <= found["service_p50_ms"] <= found["p50_ms"] < 200
    low, high = found["intervals"]["p50_ms"]
    assert low <= found["p50_ms"] <= high
    assert found["p99_ms"] is None
    assert "662" in found["absent"]["p99_ms"]
    assert len(stored.requests) == 100
    assert stored.samples is not None
    assert len(stored.samples.features) > 100
    assert stored.run.introduction.pid == os.getpid()


def test_targets_take_turns_and_can_be_compared() -> None:
    """Two targets in one campaign: two runs of five repeats, and `compare` says which is faster."""
    with serving(service(Queue([4.0]))) as quick, serving(service(Queue([12.0]))) as slow:
        ran = bench("run", quick, slow, "--requests", 40, "--repeats", 5, "--monitor-hz", 0, "--format", "json")
        first, second = json.loads(ran.stdout)
        compared = bench("compare", first["folder"], second["folder"], "--accept-invalid", "--format", "json")
        slower = bench("compare", first["folder"], second["folder"], "--accept-invalid", "--fail-if-slower", "5%")

    assert compared.returncode == 0, compared.stderr
    assert "faster" in compared.stdout
    assert slower.returncode == 1


def test_a_search_for_the_peak_tries_rates_and_says_what_it_found() -> None:
    """A target without a limit: the most that may be tried holds twice, unless this machine cannot send that fast."""
    ran = bench(
        *("run", "null:5ms", "--load", "peak", "--limit-ms", 1000, "--rate", 300, "--duration", "4s"),
        *("--monitor-hz", 0, "--format", "json"),
    )

    found = json.loads(ran.stdout)
    run = open_run(Path(found["folder"])).run
    if any(probe.held for probe in run.probes):
        assert [probe.rate for probe in run.probes if probe.held][-2:] == [300, 300]
        assert any("the most that was to be tried" in note for note in run.notes)
        assert found["throughput"] == pytest.approx(300, rel=0.2)
    else:
        assert ran.returncode == 3
        assert all("the generator itself" in probe.reason for probe in run.probes)
