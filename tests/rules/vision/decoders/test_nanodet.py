"""NanoDet and NanoDet-Plus, against a loop over the published formula."""

from __future__ import annotations

import numpy as np
import pytest
from detector_cases import Object, assert_found, cells, decoding, sigmoid, softmax

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.nanodet import decode_nanodet, decode_nanodet_plus, expected_bin
from vedette.values.manifest import Activation

DRAW = np.random.default_rng(5)


def heads(width: int, height: int, strides, bins: int = 8) -> tuple[np.ndarray, np.ndarray]:
    count = len(cells(width, height, strides))
    scores = DRAW.random((count, 3), np.float32)
    return scores, DRAW.normal(0, 2, (count, 4 * bins)).astype(np.float32)


def objects(scores, bins, width: int, height: int, strides, *, middle: float) -> list[Object]:
    found = []
    for row, (x, y, stride) in enumerate(cells(width, height, strides)):
        means = [sum(i * p for i, p in enumerate(softmax(side))) * stride for side in bins[row].reshape(4, -1)]
        px, py = (x + middle) * stride, (y + middle) * stride
        box = (px - means[0], py - means[1], px + means[2], py + means[3])
        found += [(box, float(score), k) for k, score in enumerate(scores[row]) if score >= 0.5]
    return found


@pytest.mark.parametrize(("width", "height"), [(64, 64), (96, 64), (100, 52)])
@pytest.mark.parametrize("bins", [8, 11])
def test_nanodet_measures_from_the_middle(width: int, height: int, bins: int) -> None:
    """All cells in two tables in either order, or in one table; sides that the stride does not divide round up."""
    scores, distances = heads(width, height, (8, 16, 32), bins)
    expected = objects(scores, distances, width, height, (8, 16, 32), middle=0.5)

    for outputs in (
        [scores, distances],
        [distances, scores],
        [scores[None], distances[None]],
        [np.hstack([scores, distances])],
    ):
        assert_found(decode_nanodet(outputs, decoding(width, height)), expected)


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [2, 1, 0, 5, 4, 3], [0, 3, 1, 4, 2, 5]])
@pytest.mark.parametrize("layout", ["rows", "last", "first"])
def test_nanodet_one_output_a_stride(order: list[int], layout: str) -> None:
    """Scores and distances of each stride apart, in any order, as rows or as maps."""
    scores, distances = heads(96, 64, (8, 16, 32))
    expected = objects(scores, distances, 96, 64, (8, 16, 32), middle=0.5)
    parts, start = [], 0
    for stride in (8, 16, 32):
        rows, columns = 64 // stride, 96 // stride
        for table in (scores, distances):
            part = table[start : start + rows * columns]
            as_map = part.reshape(rows, columns, -1)
            parts.append({"rows": part, "last": as_map, "first": as_map.transpose(2, 0, 1)}[layout])
        start += rows * columns
    outputs = parts[::2] + parts[1::2]

    assert_found(decode_nanodet([outputs[index] for index in order], decoding(96, 64)), expected)


@pytest.mark.parametrize("strides", [(8, 16, 32, 64), (8, 16, 32)])
def test_nanodet_plus_measures_from_the_corner(strides) -> None:
    """One table; four strides unless the manifest names others."""
    scores, distances = heads(128, 64, strides)
    given = {} if len(strides) == 4 else {"strides": strides}
    found = decode_nanodet_plus([np.hstack([scores, distances])], decoding(128, 64, **given))

    assert_found(found, objects(scores, distances, 128, 64, strides, middle=0))


def test_scores_may_be_logits() -> None:
    """`activation: sigmoid`."""
    logits, distances = DRAW.normal(0, 2, (84, 3)).astype(np.float32), np.zeros((84, 32), np.float32)
    chances = np.array([[sigmoid(float(x)) for x in row] for row in logits])
    found = decode_nanodet([logits, distances], decoding(activation=Activation.SIGMOID))

    assert_found(found, objects(chances, distances, 64, 64, (8, 16, 32), middle=0.5))


def test_one_sure_bin_is_the_distance() -> None:
    """All the weight on bin 5 is 5, and equal weights are the middle."""
    bins = np.zeros((1, 32), np.float32)
    bins[0, 5] = 100

    assert expected_bin(bins)[0] == pytest.approx([5, 3.5, 3.5, 3.5])


@pytest.mark.parametrize(
    ("decode", "shapes"),
    [
        (decode_nanodet, [(84, 3), (84, 30)]),
        (decode_nanodet, [(83, 3), (83, 32)]),
        (decode_nanodet, [(84, 5), (84, 32)]),
        (decode_nanodet, [(84, 3), (83, 32)]),
        (decode_nanodet, [(64, 3), (16, 3), (4, 3), (64, 32), (16, 32), (5, 32)]),
        (decode_nanodet, [(64, 3), (16, 3), (4, 3), (64, 32), (16, 32), (4, 28)]),
        (decode_nanodet, [(84,)]),
        (decode_nanodet, []),
        (decode_nanodet_plus, [(84, 35)]),
    ],
)
def test_other_shapes_are_refused(decode, shapes) -> None:
    """Other strides, other labels, other bins, or levels that do not belong together."""
    with pytest.raises(InvalidError, match="does not read with 3 labels"):
        decode([np.zeros(shape, np.float32) for shape in shapes], decoding())


def test_bad_numbers_do_not_crash() -> None:
    """Distances that are none give a box that is none."""
    scores, distances = heads(64, 64, (8, 16, 32))
    distances[:] = np.inf

    assert not np.isfinite(decode_nanodet([scores, distances], decoding()).boxes).any()
