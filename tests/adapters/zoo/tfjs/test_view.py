"""Views of stored tensors, and convolutions that wait."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.zoo.tfjs.view import NHWC, Convolution, Stored, View

ORDERS = st.permutations(range(1, 4)).map(lambda last: (0, *last))


def seen(stored: np.ndarray, view: View) -> np.ndarray:
    """TensorFlow's tensor out of the stored one."""
    return stored.transpose(view.order)


@given(ORDERS, st.lists(ORDERS, max_size=3))
def test_transposing_the_view_is_transposing_the_tensor(
    order: tuple[int, ...], transposes: list[tuple[int, ...]]
) -> None:
    """However often, the view tells where every number is; shapes follow."""
    stored = np.arange(24).reshape(1, 2, 3, 4)
    view = View(Stored("t"), order, stored.transpose(order).shape, stored.transpose(order).shape)
    expected = seen(stored, view)
    for places in transposes:
        view, expected = view.transposed(places), expected.transpose(places)

    np.testing.assert_array_equal(seen(stored, view), expected)
    assert view.shape == view.saved == expected.shape


@given(ORDERS, st.integers(0, 4))
def test_an_aligned_constant_meets_the_same_numbers(order: tuple[int, ...], rank: int) -> None:
    """Stored sum, seen, is the sum of what is seen."""
    stored = np.arange(24).reshape(1, 2, 3, 4)
    view = View(Stored("t"), order, stored.transpose(order).shape, stored.transpose(order).shape)
    constant = np.arange(100, 100 + 24).reshape(view.shape)[(0,) * (4 - rank)]

    np.testing.assert_array_equal(seen(stored + view.aligned(constant), view), seen(stored, view) + constant)


def test_both_shapes_become_new_ones() -> None:
    """At the saved size and at the wanted one; the order stays."""
    view = View(Stored("t"), NHWC, (1, 4, 4, 3), (1, 6, 8, 3)).becoming(Stored("u"), lambda shape: (*shape[:3], 9))

    assert (view.source, view.order) == (Stored("u"), NHWC)
    assert (view.saved, view.shape) == ((1, 4, 4, 9), (1, 6, 8, 9))


def test_a_convolution_takes_products_and_sums() -> None:
    """(w x + b) g + o = (g w) x + (g b + o), a number a channel or one for all; the first one stays as it is."""
    weight, bias = np.ones((2, 3, 1, 1), np.float32), np.float32([1, 2])
    first = Convolution("x", weight, bias, (1, 1), (1, 1), (0, 0, 0, 0), 1)
    last = first.times(np.float32([2, 3]).reshape(1, 2, 1, 1)).plus(np.float32([10, 20])).times(np.float32(0.5))

    np.testing.assert_array_equal(last.weight[:, 0, 0, 0], [1, 1.5])
    np.testing.assert_array_equal(last.bias, [6, 13])
    np.testing.assert_array_equal(first.bias, [1, 2])
    assert last.weight.dtype == last.bias.dtype == np.float32
