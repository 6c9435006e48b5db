"""Groups of boxes, checked against taking the links one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.vision.grouping import group
from vedette.rules.vision.neighbours import Pairs

prove = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def pairs(*links: tuple[int, int, float]) -> Pairs:
    table = np.array(links, float).reshape(-1, 3)
    return Pairs(table[:, 0].astype(np.intp), table[:, 1].astype(np.intp), table[:, 2])


def partition(labels: list[int]) -> set[frozenset[int]]:
    return {frozenset(row for row, other in enumerate(labels) if other == label) for label in labels}


def one_by_one(tile: list[int], links: list[tuple[int, int, float]]) -> set[frozenset[int]]:
    """Sort the links; join two sets unless they hold boxes of one tile."""
    sets = [{row} for row in range(len(tile))]
    for a, b, _ in sorted(links, key=lambda link: (-link[2], link[0], link[1])):
        if sets[a] is not sets[b] and not {tile[row] for row in sets[a]} & {tile[row] for row in sets[b]}:
            union = sets[a] | sets[b]
            for row in union:
                sets[row] = union
    return {frozenset(found) for found in sets}


@st.composite
def puzzles(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int, float]]]:
    """Boxes of a few tiles, or of tiles with great numbers, and links between them with many ties."""
    stride = draw(st.sampled_from([1, 50]))
    tile = [stride * number for number in draw(st.lists(st.integers(0, 5), min_size=2, max_size=16))]
    row = st.integers(0, len(tile) - 1)
    found = draw(st.lists(st.tuples(row, row, st.sampled_from([0.6, 0.7, 0.8, 0.9])), max_size=40))
    unique = {(min(a, b), max(a, b)): (min(a, b), max(a, b), iou) for a, b, iou in found if tile[a] != tile[b]}
    return tile, list(unique.values())


@prove
@given(puzzles())
def test_rounds_give_what_one_by_one_gives(puzzle: tuple[list[int], list[tuple[int, int, float]]]) -> None:
    """Best link first, none that brings two boxes of one tile together."""
    tile, links = puzzle

    labels = group(np.array(tile), pairs(*links))

    assert partition(labels.tolist()) == one_by_one(tile, links)


@prove
@given(puzzles(), st.randoms())
def test_the_order_of_the_links_makes_no_difference(
    puzzle: tuple[list[int], list[tuple[int, int, float]]], random: object
) -> None:
    """Shuffled links give the same labels."""
    tile, links = puzzle
    shuffled = list(links)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert group(np.array(tile), pairs(*shuffled)).tolist() == group(np.array(tile), pairs(*links)).tolist()


def test_without_links_each_box_is_alone() -> None:
    """As many groups as boxes, and none of none."""
    assert group(np.array([0, 0, 1]), pairs()).tolist() == [0, 1, 2]
    assert group(np.array([], int), pairs()).tolist() == []


def test_a_row_of_tiles_is_one_group() -> None:
    """0-1-2-3, each in the next tile."""
    labels = group(np.arange(4), pairs((0, 1, 0.9), (1, 2, 0.8), (2, 3, 0.95)))

    assert len(set(labels.tolist())) == 1


def test_a_tile_has_one_box_in_a_group() -> None:
    """Of two boxes of tile 1 the one that agrees better is taken; the other stays alone."""
    labels = group(np.array([0, 1, 1]), pairs((0, 1, 0.7), (0, 2, 0.8))).tolist()

    assert labels[0] == labels[2] != labels[1]
