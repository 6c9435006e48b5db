"""Which boxes of different tiles may be pieces of one object."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.rules.vision.boxes import columns
from vedette.rules.vision.seams import BOTTOM, LEFT, RIGHT, TOP, Pieces, cut_sides, links, margins
from vedette.values.detection import detections

BOUNDS = (0.0, 0.0, 1000.0, 1000.0)


def pieces(*of_tiles: tuple[tuple[float, ...], list[tuple[float, ...]]]) -> Pieces:
    """A tile and its boxes, for each tile; all of one class."""
    tiles = np.array([tile for tile, _ in of_tiles], float)
    boxes = np.array([box for _, found in of_tiles for box in found], float).reshape(-1, 4)
    tile = np.repeat(np.arange(len(tiles)), [len(found) for _, found in of_tiles])
    found = detections(boxes, np.full(len(boxes), 0.5), np.zeros(len(boxes)))
    return Pieces(found, found.class_ids, tile, tiles, cut_sides(columns(boxes), tiles, tile, BOUNDS))


def linked(*of_tiles: tuple[tuple[float, ...], list[tuple[float, ...]]]) -> set[tuple[int, int]]:
    found = links(pieces(*of_tiles))
    return set(zip(found.a.tolist(), found.b.tolist(), strict=True))


def test_the_margin_grows_with_the_tile() -> None:
    """Three pixels, or two per cent of the side."""
    assert margins(np.array([[0.0, 0, 100, 300]])).tolist() == [[3.0, 6.0]]


@pytest.mark.parametrize(
    ("box", "sides"),
    [
        ((310, 310, 590, 590), 0),
        ((306, 310, 590, 590), LEFT),
        ((306.1, 310, 590, 590), 0),
        ((310, 306, 590, 590), TOP),
        ((310, 310, 594, 590), RIGHT),
        ((310, 310, 590, 594), BOTTOM),
        ((300, 300, 600, 600), LEFT | TOP | RIGHT | BOTTOM),
    ],
)
def test_a_side_near_the_edge_of_its_tile_is_cut(box: tuple[float, ...], sides: int) -> None:
    """In a tile of 300 pixels, within six of the edge."""
    assert pieces(((300, 300, 600, 600), [box])).cut.tolist() == [sides]


def test_the_edge_of_the_bounds_cuts_nothing() -> None:
    """A tile in the corner of the image has two edges where objects end."""
    assert pieces(((0, 0, 300, 300), [(0, 0, 300, 300)])).cut.tolist() == [RIGHT | BOTTOM]
    assert pieces(((700, 700, 1000, 1000), [(700, 700, 1000, 1000)])).cut.tolist() == [LEFT | TOP]
    assert pieces(((900, 900, 1200, 1200), [(950, 950, 1000, 1200)])).cut.tolist() == [0]


@pytest.mark.parametrize(
    ("other", "joined"),
    [
        ((300, 100, 400, 200), True),
        ((302, 110, 400, 190), True),
        ((300, 155, 400, 255), False),
        ((300, 120, 400, 160), False),
        ((305, 100, 400, 200), False),
        ((320, 100, 400, 200), False),
    ],
    ids=["same", "nearly", "lower", "much smaller", "apart", "not at the seam"],
)
def test_across_a_seam_extents_along_it_are_compared(other: tuple[float, ...], *, joined: bool) -> None:
    """Both boxes reach the seam with hardly a gap, and their extents along it overlap by more than half."""
    found = linked(((0, 0, 300, 300), [(200, 100, 298, 200)]), ((300, 0, 600, 300), [other]))

    assert found == ({(0, 1)} if joined else set())


def test_tiles_that_only_touch_at_a_corner_share_nothing() -> None:
    """Pieces in diagonal tiles are linked by way of the tiles between."""
    corner = ((0, 0, 300, 300), [(250, 250, 300, 300)])

    assert linked(corner, ((300, 300, 600, 600), [(300, 300, 350, 350)])) == set()


def test_across_a_thin_overlap_a_cut_side_lies_on_its_edge() -> None:
    """Both sides missed by a few pixels leave no common one in a band of eight, yet the boxes agree."""
    found = linked(((0, 0, 300, 300), [(200, 50, 296, 100)]), ((292, 0, 592, 300), [(297, 50, 400, 100)]))

    assert found == {(0, 1)}


def test_in_an_overlap_one_box_is_cut_where_the_other_tile_sees_on() -> None:
    """Two that agree there, but are cut elsewhere, were both seen to end: they are two."""
    one, other = (300, 200, 590, 290), (558, 200, 620, 296)

    assert linked(((300, 0, 600, 300), [one]), ((550, 0, 850, 300), [other])) == set()


@pytest.mark.parametrize(("piece", "joined"), [((262, 50, 300, 100), True), ((200, 50, 300, 100), False)])
def test_a_piece_of_a_whole_box_lies_inside_it(piece: tuple[float, ...], *, joined: bool) -> None:
    """A box that goes on where the whole one has ended is another object."""
    found = linked(((0, 0, 300, 300), [piece]), ((250, 0, 550, 300), [(257, 50, 340, 100)]))

    assert found == ({(0, 1)} if joined else set())


def test_two_whole_boxes_are_left_to_suppression() -> None:
    """No link is needed where both tiles have seen all."""
    box = (260, 50, 290, 100)

    assert linked(((0, 0, 300, 300), [box]), ((250, 0, 550, 300), [box])) == set()


def test_boxes_of_different_groups_are_never_linked() -> None:
    """The same object called two names is two."""
    some = pieces(((0, 0, 300, 300), [(200, 100, 300, 200)]), ((300, 0, 600, 300), [(300, 100, 400, 200)]))
    named = Pieces(some.found, np.array([0, 1]), some.tile, some.tiles, some.cut)

    assert links(some).iou.tolist() == [1.0]
    assert len(links(named).a) == 0
