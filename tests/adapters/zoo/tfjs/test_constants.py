"""Shapes that a graph computes with, and rows it fills."""

from __future__ import annotations

import numpy as np
import pytest
from tfjs_graphs import Converted, images, topology

from vedette.errors import UnsupportedError
from vedette.values.frame import Size

TAKE = {"shrink_axis_mask": {"i": "1"}}


@pytest.mark.parametrize("size", [Size(5, 4), Size(7, 6)])
def test_a_shape_made_in_the_graph(size: Size) -> None:
    """shape(x)[0] packed with numbers is what reshape takes, at the saved size and at another."""
    graph = topology(
        ("shape", "Shape", "x"),
        ("first", "StridedSlice", "shape zero one one", TAKE),
        ("wanted", "Pack", "first rows three"),
        ("y", "Reshape", "x wanted"),
        zero=np.int32([0]),
        one=np.int32([1]),
        rows=np.int32(-1),
        three=np.int32(3),
    )
    pixels = images(2, size.height, size.width, 3)

    np.testing.assert_array_equal(Converted(graph, "y", (1, 4, 5, 3), size)(pixels), pixels.reshape(2, -1, 3))


def test_a_row_filled_at_its_places() -> None:
    """The default everywhere but at the places that are listed; none may be listed."""
    rows = {"some": np.int32([[2], [0]]), "none": np.zeros((0, 1), np.int32)}
    for places, expected in (("some", [5, 9, 4]), ("none", [9, 9, 9])):
        values = np.float32([4, 5] if places == "some" else [])
        graph = topology(
            ("row", "SparseToDense", f"{places} three values nine"),
            ("y", "Mul", "x row"),
            three=np.int32([3]),
            values=values,
            nine=np.float32(9),
            **rows,
        )
        pixels = images(2, 2, 2, 3)

        np.testing.assert_allclose(Converted(graph, "y", (1, 2, 2, 3))(pixels), pixels * expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (("c", "StridedSlice", "row zero zero zero"), "it takes more than one number"),
        (("c", "StridedSlice", "table zero zero zero", TAKE), "it takes more than one number"),
        (("c", "SparseToDense", "table two row zero"), "it makes more than a row"),
        (("c", "Shape", "row"), "input 0 is a constant"),
        (("c", "Pack", "row x"), "input 1 is not a constant"),
    ],
)
def test_what_is_not_covered_is_told(node: tuple[str, str, str], reason: str) -> None:
    """Node and reason are in the message."""
    graph = topology(
        node,
        ("y", "Mul", "x c"),
        row=np.int32([1, 2]),
        table=np.int32([[1, 2]]),
        zero=np.int32([0]),
        two=np.int32([2, 2]),
    )

    with pytest.raises(UnsupportedError, match=f" c cannot be converted: {reason}"):
        Converted(graph, "y", (1, 2, 2, 3))
