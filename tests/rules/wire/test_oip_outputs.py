"""Which outputs go into an answer, and the best classes in their place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vedette.errors import InvalidError
from vedette.rules.wire.datatypes import DTYPES
from vedette.rules.wire.oip_outputs import chosen, classified, wished
from vedette.values.inference import OutputWish
from vedette.values.tensor import NamedTensor, TensorSpec

SPECS = (TensorSpec("a", "FP32", (-1, 3)), TensorSpec("b", "BYTES", (-1, 1)))


def test_without_wishes_all_outputs_go_in_their_order() -> None:
    """In the form that the whole request asks for."""
    assert wished((), SPECS, binary=True) == (OutputWish("a", binary=True), OutputWish("b", binary=True))
    assert wished((OutputWish("b"),), SPECS, binary=True) == (OutputWish("b"),)


@pytest.mark.parametrize(
    ("wish", "message"), [(OutputWish("c"), "unexpected inference output 'c'"), (OutputWish("b", 2), "no best classes")]
)
def test_a_wish_that_cannot_be_is_refused_before_anything_runs(wish: OutputWish, message: str) -> None:
    """An output that is not there, or one without an order."""
    with pytest.raises(InvalidError, match=message):
        wished((wish,), SPECS, binary=False)


def test_outputs_go_in_the_order_of_the_wishes() -> None:
    """One as it is, one as classes."""
    outputs = [NamedTensor("a", "FP32", np.array([[0.5, 0.25]], np.float32)), NamedTensor("b", "INT8", np.ones((1, 1)))]

    b, a = chosen((OutputWish("b"), OutputWish("a", 1)), outputs)

    assert b is outputs[1]
    assert a.data.tolist() == [[b"0.5:0"]]


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.data(), st.sampled_from(["FP32", "FP64", "INT8", "INT64", "UINT64"]), st.integers(1, 6))
def test_the_best_are_those_of_a_sort(data: st.DataObject, datatype: str, count: int) -> None:
    """Brute force: sorted by falling value, then by rising index; the value reads back to the bit."""
    finite = {"allow_nan": False} if datatype.startswith("FP") else None
    array = data.draw(arrays.arrays(DTYPES[datatype], (2, 4), elements=finite))

    found = classified(NamedTensor("a", datatype, array), count).data

    assert found.shape == (2, min(count, 4))
    for row, texts in zip(array.tolist(), found.tolist(), strict=True):
        expected = sorted(range(4), key=lambda index: (-row[index], index))[:count]
        parts = [text.decode().split(":") for text in texts]
        assert [int(index) for _, index in parts] == expected
        read = [int(value) if isinstance(row[0], int) else float(DTYPES[datatype].type(value)) for value, _ in parts]
        assert read == [row[index] for index in expected]


def test_labels_are_added_where_there_is_one_for_each_class() -> None:
    """A list of another length belongs to something else."""
    tensor = NamedTensor("a", "FP32", np.array([[0.1, 0.9]], np.float32))

    assert classified(tensor, 2, ["cat", "dog: big"]).data.tolist() == [[b"0.9:1:dog: big", b"0.1:0:cat"]]
    assert classified(tensor, 1, ["cat"]).data.tolist() == [[b"0.9:1"]]


def test_shapes_around_the_classes_are_flattened() -> None:
    """[2, 2, 1, 1] has two rows of two classes; one dimension is one row; no rows give none; NaN is the last."""
    image = np.array([[1, 2], [4, 3]], np.float32).reshape(2, 2, 1, 1)

    assert classified(NamedTensor("a", "FP32", image), 1).data.tolist() == [[b"2.0:1"], [b"4.0:0"]]
    assert classified(NamedTensor("a", "INT8", np.array([1, 5], np.int8)), 1).data.tolist() == [b"5:1"]
    assert classified(NamedTensor("a", "FP32", np.zeros((0, 3), np.float32)), 2).data.shape == (0, 2)
    assert classified(NamedTensor("a", "FP32", np.array([[math.nan, 1]])), 2).data.tolist() == [[b"1.0:1", b"nan:0"]]
