"""What a graph takes and gives, in the words of the Open Inference Protocol, whatever its engine calls it.

    ONNX Runtime "tensor(float)", OpenVINO "f32", NumPy "float32"  ->  "FP32"

Types are those of the protocol's table (Open Inference Protocol 2, "Tensor Data Types"). A type for which NumPy has no
number cannot cross the border between Vedette and an engine: such a model is refused when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vedette.errors import InvalidError, UnsupportedError
from vedette.flows.inference.runtime import Tensor
from vedette.values.manifest import InputSpec, Layout
from vedette.values.tensor import Signature, TensorSpec

IMAGE_INPUT = "vedette_image"
"""The name of the image plan's input where the engine has none of its own."""

NUMBERS = {
    **dict.fromkeys(("tensor(bool)", "boolean", "bool"), "BOOL"),
    **dict.fromkeys(("tensor(uint8)", "u8", "uint8"), "UINT8"),
    **dict.fromkeys(("tensor(uint16)", "u16", "uint16"), "UINT16"),
    **dict.fromkeys(("tensor(uint32)", "u32", "uint32"), "UINT32"),
    **dict.fromkeys(("tensor(uint64)", "u64", "uint64"), "UINT64"),
    **dict.fromkeys(("tensor(int8)", "i8", "int8"), "INT8"),
    **dict.fromkeys(("tensor(int16)", "i16", "int16"), "INT16"),
    **dict.fromkeys(("tensor(int32)", "i32", "int32"), "INT32"),
    **dict.fromkeys(("tensor(int64)", "i64", "int64"), "INT64"),
    **dict.fromkeys(("tensor(float16)", "f16", "float16"), "FP16"),
    **dict.fromkeys(("tensor(float)", "f32", "float32"), "FP32"),
    **dict.fromkeys(("tensor(double)", "f64", "float64"), "FP64"),
}
"""What ONNX Runtime, OpenVINO and NumPy call a type of numbers, and its name in the protocol."""

BYTES = "BYTES"


def tensor_spec(name: str, told: str, sides: Iterable[Any]) -> TensorSpec:
    """A tensor as an engine tells of it; every side that is no whole number of 0 or more may be of any length.

    Raises:
        UnsupportedError: its type has no place in the protocol, or none in NumPy (bfloat16).
    """
    datatype = BYTES if told == "tensor(string)" else NUMBERS.get(told)
    if datatype is None:
        raise UnsupportedError(
            f"the tensor {name!r} of the model holds {told}, for which there is no type of numbers outside the engine",
            help="export the model with float32 or float16 inputs and outputs; inside it may compute as it likes",
        )
    return TensorSpec(name, datatype, tuple(side if isinstance(side, int) and side >= 0 else -1 for side in sides))


def pixels(spec: InputSpec) -> TensorSpec:
    """The input of the image plan: uint8 pixels, any number of images."""
    return TensorSpec(IMAGE_INPUT, "UINT8", (-1, spec.size.height, spec.size.width, spec.channels))


def original(spec: InputSpec) -> TensorSpec:
    """The model's own image input where the file tells no more of it than the manifest does."""
    height, width, channels = spec.size.height, spec.size.width, spec.channels
    sides = (channels, height, width) if spec.layout is Layout.NCHW else (height, width, channels)
    return TensorSpec(spec.name, "FP32", (-1, *sides))


def check_count(signature: Signature, tensors: Sequence[Tensor]) -> None:
    """Raise InvalidError unless there is one tensor for each input."""
    if len(tensors) != len(signature.inputs):
        names = ", ".join(spec.name for spec in signature.inputs)
        raise InvalidError(
            f"the model takes {len(signature.inputs)} input tensors ({names}), {len(tensors)} came",
            help="give one tensor for each input, in this order",
        )


def told_of(tensors: Sequence[Tensor]) -> str:
    """Shapes and types, for the message of a refusal."""
    return ", ".join(f"shape {tensor.shape}, {tensor.dtype}" for tensor in tensors)
