"""The only input of a model out of data that came without name, shape and length.

Source: Triton's extension "Binary Tensor Data", section "Raw Binary Request".
"""

from __future__ import annotations

import math

from vedette.errors import InvalidError
from vedette.rules.wire import datatypes
from vedette.rules.wire.datatypes import BYTES
from vedette.values.manifest import InputSpec
from vedette.values.tensor import NamedTensor, Signature, TensorSpec

_HELP = "send it as JSON with binary data: POST /v2/models/NAME/infer with name, shape and datatype"
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ")


def is_picture(raw: bytes, spec: InputSpec) -> bool:
    """Whether raw data for an image model is an encoded image, and not the numbers of its input tensor.

    It is unless its length is that of such a tensor; then its first bytes must be those of an image format whose
    signature no tensor of pixels begins with.
    """
    numbers = spec.size.pixels * spec.channels
    return len(raw) % numbers != 0 or raw.startswith(_STARTS)


def name_input(raw: bytes, signature: Signature) -> NamedTensor:
    """Raw data under name, type and shape of the model's only input: one row; of BYTES one element without a length.

    One dimension beside the rows may be of any length: the data says of which.

    Raises:
        InvalidError: the model has several inputs, or the data does not fit.
    """
    if len(signature.inputs) != 1:
        raise InvalidError(f"the model has {len(signature.inputs)} inputs, raw data is for one", help=_HELP)
    (spec,) = signature.inputs
    if spec.datatype == BYTES:
        shape = tuple(1 if side == -1 else side for side in spec.shape)
        return NamedTensor(spec.name, BYTES, datatypes.shaped(_of(spec, shape), datatypes.objects([raw])))
    shape = _lengths(spec, len(raw) // datatypes.DTYPES[spec.datatype].itemsize)
    return NamedTensor(spec.name, spec.datatype, datatypes.from_raw(_of(spec, shape), raw))


def _lengths(spec: TensorSpec, elements: int) -> tuple[int, ...]:
    sides = (1, *spec.shape[1:]) if spec.shape[:1] == (-1,) else spec.shape
    known = math.prod(side for side in sides if side != -1)
    match sides.count(-1):
        case 0:
            return sides
        case 1 if known and elements % known == 0:
            return tuple(elements // known if side == -1 else side for side in sides)
    raise InvalidError(
        f"the shape {list(spec.shape)} of input {spec.name!r} cannot be told from {elements} elements", help=_HELP
    )


def _of(spec: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
    return TensorSpec(spec.name, spec.datatype, shape)
