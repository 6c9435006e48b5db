"""Raw data without a name becomes the only input of a model."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import colour_manifest, jpeg

from vedette.errors import InvalidError
from vedette.rules.wire.oip_unnamed import is_picture, name_input
from vedette.values.tensor import Signature, TensorSpec

SPEC = colour_manifest().input
assert SPEC is not None


def signature(*inputs: tuple[str, str, tuple[int, ...]]) -> Signature:
    return Signature(tuple(TensorSpec(*one) for one in inputs), ())


@pytest.mark.parametrize(
    ("declared", "raw", "shape"),
    [
        (("x", "FP32", (-1, 2)), 8, (1, 2)),
        (("x", "FP32", (3, 2)), 24, (3, 2)),
        (("x", "INT16", (-1, -1, 2)), 12, (1, 3, 2)),
        (("x", "UINT8", (2, -1)), 10, (2, 5)),
    ],
)
def test_the_shape_is_told_by_the_model_and_the_length(
    declared: tuple[str, str, tuple[int, ...]], raw: int, shape: tuple[int, ...]
) -> None:
    """One row; one dimension beside it may be of any length."""
    found = name_input(bytes(range(raw)), signature(declared))

    assert (found.name, found.datatype, found.data.shape) == ("x", declared[1], shape)
    assert found.data.tobytes() == bytes(range(raw))


def test_bytes_are_one_element_without_a_length() -> None:
    """As many dimensions as the model's input has."""
    assert name_input(b"\xff\xd8 jpeg", signature(("x", "BYTES", (-1, 1)))).data.tolist() == [[b"\xff\xd8 jpeg"]]


@pytest.mark.parametrize(
    ("inputs", "raw", "message"),
    [
        ([("x", "FP32", (-1, 2)), ("y", "FP32", (-1, 2))], 8, "2 inputs"),
        ([("x", "FP32", (-1, 2))], 9, "8 bytes, 9 came"),
        ([("x", "FP32", (-1, 2))], 16, "8 bytes, 16 came"),
        ([("x", "FP32", (-1, -1, -1))], 8, "cannot be told"),
        ([("x", "FP32", (-1, -1, 3))], 16, "cannot be told"),
        ([("x", "BYTES", (-1, 2))], 8, "2 elements, 1 came"),
    ],
)
def test_data_that_does_not_fit_is_refused(inputs: list[tuple], raw: int, message: str) -> None:
    """Several inputs, another length, more than one free dimension."""
    with pytest.raises(InvalidError, match=message):
        name_input(bytes(raw), signature(*inputs))


def test_an_image_is_told_from_a_tensor() -> None:
    """By its length, and where that says nothing by its first bytes."""
    pixels = 8 * 8 * 3
    picture = jpeg((255, 0, 0))

    assert is_picture(picture, SPEC)
    assert is_picture(picture + bytes(-len(picture) % pixels), SPEC)
    assert not is_picture(np.full(pixels, 0.5, np.float32).tobytes(), SPEC)
    assert not is_picture(b"BM" + bytes(pixels - 2), SPEC)
