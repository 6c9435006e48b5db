"""Encoded bytes become pixels.

    bytes -> header: format, size, orientation; refused there when too large -> decode: uint8 RGB, upright

JPEG goes through libjpeg-turbo (simplejpeg), which can decode at 1/2, 1/4 or 1/8 of the size when only a small image is
needed; every other format goes through OpenCV. Alpha is dropped (a TIFF's is blended with black, as libtiff does), 16
bits become 8, grey and CMYK become RGB, and an animation gives its first picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg

from vedette.errors import InvalidError
from vedette.rules.vision.exif import upright
from vedette.rules.vision.header import PIXEL_LIMIT, Header, read_header
from vedette.values.frame import Pixels, Size, size_of

JPEG_SHRINKS = (1, 2, 4, 8)
"""Divisors at which libjpeg-turbo decodes quickly; the steps between are slower than the full size."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels, upright RGB, and the size of the original image; the pixels are fewer when decoded at a shrink."""

    pixels: Pixels
    size: Size


def decode(
    data: bytes | memoryview,
    *,
    header: Header | None = None,
    shrink: int = 1,
    pixel_limit: int = PIXEL_LIMIT,
) -> Decoded:
    """Decode to uint8 RGB, shape (height, width, 3), upright.

    Args:
        data: the encoded image.
        header: what `read_header` gave for it; read here if absent.
        shrink: 1, 2, 4 or 8: a JPEG comes out with ceil(size / shrink) pixels a side. Other formats ignore it.
        pixel_limit: see `read_header`; not checked again when `header` is given.

    Raises:
        InvalidError: the image is damaged or cut short, or of a kind within its format that is not read.
        TooLargeError: more pixels than `pixel_limit`.
    """
    header = header or read_header(data, pixel_limit=pixel_limit)
    pixels = _decode_jpeg(data, header, shrink) if header.format == "jpeg" else _decode_other(data, header)
    return Decoded(upright(pixels, header.orientation), header.size)


def _decode_jpeg(data: bytes | memoryview, header: Header, shrink: int) -> Pixels:
    stored = header.stored
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(
            data,
            "RGB",
            min_height=-(-stored.height // shrink) if shrink > 1 else 0,
            min_width=-(-stored.width // shrink) if shrink > 1 else 0,
        )
    except ValueError as error:
        raise InvalidError(
            f"the JPEG is damaged or cut short ({error})", help="check that the file was copied completely"
        ) from None
    return pixels


def _decode_other(data: bytes | memoryview, header: Header) -> Pixels:
    damaged = InvalidError(
        f"the {header.format.upper()} image is damaged or cut short, or of a kind that OpenCV does not read",
        help="check that the file was copied completely, or convert it to JPEG",
    )
    if header.format == "png" and b"IEND" not in bytes(data):
        raise damaged  # libpng would print its own complaint
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        raise damaged from None
    if pixels is None:
        raise damaged
    decoded = pixels.astype(np.uint8, copy=False)
    if size_of(decoded) != header.stored:
        raise damaged
    return decoded
