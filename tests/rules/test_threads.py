"""Threads follow what the process may use."""

from __future__ import annotations

import pytest

from vedette.rules.threads import ThreadPlan, has_bf16, thread_plan, usable_cores
from vedette.values.execution import Optimise
from vedette.values.host import Host


def host(*, allowed: int = 8, quota: float | None = None, features: tuple[str, ...] = ()) -> Host:
    return Host("a CPU", features, 16, allowed, quota, 1 << 33, "Linux", "3.11.7")


@pytest.mark.parametrize(
    ("allowed", "quota", "usable"),
    [
        (8, None, 8),
        (8, 4.0, 4),
        (8, 2.9, 2),
        (2, 64.0, 2),
        (8, 1.0, 1),
        (8, 0.5, 1),
        (8, 0.01, 1),
        (1, None, 1),
    ],
)
def test_usable_cores_are_the_lower_of_affinity_and_quota(allowed: int, quota: float | None, usable: int) -> None:
    """A quota is rounded down, a quota below 1 counts as 1, and the affinity is never exceeded."""
    assert usable_cores(host(allowed=allowed, quota=quota)) == usable


def test_throughput_gives_each_core_its_stream() -> None:
    """Three usable cores run three streams of one thread."""
    assert thread_plan(host(quota=3.5), Optimise.THROUGHPUT) == ThreadPlan(streams=3, threads=1)


def test_latency_gives_all_cores_to_one_stream() -> None:
    """Three usable cores run one stream of three threads."""
    assert thread_plan(host(quota=3.5), Optimise.LATENCY) == ThreadPlan(streams=1, threads=3)


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        (("avx2", "avx512f", "avx512_bf16"), True),
        (("amx_bf16",), True),
        (("neon", "bf16"), True),
        (("avx2", "avx512f", "avx512_vnni", "avx512_fp16", "amx_int8"), False),
        ((), False),
    ],
)
def test_bf16_takes_an_instruction_set_for_it(features: tuple[str, ...], *, expected: bool) -> None:
    """AVX-512 BF16, AMX BF16 and ARM's bf16 multiply bfloat16; others do not."""
    assert has_bf16(host(features=features)) is expected
