"""The schedule of the server scenario, against the one that LoadGen itself generated."""

from __future__ import annotations

import asyncio
import json
from itertools import islice, pairwise
from pathlib import Path

import mlperf_loadgen
import numpy as np
import pytest

from vedette.adapters.referees.loadgen import LoadGenReferee
from vedette.adapters.referees.scenarios import scenario_settings
from vedette.adapters.referees.schedule import DueTimes, server_offsets_ns
from vedette.clock import SystemClock
from vedette.values.workload import Load, LoadKind


def told_by_loadgen(folder: Path) -> dict[str, object]:
    lines = (folder / "mlperf_log_detail.txt").read_text().splitlines()
    entries = [json.loads(line.removeprefix(":::MLLOG ")) for line in lines]
    return {entry["key"]: entry["value"] for entry in entries}


@pytest.mark.parametrize(("rate", "requests", "seed"), [(300.0, 40, 0), (17_321.5, 6000, 7)])
def test_same_as_loadgen(rate: float, requests: int, seed: int, tmp_path: Path) -> None:
    """The sum of all gaps is LoadGen's to the nanosecond, over more queries than one chunk has."""
    load = Load(LoadKind.MLPERF_SERVER, rate=rate, limit_ms=1000.0, requests=requests)

    async def send(image: int, scheduled_ns: int) -> None:
        pass

    asyncio.run(LoadGenReferee(SystemClock()).run(load, 5, seed, tmp_path, send))
    told = told_by_loadgen(tmp_path)
    drawn = scenario_settings(mlperf_loadgen, load, seed).schedule_rng_seed

    assert told["generated_query_count"] == requests
    assert told["generated_query_duration"] == next(islice(server_offsets_ns(rate, drawn), requests, None))


def test_exponential_gaps() -> None:
    """Gaps have the mean and the deviation of an exponential distribution of the rate, and the first is due at once."""
    offsets = np.array([*islice(server_offsets_ns(250.0, 1), 20_001)])
    gaps_ms = np.diff(offsets) / 1e6

    assert offsets[0] == 0
    assert all(later >= earlier for earlier, later in pairwise(offsets.tolist()))
    assert gaps_ms.mean() == pytest.approx(4.0, rel=0.03)
    assert gaps_ms.std() == pytest.approx(4.0, rel=0.03)


def test_start_is_the_earliest_that_fits() -> None:
    """Due times never lie after the issue; the start that is assumed moves back to the least late query so far."""
    due = DueTimes(iter([0, 100, 250, 400]))

    assert [due.of(issued) for issued in (1030, 1110, 1300)] == [1030, 1110, 1260]
    assert due.next_ns == 1410


@pytest.mark.parametrize(
    ("told", "same"), [(100.0, True), (100.009, True), (100.03, False), (90.0, False), (None, True)]
)
def test_recognised_by_its_rate(told: float | None, *, same: bool) -> None:
    """101 queries, the last after a second, are 100 a second in LoadGen's reckoning, to its two digits."""
    due = DueTimes(iter(range(0, 2_000_000_000, 10_000_000)))
    for _ in range(101):
        due.of(5_000_000_000)

    assert due.agree_with(told, 101) is same
