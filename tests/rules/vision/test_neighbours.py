"""The index finds every overlapping pair: checked against comparing each with each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.vision import neighbours
from vedette.rules.vision.boxes import columns, iou
from vedette.rules.vision.neighbours import among, joined, overlapping

prove = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def crowd(seed: int, count: int, spread: float, largest: float) -> np.ndarray:
    """Boxes whose sides differ by up to four orders of magnitude."""
    generator = np.random.default_rng(seed)
    corners = generator.uniform(-spread, spread, (count, 2))
    return np.hstack([corners, corners + largest * 10 ** generator.uniform(-4, 0, (count, 2))])


def each_with_each(a: np.ndarray, a_groups: np.ndarray, b: np.ndarray, b_groups: np.ndarray, threshold: float) -> set:
    hits = (iou(a, b) > threshold) & (a_groups[:, None] == b_groups[None])
    return set(zip(*(rows.tolist() for rows in np.nonzero(hits)), strict=True))


@prove
@given(
    st.integers(0, 10**6),
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from([0.0, 1.0, 100.0, 1e7]),
    st.floats(0.01, 5000),
    st.integers(1, 5),
    st.floats(0, 1),
    st.sampled_from([0, 0, 10**6]),
)
def test_every_pair_is_found_once(
    seed: int, count: int, others: int, spread: float, largest: float, groups: int, threshold: float, each: int
) -> None:
    """Whatever the sizes, places, groups, threshold and way: the pairs are those of the full matrix, with their IoU."""
    generator = np.random.default_rng(seed)
    a, b = crowd(seed, count, spread, largest), crowd(seed + 1, others, spread, largest)
    same = min(count, others) // 2
    b[:same] = a[:same]
    a_groups, b_groups = generator.integers(0, groups, len(a)), generator.integers(0, groups, len(b))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_EACH_WITH_EACH", each)
        found = joined(overlapping(columns(a), a_groups, columns(b), b_groups, threshold))

    pairs = list(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == each_with_each(a, a_groups, b, b_groups, threshold)
    assert (found.iou == iou(a, b)[found.a, found.b]).all()


@prove
@given(
    st.integers(0, 10**6),
    st.integers(0, 90),
    st.sampled_from([0.0, 1.0, 100.0, 1e7]),
    st.floats(0.01, 5000),
    st.integers(1, 5),
    st.floats(0, 1),
    st.sampled_from([0, 0, 10**6]),
)
def test_among_one_list_every_pair_is_found_once(
    seed: int, count: int, spread: float, largest: float, groups: int, threshold: float, each: int
) -> None:
    """The pairs are those above the diagonal of the full matrix, with their IoU; some boxes are there twice."""
    boxes = crowd(seed, count, spread, largest)
    boxes[: count // 3] = boxes[count - count // 3 :]
    numbers = np.random.default_rng(seed).integers(0, groups, count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_EACH_WITH_EACH", each)
        found = among(columns(boxes), numbers, threshold)

    assert found is not None
    pairs = list(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    wanted = each_with_each(boxes, numbers, boxes, numbers, threshold)
    assert set(pairs) == {(a, b) for a, b in wanted if a < b}
    assert (found.iou == iou(boxes, boxes)[found.a, found.b]).all()


@pytest.mark.parametrize(("most", "given_up"), [(300 * 299 // 2 - 1, True), (300 * 299 // 2, False)])
def test_a_crowd_may_be_too_much_to_compare(most: int, *, given_up: bool) -> None:
    """Three hundred equal boxes are 44850 pairs, each of them a candidate once."""
    boxes = columns(np.tile([0.0, 0, 10, 10], (300, 1)))

    assert (among(boxes, np.zeros(300, np.int64), 0.5, most) is None) == given_up


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5])
def test_a_crowd_on_one_spot_is_compared_in_blocks(monkeypatch: pytest.MonkeyPatch, threshold: float) -> None:
    """No block holds many more candidates than it may, and together they hold every pair."""
    monkeypatch.setattr(neighbours, "_CANDIDATES", 500)
    boxes = crowd(3, 300, 1.0, 100.0)
    groups = np.zeros(len(boxes), np.int64)

    blocks = list(overlapping(columns(boxes), groups, columns(boxes), groups, threshold))

    found = {pair for block in blocks for pair in zip(block.a.tolist(), block.b.tolist(), strict=True)}
    assert found == each_with_each(boxes, groups, boxes, groups, threshold)
    assert max(len(block.a) for block in blocks) <= 500 + len(boxes)
    assert len(blocks) > 1


def test_great_numbers_of_groups_are_kept_apart() -> None:
    """A hundred thousand groups on one spot give a pair each."""
    groups = np.arange(100_000)
    boxes = columns(np.tile([1000.0, 1000, 1030, 1040], (len(groups), 1)))

    found = joined(overlapping(boxes, groups, boxes, groups, 0.5))

    assert (np.sort(found.a) == groups).all()
    assert (found.a == found.b).all()


@pytest.mark.parametrize(("count", "others"), [(0, 3), (3, 0), (0, 0)])
def test_without_boxes_there_are_no_pairs(count: int, others: int) -> None:
    """Either side may be empty."""
    boxes = np.tile([0.0, 0, 1, 1], (3, 1))

    found = joined(
        overlapping(
            columns(boxes[:count]), np.zeros(count, np.int64), columns(boxes[:others]), np.zeros(others, np.int64), 0.5
        )
    )

    assert len(found.a) == len(found.b) == len(found.iou) == 0
