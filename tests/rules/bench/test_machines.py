"""What makes two machines differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_profiles import HERE

from vedette.rules.bench.machines import Circumstance, Difference, differences


def of_host(**changes: Any):
    return replace(HERE, host=replace(HERE.host, **changes))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (replace(HERE, machine="b"), (Circumstance.MACHINE, "0123456789abcdef (a processor)", "b (a processor)")),
        (of_host(quota_cores=1.5), (Circumstance.QUOTA, "none", "1.5 cores")),
        (of_host(allowed_cores=3), (Circumstance.CORES, "4", "3")),
        (of_host(memory_bytes=7_900_000_000), (Circumstance.MEMORY, "8.0 GB", "7.9 GB")),
    ],
)
def test_each_difference_is_told_with_both_sides(other, told) -> None:
    """One that is changed is one that is told."""
    assert list(differences(HERE, other)) == [Difference(*told)]


def test_what_does_not_decide_the_times_is_no_difference() -> None:
    """The kernel, Python, and a hundredth of the memory, which the kernel takes at its start."""
    same = of_host(memory_bytes=7_920_000_000, system="Linux 7", python="3.14.0")

    assert list(differences(HERE, same)) == []
    assert list(differences(same, HERE)) == []
