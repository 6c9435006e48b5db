"""Which tensor is made of an image, and how."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.errors import UnsupportedError
from vedette.rules.bench.oip_input import OipInput, plan_input, tensor_of
from vedette.rules.wire.oip import ModelTold
from vedette.values.frame import Size
from vedette.values.manifest import InputSpec, Layout, ResizeType
from vedette.values.tensor import TensorSpec

KNOWN = InputSpec(
    "x",
    Layout.NHWC,
    Size(6, 4),
    resize_type=ResizeType.CROP,
    crop_fraction=0.875,
    mean_values=(127.0,),
    scale_values=(128.0,),
)
ROW = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def told(datatype: str, *shape: int) -> ModelTold:
    return ModelTold("m", (), "", (TensorSpec("x", datatype, shape),), ())


def planned(datatype: str, *shape: int, known: InputSpec | None = None) -> OipInput:
    return plan_input(told(datatype, *shape), known)


@pytest.mark.parametrize(
    ("shape", "sent", "layout", "size"),
    [
        ((1, 3, 4, 6), (1, 3, 4, 6), Layout.NCHW, Size(6, 4)),
        ((-1, 4, 6, 3), (1, 4, 6, 3), Layout.NHWC, Size(6, 4)),
        ((3, 4, 6), (3, 4, 6), Layout.NCHW, Size(6, 4)),
        ((1, 1, 28, 28), (1, 1, 28, 28), Layout.NCHW, Size(28, 28)),
    ],
)
def test_layout_and_size_are_read_from_the_shape(
    shape: tuple[int, ...], sent: tuple[int, ...], layout: Layout, size: Size
) -> None:
    """Channels are the side of 1 or 3; any batch becomes one."""
    plan = planned("FP32", *shape)

    assert plan.tensor == TensorSpec("x", "FP32", sent)
    assert (plan.spec.layout, plan.spec.size) == (layout, size)
    assert plan.size_bytes == 4 * np.prod(sent)


def test_what_the_shape_leaves_open_is_told_by_the_catalogue() -> None:
    """Sides of -1, and which side is channels."""
    assert planned("FP32", -1, -1, -1, 3, known=KNOWN).tensor.shape == (1, 4, 6, 3)
    assert planned("FP32", -1, -1, -1, -1, known=KNOWN).tensor.shape == (1, 4, 6, 3)
    assert planned("FP32", 1, 3, 10, 3, known=KNOWN).spec.layout is Layout.NHWC


def test_the_servers_size_counts_and_the_catalogues_recipe() -> None:
    """Another size is resized to, in the way that the model was trained with."""
    plan = planned("FP32", 1, 3, 8, 8, known=KNOWN)

    assert (plan.spec.size, plan.spec.layout, plan.spec.mean_values) == (Size(8, 8), Layout.NCHW, (127.0,))
    assert plan.recipe == (
        "resized to 8x8 (crop, the middle 0.875, linear), RGB, NCHW, (pixel - 127) / 128; by the manifest of the model"
    )


def test_a_recipe_that_is_guessed_says_so() -> None:
    """Floats in 0..1; whole numbers as they are."""
    assert planned("FP32", 1, 3, 4, 6).recipe.endswith("(pixel - 0) / 255; assumed: no manifest of the model is known")
    assert planned("UINT8", 1, 4, 6, 3).recipe == (
        "resized to 6x4 (standard, linear), RGB, NHWC; assumed: no manifest of the model is known"
    )


def test_bytes_are_sent_as_they_are() -> None:
    """The encoded image is the only element."""
    plan = planned("BYTES", -1, 1)

    assert (plan.tensor.shape, plan.spec, plan.recipe, plan.size_bytes) == ((1, 1), None, "", 0)


@pytest.mark.parametrize(
    ("datatype", "shape"),
    [
        ("INT64", (1, 3, 4, 4)),
        ("FP32", (1, 10)),
        ("FP32", (8, 3, 4, 4)),
        ("FP32", (1, 4, 4, 4)),
        ("FP32", (1, 3, -1, -1)),
        ("FP32", (-1, -1, -1, -1)),
        ("FP32", (1, 3, 0, 4)),
        ("BYTES", (2,)),
    ],
)
def test_a_tensor_that_no_image_fits_is_refused(datatype: str, shape: tuple[int, ...]) -> None:
    """The message holds what the model takes."""
    with pytest.raises(UnsupportedError, match="no image can be sent"):
        planned(datatype, *shape)


def test_several_inputs_are_refused() -> None:
    """Only one of them can be the image."""
    one = TensorSpec("a", "FP32", (1, 3, 4, 4))

    with pytest.raises(UnsupportedError, match=r"2 tensors \(a, a\)"):
        plan_input(ModelTold("m", (), "", (one, one), ()), None)


def test_pixels_are_normalised_turned_and_ordered() -> None:
    """Against the same written out pixel by pixel."""
    bgr = InputSpec(
        "x",
        Layout.NCHW,
        Size(6, 4),
        reverse_input_channels=False,
        mean_values=(1.0, 2.0, 3.0),
        scale_values=(2.0, 4.0, 8.0),
    )

    array = tensor_of(ROW, planned("FP32", 1, 3, 4, 6, known=bgr))

    assert (array.shape, array.dtype) == ((1, 3, 4, 6), np.float32)
    for channel in range(3):
        for y in range(4):
            for x in range(6):
                expected = (float(ROW[y, x, 2 - channel]) - (1, 2, 3)[channel]) / (2, 4, 8)[channel]
                assert array[0, channel, y, x] == expected


def test_whole_numbers_stay_whole() -> None:
    """A model that takes UINT8 normalises by itself, whatever the recipe says."""
    array = tensor_of(ROW, planned("UINT8", 1, 4, 6, 3, known=KNOWN))

    assert np.array_equal(array[0], ROW)
    assert array.dtype == np.uint8
