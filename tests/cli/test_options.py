"""Options that several commands share, from text to values."""

from __future__ import annotations

import pytest

from vedette.cli.options import parse_boxes, parse_memory, parse_rois, parse_size, parse_tiling
from vedette.errors import UsageError
from vedette.values.frame import Size
from vedette.values.manifest import Suppression
from vedette.values.tiling import Fill, Region, Tiling
from vedette.wiring.stream import BoxSettings, RegionOfInterest


def test_without_a_tile_size_nothing_is_cut() -> None:
    """The default."""
    assert parse_tiling(None, 0, None) is None


def test_a_tiling_is_its_size_its_overlap_and_its_fill() -> None:
    """As the command line writes them."""
    assert parse_tiling("300x200", 20, "OVERVIEW") == Tiling(Size(300, 200), 20, Fill.OVERVIEW)


@pytest.mark.parametrize(("overlap", "fill", "option"), [(5, None, "--tile-overlap"), (0, "blank", "--fill")])
def test_what_belongs_to_tiles_is_refused_without_them(overlap: int, fill: str | None, option: str) -> None:
    """No option is ignored."""
    with pytest.raises(UsageError, match=f"{option} is for tiles") as caught:
        parse_tiling(None, overlap, fill)

    assert caught.value.help == "add --tile WIDTHxHEIGHT"


@pytest.mark.parametrize("overlap", [200, 201, 5000])
def test_an_overlap_as_large_as_the_tile_is_refused(overlap: int) -> None:
    """The shorter side counts; the message tells the largest."""
    with pytest.raises(UsageError, match=rf"--tile-overlap {overlap}: .*0\.\.199"):
        parse_tiling("300x200", overlap, None)


def test_an_unknown_fill_names_the_nearest() -> None:
    """As every name on the command line."""
    with pytest.raises(UsageError, match="--fill blanks is not known") as caught:
        parse_tiling("300x300", 0, "blanks")

    assert "did you mean blank?" in caught.value.help


@pytest.mark.parametrize("text", ["300", "300x", "x300", "0x300", "300x0", "-3x3", "axb", "3x3x3", ""])
def test_a_size_is_width_x_height(text: str) -> None:
    """Everything else is told with an example."""
    with pytest.raises(UsageError, match="is no size") as caught:
        parse_size(text, "--tile")

    assert "--tile 300x300" in caught.value.help


def test_a_region_of_interest_counts_for_all_sources_or_for_those_of_a_pattern() -> None:
    """In the order in which they are given."""
    found = parse_rois(["cam1/*=0,10,200,100", "5,6,7,8"])

    assert found == (
        RegionOfInterest(Region(0, 10, Size(200, 100)), "cam1/*"),
        RegionOfInterest(Region(5, 6, Size(7, 8))),
    )


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "-1,0,5,5", "0,0,0,5", "0,0,5,0", "=1,2,3,4"])
def test_a_region_is_four_numbers(text: str) -> None:
    """The help shows how it is written."""
    with pytest.raises(UsageError, match="is no region") as caught:
        parse_rois([text])

    assert "--roi LEFT,TOP,WIDTH,HEIGHT" in caught.value.help


def test_box_settings_change_only_what_is_given() -> None:
    """The manifest's own stay."""
    assert parse_boxes(None, None, None, None) == BoxSettings()
    assert parse_boxes("agnostic", 0.4, 50, None) == BoxSettings(Suppression.AGNOSTIC, 0.4, 50)


def test_memory_has_a_unit() -> None:
    """As in configurations."""
    assert parse_memory("1GB", "--memory") == 10**9
    assert parse_memory("512MiB", "--memory") == 2**29
    assert parse_memory(None, "--memory") is None
    for text in ("1", "0MB", "-1GB", "GB", "much"):
        with pytest.raises(UsageError, match="--memory "):
            parse_memory(text, "--memory")
