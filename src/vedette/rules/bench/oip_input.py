"""What is sent to a model of the Open Inference Protocol for an image: which tensor, made by which recipe.

what the server tells of the input + the catalogue's InputSpec, if it has the model -> OipInput -> array of an image
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.errors import UnsupportedError
from vedette.rules.wire.oip import ModelTold
from vedette.values.frame import Pixels, Size
from vedette.values.manifest import InputSpec, Layout
from vedette.values.tensor import TensorSpec

_DTYPES = {"FP32": "<f4", "FP16": "<f2", "UINT8": "u1"}
_CHANNELS = (1, 3)
_IMAGE_DIMENSIONS = 3
_PIXEL = 255.0


@dataclass(frozen=True, slots=True)
class OipInput:
    """How an image is sent.

    Attributes:
        tensor: name, type and shape as they are sent.
        spec: how pixels become the tensor; None where the encoded image is sent (BYTES).
        recipe: the same in words.
    """

    tensor: TensorSpec
    spec: InputSpec | None
    recipe: str

    @property
    def size_bytes(self) -> int:
        """Bytes of one tensor of numbers; 0 where encoded images are sent."""
        if self.spec is None:
            return 0
        return int(np.prod(self.tensor.shape)) * np.dtype(_DTYPES[self.tensor.datatype]).itemsize


def plan_input(told: ModelTold, known: InputSpec | None) -> OipInput:
    """Choose the tensor for a model, with the recipe of the catalogue where it has one.

    A dimension of -1 becomes 1, or the height and width of the catalogue. Without a recipe images are stretched, RGB,
    and divided by 255 where the model takes floats.

    Raises:
        UnsupportedError: the model takes more than one tensor, or one that no image fits.
    """
    if len(told.inputs) != 1:
        names = ", ".join(tensor.name for tensor in told.inputs) or "none"
        raise _misfit(told, f"takes {len(told.inputs)} tensors ({names})")
    (tensor,) = told.inputs
    if tensor.datatype == "BYTES":
        shape = tuple(1 if side < 0 else side for side in tensor.shape) or (1,)
        if any(side != 1 for side in shape):
            raise _misfit(told, f"takes BYTES of shape {list(tensor.shape)}")
        return OipInput(replace(tensor, shape=shape), None, "")
    if tensor.datatype not in _DTYPES:
        raise _misfit(told, f"takes {tensor.datatype}")
    spec = _spec(told, tensor, known)
    shape = _image_shape(spec)
    batched = len(tensor.shape) > _IMAGE_DIMENSIONS
    sent = replace(tensor, shape=(1, *shape) if batched else shape)
    return OipInput(sent, spec, _words(spec, tensor.datatype, known))


def tensor_of(row: Pixels, sent: OipInput) -> NDArray[Any]:
    """The tensor of one image.

    Args:
        row: uint8, shape (height, width, channels) of the input, RGB or grey.
        sent: the plan, which has an InputSpec.
    """
    spec = sent.spec
    assert spec is not None, "encoded images are no tensors"
    if spec.channels > 1 and not spec.reverse_input_channels:
        row = row[:, :, ::-1]
    dtype = np.dtype(_DTYPES[sent.tensor.datatype])
    values: NDArray[Any] = row
    if dtype.kind == "f":
        mean, scale = (np.array(channel, np.float32) for channel in (spec.mean_values, spec.scale_values))
        values = (row.astype(np.float32) - mean) / scale
    if spec.layout is Layout.NCHW:
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values, dtype).reshape(sent.tensor.shape)


def _spec(told: ModelTold, tensor: TensorSpec, known: InputSpec | None) -> InputSpec:
    shape = tensor.shape
    if len(shape) == _IMAGE_DIMENSIONS + 1 and shape[0] in (-1, 1):
        shape = shape[1:]
    if len(shape) != _IMAGE_DIMENSIONS:
        raise _misfit(told, f"takes {tensor.datatype} of shape {list(tensor.shape)}")
    layout = _layout(shape, known)
    if layout is None:
        raise _misfit(told, f"takes {tensor.datatype} of shape {list(tensor.shape)}, of which no side is channels")
    channels, height, width = shape if layout is Layout.NCHW else (shape[2], *shape[:2])
    if known is not None:
        channels = known.channels if channels < 0 else channels
        height, width = (
            own if side < 0 else side
            for side, own in zip((height, width), (known.size.height, known.size.width), strict=True)
        )
    if min(height, width) < 1 or channels not in _CHANNELS:
        raise _misfit(told, f"takes any size ({list(tensor.shape)}), and the catalogue has no model of this name")
    size = Size(width, height)
    if known is not None and known.channels == channels:
        return replace(known, name=tensor.name, layout=layout, size=size)
    scale = (1.0,) if tensor.datatype == "UINT8" else (_PIXEL,)
    return InputSpec(tensor.name, layout, size, channels, scale_values=scale)


def _layout(shape: tuple[int, ...], known: InputSpec | None) -> Layout | None:
    first, last = shape[0] in _CHANNELS, shape[2] in _CHANNELS
    if first != last:
        return Layout.NCHW if first else Layout.NHWC
    if known is not None and (first or (shape[0] < 0 and shape[2] < 0)):
        return known.layout
    return Layout.NCHW if first else None


def _image_shape(spec: InputSpec) -> tuple[int, int, int]:
    height, width = spec.size.height, spec.size.width
    return (spec.channels, height, width) if spec.layout is Layout.NCHW else (height, width, spec.channels)


def _words(spec: InputSpec, datatype: str, known: InputSpec | None) -> str:
    colours = "grey" if spec.channels == 1 else "RGB" if spec.reverse_input_channels else "BGR"
    crop = f", the middle {spec.crop_fraction:g}" if spec.resize_type.value == "crop" else ""
    words = f"resized to {spec.size} ({spec.resize_type}{crop}, {spec.interpolation}), {colours}, {spec.layout}"
    if datatype != "UINT8":
        words += f", (pixel - {_listed(spec.mean_values)}) / {_listed(spec.scale_values)}"
    origin = "by the manifest of the model" if known is not None else "assumed: no manifest of the model is known"
    return f"{words}; {origin}"


def _listed(values: tuple[float, ...]) -> str:
    shown = ", ".join(f"{value:g}" for value in values)
    return shown if len(values) == 1 else f"({shown})"


def _misfit(told: ModelTold, reason: str) -> UnsupportedError:
    return UnsupportedError(
        f"model {told.name} {reason}: no image can be sent to it",
        help="images fit one tensor of FP32, FP16 or UINT8 with 1 or 3 channels, or one of BYTES",
    )
