"""Regions and tilings."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from vedette.values.frame import Size
from vedette.values.tiling import Fill, Region, Tiling


def test_a_region_ends_where_its_size_says() -> None:
    """Right and bottom are the first column and row outside."""
    region = Region(10, 20, Size(300, 200))

    assert (region.right, region.bottom) == (310, 220)


def test_a_region_is_written_corner_before_size() -> None:
    """Left, top, width, height."""
    assert str(Region(10, 20, Size(300, 200))) == "10,20,300,200"


def test_regions_are_compared_by_value() -> None:
    """Equal corner and size make equal regions, usable as keys."""
    assert len({Region(0, 0, Size(2, 3)), Region(0, 0, Size(2, 3)), Region(0, 0, Size(3, 2))}) == 2


def test_a_region_never_changes() -> None:
    """Assigning an edge is an error."""
    with pytest.raises(FrozenInstanceError):
        Region(0, 0, Size(1, 1)).left = 1  # type: ignore[misc]


def test_a_tiling_has_neither_overlap_nor_fill_unless_asked() -> None:
    """The tile's size is all that must be said."""
    tiling = Tiling(Size(300, 200))

    assert (tiling.overlap, tiling.fill) == (0, None)


@pytest.mark.parametrize("overlap", [-1, 200, 300])
def test_the_overlap_stays_below_both_sides(overlap: int) -> None:
    """A tile of 300x200 takes 0..199, and the message says so."""
    with pytest.raises(ValueError, match=rf"0\.\.199 for tiles of 300x200, got {overlap}"):
        Tiling(Size(300, 200), overlap)


@pytest.mark.parametrize("overlap", [0, 199])
def test_the_ends_of_the_range_are_taken(overlap: int) -> None:
    """No overlap, and all but one pixel."""
    assert Tiling(Size(300, 200), overlap).overlap == overlap


def test_a_fill_is_read_from_its_name() -> None:
    """The words of the command line are the values."""
    assert [Fill("blank"), Fill("overview")] == list(Fill)
