"""What a confinement asks for."""

from __future__ import annotations

import math

import pytest

from vedette.flows.bench.sandbox import Confinement


@pytest.mark.parametrize(
    ("cores", "share", "quota"),
    [((), None, None), ((), 1.0, 1.0), ((0,), 1.0, None), ((0,), 2.0, None), ((0, 1), 1.5, 1.5), ((0,), 0.5, 0.5)],
)
def test_a_quota_is_needed_where_the_cores_are_more_than_the_share(
    cores: tuple[int, ...], share: float | None, quota: float | None
) -> None:
    """Bound to as many whole cores as its share has, a process cannot use more."""
    assert Confinement(cores, share).quota == quota


@pytest.mark.parametrize("share", [0, -1, math.nan, math.inf])
def test_a_share_is_above_zero(share: float) -> None:
    """And a number."""
    with pytest.raises(ValueError, match="share"):
        Confinement((), share)


def test_a_memory_limit_is_above_zero() -> None:
    """In bytes."""
    with pytest.raises(ValueError, match="memory limit"):
        Confinement((), None, 0)
