"""Operators that move numbers, against numpy, and at another input size than the saved one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tfjs_graphs import Converted, images, integers, text, topology

from vedette.adapters.zoo.tfjs.shaping import resized
from vedette.errors import UnsupportedError
from vedette.values.frame import Size

SIDES = st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple)


def test_transposes_only_change_the_view() -> None:
    """Three of them in a row cost one in the end, and none where the order is the stored one."""
    there, back = np.int32([0, 3, 1, 2]), np.int32([0, 2, 3, 1])
    nodes = [("a", "Transpose", "x there"), ("b", "Sigmoid", "a"), ("c", "Transpose", "b back")]
    graph = topology(*nodes, there=there, back=back)
    pixels = images(2, 4, 5, 3)

    assert Converted(graph, "b", (1, 4, 5, 3)).operators == ["Sigmoid"]
    np.testing.assert_allclose(Converted(graph, "c", (1, 4, 5, 3))(pixels), 1 / (1 + np.exp(-pixels)), rtol=1e-5)


@pytest.mark.parametrize("wanted", [(1, 4, -1), (1, 60), (1, 2, 2, 5, 3), (-1, 20, 3)])
def test_a_reshape_reads_in_tensorflows_order(wanted: tuple[int, ...]) -> None:
    """The stored NCHW tensor is transposed first; the batch stays open."""
    pixels = images(2, 4, 5, 3)
    converted = Converted(topology(("y", "Reshape", "x s"), s=np.int32(wanted)), "y", (1, 4, 5, 3))
    sides = (20, 3) if wanted[0] == -1 else wanted[1:]

    np.testing.assert_array_equal(converted(pixels), pixels.reshape(2, *sides))


def test_a_shuffle_of_channels_at_another_size() -> None:
    """Saved for 4 x 6, converted for 8 x 4: the sizes written in the graph follow."""
    graph = topology(
        ("s", "SplitV", "x one_two axis"),
        ("d", "ConcatV2", "x s axis"),
        ("r", "Reshape", "d groups"),
        ("t", "Transpose", "r swap"),
        ("y", "Reshape", "t joined"),
        ("z", "Reshape", "y rows"),
        one_two=np.int32([1, 2]),
        axis=np.int32(1),
        groups=np.int32([1, 2, 2, 4, 6]),
        swap=np.int32([0, 2, 1, 3, 4]),
        joined=np.int32([1, -1, 4, 6]),
        rows=np.int32([1, 4, -1]),
    )
    for size in (Size(6, 4), Size(4, 8)):
        pixels = images(2, 3, size.height, size.width)
        expected = np.concatenate([pixels, pixels[:, :1]], axis=1)[:, [0, 2, 1, 3]]
        found = Converted(graph, "z", (1, 3, 4, 6), size)(pixels)
        np.testing.assert_array_equal(found, expected.reshape(2, 4, -1))


@given(SIDES, SIDES)
def test_at_the_saved_size_a_reshape_is_itself(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Nothing changed: the answer is what the graph says; other numbers of numbers are refused."""
    same = math.prod(before) == math.prod(after)

    assert resized(before, before, after) == (after if same else None)


@given(SIDES, st.data())
def test_a_reshape_at_another_size_keeps_every_number(before: tuple[int, ...], data: st.DataObject) -> None:
    """Whatever is decided has as many numbers as go in; sides that are joined give their product."""
    cut = data.draw(st.integers(0, len(before)))
    after = (*before[:cut], math.prod(before[cut:]))
    actual = tuple(data.draw(st.integers(1, 6)) for _ in before)
    found = resized(before, actual, after)

    assert found is None or math.prod(found) == math.prod(actual)


def test_joined_sides_and_split_channels() -> None:
    """The two reshapes of detectors, by hand."""
    assert resized((1, 80, 52, 52), (1, 80, 40, 40), (1, 80, 2704)) == (1, 80, 1600)
    assert resized((1, 116, 52, 52), (1, 116, 40, 20), (1, 2, 58, 52, 52)) == (1, 2, 58, 40, 20)
    assert resized((1, 2704, 80), (1, 1600, 80), (1, 52, 52, 80)) is None


@pytest.mark.parametrize("axis", [3, -1, 1])
def test_concatenate_and_split_undo_each_other(axis: int) -> None:
    """The axis is TensorFlow's, wherever the stored tensor has it; another order of the second is brought in line."""
    graph = topology(
        ("t", "Transpose", "x swap"),
        ("c", "ConcatV2", "x t x axis"),
        ("s", "SplitV", "c sizes axis"),
        ("y", "Identity", "s:1"),
        swap=np.int32([0, 2, 1, 3]),
        axis=np.int32(axis),
        sizes=np.int32([3, 3, 3] if axis != 1 else [4, 4, 4]),
    )
    pixels = images(2, 4, 4, 3)
    turned = pixels.transpose(0, 2, 1, 3)

    np.testing.assert_array_equal(
        Converted(graph, "c", (1, 4, 4, 3))(pixels), np.concatenate([pixels, turned, pixels], axis=axis)
    )
    np.testing.assert_array_equal(Converted(graph, "y", (1, 4, 4, 3))(pixels), turned)


def bilinear(pixels: np.ndarray, height: int, width: int, mode: str) -> np.ndarray:
    """Each new pixel is mixed of the four around its place in the old image."""

    def places(old: int, new: int) -> np.ndarray:
        index = np.arange(new)
        if mode == "align_corners":
            return index * (old - 1) / (new - 1)
        return (index + 0.5) * old / new - 0.5 if mode == "half_pixel_centers" else index * old / new

    def mixed(array: np.ndarray, old: int, new: int, axis: int) -> np.ndarray:
        at = np.clip(places(old, new), 0, old - 1)
        low = np.floor(at).astype(int)
        high, share = np.minimum(low + 1, old - 1), (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        return np.take(array, low, axis) * (1 - share) + np.take(array, high, axis) * share

    return mixed(mixed(pixels.astype(np.float64), pixels.shape[1], height, 1), pixels.shape[2], width, 2)


@pytest.mark.parametrize("mode", ["align_corners", "half_pixel_centers", "neither"])
@pytest.mark.parametrize(("height", "width"), [(8, 12), (2, 3), (8, 3)])
def test_resize_bilinear(mode: str, height: int, width: int) -> None:
    """TensorFlow's three ways to place pixels, larger and smaller; smaller ones are not averaged."""
    graph = topology(("y", "ResizeBilinear", "x s", {mode: {"b": True}}), s=np.int32([height, width]))
    pixels = images(2, 4, 6, 3)

    np.testing.assert_allclose(
        Converted(graph, "y", (1, 4, 6, 3))(pixels), bilinear(pixels, height, width, mode), rtol=1e-5, atol=1e-6
    )


def test_resize_keeps_its_ratio_at_another_size() -> None:
    """Saved to double 4 x 6, it doubles 10 x 2 too."""
    graph = topology(("y", "ResizeBilinear", "x s", {"half_pixel_centers": {"b": True}}), s=np.int32([8, 12]))
    converted, pixels = Converted(graph, "y", (1, 4, 6, 3), Size(2, 10)), images(2, 10, 2, 3)

    assert converted.view.shape == (1, 20, 4, 3)
    np.testing.assert_allclose(converted(pixels), bilinear(pixels, 20, 4, "half_pixel_centers"), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("node", "size", "reason"),
    [
        (("y", "ResizeBilinear", "x small"), Size(4, 5), "from 5 by 2/4 gives no whole pixels"),
        (("y", "Reshape", "x batch"), None, "to .2, 24."),
        (("y", "Reshape", "x wrong"), None, "from .1, 4, 4, 3. to .1, 7."),
        (("y", "Reshape", "x parts"), Size(2, 8), "for .1, 8, 2, 3."),
        (("y", "Transpose", "x moved"), None, "it moves the batch"),
        (("y", "SplitV", "x wrong last"), None, "parts .1, 7. of 3"),
        (("y", "Conv2D", "x x", {"padding": text("VALID"), "strides": integers(1, 1, 1, 1)}), None, "not a constant"),
    ],
)
def test_what_is_not_covered_is_told(node: tuple[str, str, str], size: Size | None, reason: str) -> None:
    """Node and reason are in the message."""
    constants = {"small": [2, 2], "batch": [2, 24], "wrong": [1, 7], "parts": [1, 2, 8, 3], "moved": [1, 0, 2, 3]}
    graph = topology(node, last=np.int32(3), **{name: np.int32(value) for name, value in constants.items()})

    with pytest.raises(UnsupportedError, match=f" y cannot be converted: .*{reason}"):
        Converted(graph, "y", (1, 4, 4, 3), size)
