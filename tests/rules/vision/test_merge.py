"""Objects seen in pieces: synthetic truth, cases drawn by hand, and any order of the input."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.vision.merge import Part, merge
from vedette.rules.vision.suppress import suppress
from vedette.rules.vision.tiles import grid
from vedette.values.detection import Detections, detections, nothing
from vedette.values.frame import Size
from vedette.values.tiling import Region

prove = settings(max_examples=120, deadline=None, derandomize=True, database=None)

Objects = list[tuple[float, float, float, float]]
HUNDRED = Region(0, 0, Size(600, 600))
VISIBLE = 8


def see(tile: Region, objects: Objects, score: float = 0.5) -> Detections:
    """What a perfect detector finds in a tile: the visible part of each object, if it has 8 pixels each way."""
    left, top, right, bottom = tile.left, tile.top, tile.right, tile.bottom
    parts = [(max(a, left), max(b, top), min(c, right), min(d, bottom)) for a, b, c, d in objects]
    seen = [part for part in parts if part[2] - part[0] >= VISIBLE and part[3] - part[1] >= VISIBLE]
    return detections(seen, [score] * len(seen), [0] * len(seen))


def tiled(objects: Objects, bounds: Region = HUNDRED, tile: int = 300, overlap: int = 0) -> list[Part]:
    return [Part(region, see(region, objects)) for region in grid(bounds, Size(tile, tile), overlap)]


def rows(found: Detections) -> list[list[float]]:
    return sorted(found.boxes.tolist())


def overview(objects: Objects, score: float = 0.6, class_id: int = 0) -> Part:
    return Part(HUNDRED, detections(objects, [score] * len(objects), [class_id] * len(objects)), overview=True)


def bits(found: Detections) -> tuple[bytes, bytes, bytes]:
    return found.boxes.tobytes(), found.scores.tobytes(), found.class_ids.tobytes()


# Synthetic truth -----------------------------------------------------------------------------------------------------


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Region, Size, int, Objects]:
    """An image or a region of one, a grid, and objects well apart, some of them larger than a tile."""
    generator = np.random.default_rng(draw(st.integers(0, 10**9)))
    tile = Size(draw(st.integers(80, 320)), draw(st.integers(80, 320)))
    overlap = draw(st.sampled_from([0, 0, 1, 5, 20, 50]))
    bounds = Region(
        draw(st.integers(0, 40)), draw(st.integers(0, 40)), Size(draw(st.integers(60, 900)), draw(st.integers(60, 900)))
    )
    objects: Objects = []
    for _ in range(40):
        size = generator.uniform(9, 400 if generator.random() < 0.3 else 90, 2)
        low = generator.uniform((bounds.left, bounds.top), (bounds.right, bounds.bottom))
        high = np.minimum(low + size, (bounds.right, bounds.bottom))
        apart = all((high + 20 < other[:2]).any() or (low - 20 > other[2:]).any() for other in np.array(objects))
        if (high - low >= VISIBLE).all() and apart:
            objects.append((*low.tolist(), *high.tolist()))
    return bounds, tile, overlap, objects


def hulls_of_what_is_seen(tiles: tuple[Region, ...], objects: Objects) -> list[list[float]]:
    """The truth as far as any tile can tell: for each object the hull of its visible parts."""
    hulls = []
    for thing in objects:
        seen = [see(tile, [thing]).boxes for tile in tiles]
        parts = np.concatenate(seen)
        if len(parts):
            hulls.append([*parts[:, :2].min(axis=0).tolist(), *parts[:, 2:].max(axis=0).tolist()])
    return sorted(hulls)


@prove
@given(scenes())
def test_every_object_comes_out_once_and_complete(scene: tuple[Region, Size, int, Objects]) -> None:
    """With and without overlap, in any number of tiles: as many boxes as objects, each where its object is."""
    bounds, tile, overlap, objects = scene
    tiles = grid(bounds, tile, overlap)

    found = merge([Part(region, see(region, objects)) for region in tiles], bounds, 0.5)

    wanted = hulls_of_what_is_seen(tiles, objects)
    assert len(found) == len(wanted)
    assert np.allclose(rows(found), wanted, rtol=0, atol=1e-6)


@prove
@given(scenes(), st.integers(0, 10**6))
def test_sides_found_a_little_wrong_still_make_one_object(scene: tuple[Region, Size, int, Objects], seed: int) -> None:
    """With every side off by up to a pixel, each object that shows well in all its tiles comes out once, as near."""
    bounds, tile, overlap, objects = scene
    generator = np.random.default_rng(seed)
    tiles = grid(bounds, tile, overlap)
    shows_well = [thing for thing in objects if all(_large_or_unseen(region, thing) for region in tiles)]
    parts = []
    for region in tiles:
        found = see(region, shows_well)
        moved = found.boxes + generator.uniform(-1, 1, found.boxes.shape)
        inside = np.clip(moved, [region.left, region.top] * 2, [region.right, region.bottom] * 2)
        parts.append(Part(region, detections(inside, found.scores, found.class_ids)))

    found = merge(parts, bounds, 0.5)

    wanted = np.array(sorted(shows_well)).reshape(-1, 4)
    assert len(found) == len(wanted)
    distances = np.abs(found.boxes[:, None] - wanted[None]).max(axis=2)
    assert (distances.min(axis=0, initial=np.inf) <= 1 + 1e-6).all()


def _large_or_unseen(region: Region, thing: tuple[float, float, float, float]) -> bool:
    part = [max(thing[0], region.left), max(thing[1], region.top), min(thing[2], region.right)]
    sides = part[2] - part[0], min(thing[3], region.bottom) - part[1]
    return min(sides) <= 0 or min(sides) >= 20


# Cases by hand -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [0, 50])
@pytest.mark.parametrize(
    "thing",
    [(250, 100, 350, 180), (100, 250, 180, 350), (250, 260, 350, 340), (20, 30, 590, 560), (5, 100, 595, 140)],
    ids=["left and right", "above and below", "four tiles", "nearly all", "a long one"],
)
def test_an_object_cut_by_seams_is_one(thing: tuple[float, float, float, float], overlap: int) -> None:
    """Across a seam of either direction, over two by two tiles, and over a row."""
    assert rows(merge(tiled([thing], overlap=overlap), HUNDRED, 0.5)) == [list(map(float, thing))]


@pytest.mark.parametrize("overlap", [0, 20])
def test_an_object_over_four_tiles_in_a_row_is_one(overlap: int) -> None:
    """A pole across a panorama."""
    bounds = Region(0, 0, Size(1200 - 3 * overlap, 300))

    found = merge(tiled([(40.0, 100.0, 1100.0, 130.0)], bounds, overlap=overlap), bounds, 0.5)

    assert rows(found) == [[40, 100, 1100, 130]]


@pytest.mark.parametrize("overlap", [0, 50])
@pytest.mark.parametrize(
    "pair",
    [
        [(250, 100, 350, 150), (250, 150, 350, 200)],
        [(250, 100, 350, 150), (240, 160, 360, 200)],
        [(100, 250, 150, 350), (150, 250, 200, 350)],
        [(250, 260, 350, 300), (250, 310, 350, 340)],
        [(200, 100, 294, 200), (306, 100, 400, 200)],
        [(200, 100, 260, 200), (260, 100, 400, 200)],
    ],
    ids=["touching, above", "above", "touching, beside", "at a crossing", "on both sides", "touching, near a seam"],
)
def test_two_neighbours_stay_two(pair: Objects, overlap: int) -> None:
    """Cut by the same seam, at a crossing of seams, on its two sides, touching each other or not."""
    assert rows(merge(tiled(pair, overlap=overlap), HUNDRED, 0.5)) == [
        list(map(float, thing)) for thing in sorted(pair)
    ]


@pytest.mark.parametrize(("far", "told"), [(290, False), (360, True)], ids=["each fits a tile", "larger than a tile"])
def test_only_an_overview_tells_two_that_touch_at_a_seam(far: float, *, told: bool) -> None:
    """Two alike that meet exactly at a seam are taken for one, unless an overview speaks for both: they fit no tile."""
    pair: Objects = [(100, 300 - far / 2, 300, 300 + far / 2), (300, 300 - far / 2, 500, 300 + far / 2)]
    bounds = Region(0, 0, Size(600, 600))
    tiles = [Region(left, 150, Size(300, 300)) for left in (0, 300)]
    parts = [Part(tile, see(tile, pair)) for tile in tiles]

    low, high = max(150.0, 300 - far / 2), min(450.0, 300 + far / 2)
    assert rows(merge(parts, bounds, 0.5)) == [[100, low, 500, high]]
    both = [list(map(float, thing)) for thing in pair]
    assert rows(merge([*parts, overview(pair)], bounds, 0.5)) == (both if told else [[100, low, 500, high]])


def test_a_hull_has_the_best_score_and_its_class() -> None:
    """Agnostic: the piece that is surest says what it is."""
    left, right = grid(Region(0, 0, Size(600, 300)), Size(300, 300), 0)
    parts = [
        Part(left, detections([[200, 50, 300, 100]], [0.6], [1])),
        Part(right, detections([[300, 50, 400, 100]], [0.7], [2])),
    ]

    found = merge(parts, Region(0, 0, Size(600, 300)), 0.5, agnostic=True)

    assert rows(found) == [[200, 50, 400, 100]]
    assert (found.scores.tolist(), found.class_ids.tolist()) == ([0.7], [2])
    assert len(merge(parts, Region(0, 0, Size(600, 300)), 0.5)) == 2


def test_a_whole_box_makes_its_pieces_vanish() -> None:
    """A better score of the piece changes nothing: box, score and class are those of the whole one."""
    left, right = Region(0, 0, Size(300, 300)), Region(250, 0, Size(300, 300))
    parts = [
        Part(left, detections([[262, 50, 300, 100]], [0.99], [0])),
        Part(right, detections([[262, 50, 400, 100]], [0.3], [0])),
    ]

    found = merge(parts, Region(0, 0, Size(550, 300)), 0.5)

    assert rows(found) == [[262, 50, 400, 100]]
    assert found.scores.tolist() == [0.3]


def test_of_two_whole_ones_the_better_wins() -> None:
    """Seen entirely by two tiles, ordinary NMS decides."""
    left, right = Region(0, 0, Size(300, 300)), Region(200, 0, Size(300, 300))
    parts = [
        Part(left, detections([[220, 50, 280, 100]], [0.6], [0])),
        Part(right, detections([[221, 50, 281, 100]], [0.7], [0])),
    ]

    assert rows(merge(parts, Region(0, 0, Size(500, 300)), 0.5)) == [[221, 50, 281, 100]]


@pytest.mark.parametrize("bounds", [Region(0, 0, Size(600, 300)), Region(300, 0, Size(600, 300))])
def test_nothing_is_joined_at_the_edge_of_the_bounds(bounds: Region) -> None:
    """Where the region of interest ends, a box that touches the edge is whole; at the seam within it is cut."""
    tiles = [Region(left, 0, Size(300, 300)) for left in (0, 300, 600)]
    parts = [Part(tile, see(tile, [(280, 50, 320, 100), (580, 150, 620, 200)])) for tile in tiles]

    joined, apart = ([280, 50, 320, 100], 580) if bounds.left == 0 else ([580, 150, 620, 200], 280)

    found = rows(merge(parts, bounds, 0.5))
    assert joined in found
    assert [box[2] - box[0] for box in found if box[0] in {apart, apart + 20}] == [20, 20]


def test_a_tile_may_reach_beyond_the_image() -> None:
    """An image smaller than its tile has nothing to join."""
    bounds = Region(0, 0, Size(200, 150))

    assert rows(merge(tiled([(150, 100, 200, 150)], bounds), bounds, 0.5)) == [[150, 100, 200, 150]]


# Overview ------------------------------------------------------------------------------------------------------------


LARGE: Objects = [(50, 60, 550, 540)]
RAGGED = [[60, 60, 300, 300], [320, 150, 540, 300], [120, 320, 300, 400], [300, 320, 500, 520]]


def ragged(scores: list[float]) -> list[Part]:
    """Fragments of a large object, one a tile, that no link joins."""
    tiles = grid(HUNDRED, Size(300, 300), 0)
    return [
        Part(region, detections([box], [score], [0])) for region, box, score in zip(tiles, RAGGED, scores, strict=True)
    ]


def test_a_large_object_is_the_box_of_the_overview() -> None:
    """Its fragments vanish, ragged ones that nothing joined too; equal scores are enough."""
    found = merge([*ragged([0.4, 0.1, 0.3, 0.2]), overview(LARGE, 0.4)], HUNDRED, 0.5)

    assert rows(found) == [list(map(float, LARGE[0]))]
    assert found.scores.tolist() == [0.4]


def test_fragments_with_a_better_score_stay() -> None:
    """A worse score replaces no better one: filtered at 0.5, the result holds what the tiles are sure of."""
    found = merge([*ragged([0.9, 0.1, 0.8, 0.2]), overview(LARGE, 0.4)], HUNDRED, 0.5)

    assert rows(found.take(found.scores >= 0.5)) == sorted([list(map(float, RAGGED[0])), list(map(float, RAGGED[2]))])
    assert rows(found.take(found.scores < 0.5)) == [list(map(float, LARGE[0]))]


HULL = [(100.0, 100.0, 500.0, 200.0)]
EQUAL = (105.0, 98.0, 498.0, 203.0)
SMALLER = (100.0, 100.0, 400.0, 180.0)
AROUND = (50.0, 50.0, 310.0, 550.0)


@pytest.mark.parametrize(
    ("objects", "seen"),
    [(HULL, EQUAL), (HULL, SMALLER), ([(180.0, 100.0, 340.0, 160.0)], AROUND)],
    ids=["it equals", "that the overview has smaller", "mostly inside though one piece reaches out"],
)
@pytest.mark.parametrize(("score", "replaced"), [(0.5, True), (0.49, False)])
def test_a_hull_is_replaced_by_an_overview_that_is_as_sure(
    objects: Objects, seen: tuple[float, float, float, float], score: float, *, replaced: bool
) -> None:
    """Equal by IoU or mostly inside, and the overview's score is at least the hull's, 0.5."""
    found = merge([*tiled(objects), overview([seen], score)], HUNDRED, 0.5)

    assert (list(objects[0]) in rows(found)) != replaced
    assert list(seen) in rows(found) or not replaced


def test_of_a_hull_and_the_same_box_of_the_overview_the_better_stays() -> None:
    """A hull that the overview is less sure of suppresses it as any better box does."""
    assert rows(merge([*tiled(HULL), overview([EQUAL], 0.49)], HUNDRED, 0.5)) == [list(HULL[0])]


def test_each_piece_is_compared_with_the_box_that_it_lies_in() -> None:
    """A doubtful piece joined to a sure one: two boxes of the overview, a sure and a doubtful one, replace the hull."""
    left, right = Region(0, 150, Size(300, 300)), Region(300, 150, Size(300, 300))
    pieces = [
        Part(left, detections([[100, 150, 300, 450]], [0.8], [0])),
        Part(right, detections([[300, 150, 500, 450]], [0.2], [0])),
    ]
    two: Objects = [(100, 120, 300, 480), (300, 120, 500, 480)]

    def found(*scores: float) -> Detections:
        return merge([*pieces, Part(HUNDRED, detections(two, scores, [0, 0]), overview=True)], HUNDRED, 0.5)

    both = [list(map(float, thing)) for thing in two]
    assert rows(found(0.8, 0.2)) == both
    assert [100, 150, 500, 450] in rows(found(0.79, 0.9))
    assert [100, 150, 500, 450] in rows(found(0.9, 0.19))


@pytest.mark.parametrize("score", [0.1, 0.99])
def test_the_overview_has_no_say_in_what_a_tile_sees_whole(score: float) -> None:
    """A box within a tile goes whatever its score: on a whole box, around a piece, and where the tile saw nothing."""
    parts = tiled([(40, 40, 100, 90), (250, 400, 350, 450)])
    seen: Objects = [(38, 42, 103, 93), (240, 390, 306, 460), (400, 400, 500, 500)]

    assert rows(merge([*parts, overview(seen, score)], HUNDRED, 0.5)) == [[40, 40, 100, 90], [250, 400, 350, 450]]


@pytest.mark.parametrize(("right", "stays"), [(306.0, False), (306.1, True)])
def test_a_box_within_a_tile_may_reach_out_by_the_margin(right: float, *, stays: bool) -> None:
    """Six pixels for a tile of 300."""
    found = merge([*tiled([]), overview([(100, 100, right, 200)])], HUNDRED, 0.5)

    assert rows(found) == ([[100, 100, right, 200]] if stays else [])


def test_an_overview_alone_keeps_all_its_boxes() -> None:
    """Without tiles nobody has seen more."""
    seen: Objects = [(38, 42, 103, 93), (100, 100, 500, 500)]

    assert rows(merge([overview(seen)], HUNDRED, 0.5)) == [list(map(float, thing)) for thing in seen]


def test_a_whole_box_of_a_tile_beats_the_overview() -> None:
    """It has seen more pixels, whatever the scores, even where the overview's box is too large for the tile."""
    found = merge([*tiled([(8, 8, 292, 292)]), overview([(8, 8, 320, 310)], 0.99)], HUNDRED, 0.5)

    assert rows(found) == [[8, 8, 292, 292]]


def test_small_whole_objects_within_a_large_one_stay() -> None:
    """A child in front of a bus is no fragment of it."""
    found = merge([*tiled([(100, 100, 130, 180)]), overview([(50, 50, 550, 550)])], HUNDRED, 0.5)

    assert rows(found) == [[50, 50, 550, 550], [100, 100, 130, 180]]


@pytest.mark.parametrize("agnostic", [False, True])
def test_an_overview_replaces_fragments_of_its_class(*, agnostic: bool) -> None:
    """Those of another class stay, unless classes do not count."""
    found = merge(
        [*tiled([(250, 200, 350, 260)]), overview([(50, 50, 550, 550)], class_id=1)], HUNDRED, 0.5, agnostic=agnostic
    )

    assert len(found) == (1 if agnostic else 2)


def test_what_only_the_overview_has_seen_is_found() -> None:
    """Tiles that saw nothing do not hide it."""
    assert rows(merge([*tiled([]), overview([(50, 50, 550, 550)])], HUNDRED, 0.5)) == [[50, 50, 550, 550]]


# A lower threshold ----------------------------------------------------------------------------------------------------
#
# To merge with a low threshold and to filter afterwards at t should lose nothing that t alone would find. It does not
# hold of all boxes below t. A doubtful piece lengthens the hull of a sure one, a doubtful whole box replaces a sure
# piece of itself, or a sure box of the overview, and a link of a doubtful piece may take the place of a sure one's.


def sure(found: Detections, threshold: float) -> tuple[bytes, bytes, bytes]:
    return bits(found.take(found.scores >= threshold))


@prove
@given(seed=st.integers(0, 10**6), overlap=st.sampled_from([0, 30]), agnostic=st.booleans())
def test_doubtful_boxes_of_the_overview_change_nothing_for_tiles_that_are_sure(
    seed: int, overlap: int, *, agnostic: bool
) -> None:
    """Whatever the overview has below t, what is found from t up is the same, bit for bit, if all tiles are above t."""
    parts = scored(crowd(seed, overlap), 0.5, 1.0)
    doubtful = scored([part for part in crowd(seed + 1, overlap) if part.overview], 0.0, 0.499)

    found = merge(parts, HUNDRED, 0.5, agnostic=agnostic)

    assert sure(merge([*parts, *doubtful], HUNDRED, 0.5, agnostic=agnostic), 0.5) == bits(found)


@prove
@given(seed=st.integers(0, 10**6), agnostic=st.booleans())
def test_doubtful_whole_boxes_change_nothing_in_tiles_that_do_not_overlap(seed: int, *, agnostic: bool) -> None:
    """What is cut nowhere has no link across a seam: whatever of it is below t, what is above t stays, bit for bit."""
    parts = [part for part in scored(crowd(seed, 0), 0.5, 1.0) if not part.overview]
    doubtful = []
    for part in scored(crowd(seed + 1, 0), 0.0, 0.499):
        low = np.array([part.region.left, part.region.top] * 2) + 5.0
        doubtful.append(replace(part, found=replace(part.found, boxes=np.clip(part.found.boxes, low, low + 190.0))))

    found = merge(parts, HUNDRED, 0.5, agnostic=agnostic)

    assert sure(merge([*parts, *doubtful], HUNDRED, 0.5, agnostic=agnostic), 0.5) == bits(found)


def scored(parts: list[Part], low: float, high: float) -> list[Part]:
    """The same with scores from low to high."""
    return [replace(part, found=replace(part.found, scores=low + part.found.scores * (high - low))) for part in parts]


@prove
@given(scenes(), st.integers(0, 10**6))
def test_an_unsure_overview_hides_no_object(scene: tuple[Region, Size, int, Objects], seed: int) -> None:
    """An overview that sees boxes anywhere, less sure than the tiles: every object still comes out, complete."""
    bounds, tile, overlap, objects = scene
    generator = np.random.default_rng(seed)
    tiles = grid(bounds, tile, overlap)
    parts = [Part(region, see(region, objects)) for region in tiles]
    low = generator.uniform((bounds.left, bounds.top), (bounds.right, bounds.bottom), (30, 2))
    boxes = np.hstack([low, low + generator.uniform(50, 500, (30, 2))])
    ghosts = Part(bounds, detections(boxes, generator.uniform(0, 0.49, 30), [0] * 30), overview=True)

    found = merge([*parts, ghosts], bounds, 0.5)

    wanted = hulls_of_what_is_seen(tiles, objects)
    assert np.allclose(rows(found.take(found.scores >= 0.5)), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("score", [0.2, 0.9])
def test_a_doubtful_piece_lengthens_a_hull(score: float) -> None:
    """One score is as good as another for a link: the hull has the better one."""
    tiles = grid(Region(0, 0, Size(600, 300)), Size(300, 300), 0)
    parts = [
        Part(tiles[0], detections([[200, 50, 300, 100]], [0.9], [0])),
        Part(tiles[1], detections([[300, 50, 400, 100]], [score], [0])),
    ]

    found = merge(parts, Region(0, 0, Size(600, 300)), 0.5)

    assert (rows(found), found.scores.tolist()) == ([[200, 50, 400, 100]], [0.9])


# Any input -----------------------------------------------------------------------------------------------------------


def crowd(seed: int, overlap: int) -> list[Part]:
    """Many random boxes, ties in score and place, boxes at the seams, and an overview."""
    generator = np.random.default_rng(seed)
    parts = []
    for region in [*grid(HUNDRED, Size(200, 200), overlap), HUNDRED]:
        corners = generator.integers(0, 40, (40, 4)) * region.size.width / 40 + [region.left, region.top] * 2
        scores = generator.integers(1, 8, 40) / 8
        found = detections(corners, scores, generator.integers(0, 2, 40))
        parts.append(Part(region, found, overview=region == HUNDRED))
    return parts


@pytest.mark.parametrize("agnostic", [False, True])
@pytest.mark.parametrize("overlap", [0, 30])
@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_the_input_makes_no_difference(seed: int, overlap: int, *, agnostic: bool) -> None:
    """Parts and boxes in any order give the same result, bit for bit and in the same order."""
    parts = crowd(seed, overlap)
    generator = np.random.default_rng(seed)
    shuffled = [
        Part(part.region, part.found.take(generator.permutation(len(part.found))), part.overview) for part in parts
    ]
    random.Random(seed).shuffle(shuffled)

    found = merge(parts, HUNDRED, 0.5, agnostic=agnostic)

    assert len(found) > 10
    assert bits(merge(shuffled, HUNDRED, 0.5, agnostic=agnostic)) == bits(found)


@pytest.mark.parametrize("swapped", [(0, 1), (1, 0), (1, 1)])
def test_links_that_agree_equally_have_an_order_of_their_own(swapped: tuple[int, int]) -> None:
    """Two on either side of a seam, all with the same extent along it: the same two come out however they came in."""
    tiles = grid(Region(0, 0, Size(600, 300)), Size(300, 300), 0)
    boxes = [[[200, 50, 300, 100], [290, 50, 300, 100]], [[300, 50, 350, 100], [300, 50, 400, 100]]]

    def of(turns: tuple[int, int]) -> Detections:
        parts = [
            Part(tile, detections(found[::-1] if turn else found, [0.5, 0.5], [0, 0]))
            for tile, found, turn in zip(tiles, boxes, turns, strict=True)
        ]
        return merge(parts, Region(0, 0, Size(600, 300)), 0.9)

    assert rows(of((0, 0))) == [[200, 50, 350, 100], [290, 50, 400, 100]]
    assert bits(of(swapped)) == bits(of((0, 0)))


def test_a_tile_given_in_two_parts_is_one_tile() -> None:
    """Parts of the same region belong together."""
    parts = crowd(1, 30)
    halves = [
        Part(part.region, part.found.take(np.arange(start, len(part.found), 2)), part.overview)
        for part in parts
        for start in (1, 0)
    ]

    assert bits(merge(halves, HUNDRED, 0.5)) == bits(merge(parts, HUNDRED, 0.5))


@pytest.mark.parametrize("seed", range(3))
def test_the_result_is_suppressed_and_in_order(seed: int) -> None:
    """NMS of it changes nothing."""
    found = merge(crowd(seed, 30), HUNDRED, 0.45)

    assert suppress(found, 0.45).tolist() == list(range(len(found)))


def test_one_tile_is_ordinary_suppression() -> None:
    """Nothing is cut where the tile is the image."""
    found = crowd(4, 0)[-1].found
    sound = found.take((found.boxes[:, 2:] > found.boxes[:, :2]).all(axis=1))

    assert bits(merge([Part(HUNDRED, found)], HUNDRED, 0.5)) == bits(sound.take(suppress(sound, 0.5)))


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Part(HUNDRED, nothing())],
        [Part(HUNDRED, nothing(), overview=True)],
        tiled([]),
        [Part(HUNDRED, detections([[np.nan, 0, 1, 1], [5, 5, 5, 9], [9, 9, 1, 1]], [0.5] * 3, [0] * 3))],
    ],
)
def test_nothing_gives_nothing(parts: list[Part]) -> None:
    """No parts, empty parts, and boxes that are none."""
    assert len(merge(parts, HUNDRED, 0.5)) == 0


def test_boxes_outside_of_their_tile_or_of_the_bounds_do_no_harm() -> None:
    """They come out as they are."""
    tiles = grid(HUNDRED, Size(300, 300), 0)
    far = [[5000.0, 5000, 5010, 5010], [-900, -900, -800, -800], [400, 400, 420, 420]]

    found = merge([Part(tiles[0], detections(far, [0.5] * 3, [0, 1, 2])), *tiled([])[1:]], HUNDRED, 0.5)

    assert rows(found) == sorted(far)


def test_many_tiles_are_no_burden() -> None:
    """Ten thousand tiles, with an object across every other crossing of seams: each comes out once."""
    bounds = Region(0, 0, Size(4000, 4000))
    things = [[x - 12.0, y - 12.0, x + 12.0, y + 12.0] for x in range(40, 4000, 80) for y in range(40, 4000, 80)]
    parts = []
    for region in grid(bounds, Size(40, 40), 0):
        x, y = region.left % 80, region.top % 80  # 0: the tile's right or lower corner is the crossing, 40: the other
        left, top = region.left + (0 if x else 28), region.top + (0 if y else 28)
        parts.append(Part(region, detections([[left, top, left + 12, top + 12]], [0.5], [0])))

    assert len(parts) == 10_000
    assert rows(merge(parts, bounds, 0.5)) == things
