"""How limits are told."""

from __future__ import annotations

import pytest

from vedette.adapters.sandboxes.words import told_cores, told_memory, told_share


@pytest.mark.parametrize(
    ("size", "told"), [(10**9, "1 GB"), (512_000_000, "512 MB"), (1500, "1.5 kB"), (12, "12 bytes")]
)
def test_memory_is_told_in_decimal_units(size: int, told: str) -> None:
    """With four digits at most."""
    assert told_memory(size) == f"the memory limit of {told}"


def test_one_core_is_singular() -> None:
    """And several are not."""
    assert told_share(1) == "the share of 1 core"
    assert told_share(1.5) == "the share of 1.5 cores"
    assert told_cores((3,)) == "the binding to core 3"
    assert told_cores((0, 3)) == "the binding to cores 0, 3"
