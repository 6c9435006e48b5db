"""Encoded bytes become pixels.

    bytes -> read_header: format, size, orientation; refused here when too large -> decode: uint8 RGB, upright

JPEG goes through libjpeg-turbo (simplejpeg), which can decode at 1/2, 1/4 or 1/8 of the size when only a small image is
needed; every other format goes through OpenCV. Alpha is dropped, 16 bits become 8, grey and CMYK become RGB, and
an animation gives its first picture.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg

from vedette.errors import InvalidError, TooLargeError, UnsupportedError
from vedette.rules.vision.exif import UPRIGHT, jpeg_orientation, swaps_sides, upright
from vedette.values.frame import Pixels, Size, size_of

PIXEL_LIMIT = 100_000_000
"""Images with more pixels are refused before a byte of them is decoded: 300 MB as RGB."""

JPEG_SHRINKS = (1, 2, 4, 8)
"""Divisors at which libjpeg-turbo decodes quickly; the steps between are slower than the full size."""

_JPEG_MAGIC = b"\xff\xd8\xff"
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Header:
    """What an encoded image says of itself: format in lower case, size after orientation, EXIF orientation 1..8."""

    format: str
    size: Size
    orientation: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels, upright RGB, and the size of the original image; the pixels are fewer when decoded at a shrink."""

    pixels: Pixels
    size: Size


def read_header(data: bytes | memoryview, *, pixel_limit: int = PIXEL_LIMIT) -> Header:
    """Read format, size and orientation without decoding.

    Raises:
        InvalidError: the bytes are empty, no image, or a damaged header.
        TooLargeError: more pixels than `pixel_limit`.
    """
    if len(data) == 0:
        raise InvalidError("the image is empty (0 bytes)", help="check that the file was copied completely")
    header = _jpeg_header(data) if bytes(data[:3]) == _JPEG_MAGIC else _other_header(data)
    check_pixels(header.size, pixel_limit)
    return header


def check_pixels(size: Size, pixel_limit: int) -> None:
    """Raise a TooLargeError for an image with more pixels than the limit."""
    if size.pixels > pixel_limit:
        raise TooLargeError(
            f"the image has {size} = {size.pixels} pixels, the limit is {pixel_limit}",
            help="raise the limit with --max-pixels if you trust where the image came from",
        )


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
        InvalidError: the image is damaged or cut short.
        TooLargeError: more pixels than `pixel_limit`.
        UnsupportedError: a format that OpenCV cannot decode.
    """
    header = header or read_header(data, pixel_limit=pixel_limit)
    pixels = _decode_jpeg(data, header, shrink) if header.format == "jpeg" else _decode_other(data, header)
    return Decoded(upright(pixels, header.orientation), header.size)


def _jpeg_header(data: bytes | memoryview) -> Header:
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError as error:
        raise InvalidError(
            f"the JPEG header is damaged ({_plain(error)})", help="check that the file was copied completely"
        ) from None
    orientation = jpeg_orientation(data)
    return Header("jpeg", _turned(Size(width, height), orientation), orientation)


def _decode_jpeg(data: bytes | memoryview, header: Header, shrink: int) -> Pixels:
    raw = _turned(header.size, header.orientation)
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(
            data,
            "RGB",
            min_height=-(-raw.height // shrink) if shrink > 1 else 0,
            min_width=-(-raw.width // shrink) if shrink > 1 else 0,
        )
    except ValueError as error:
        raise InvalidError(
            f"the JPEG is damaged or cut short ({_plain(error)})", help="check that the file was copied completely"
        ) from None
    return pixels


def _other_header(data: bytes | memoryview) -> Header:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            size = Size(*image.size)
            orientation = int(image.getexif().get(_ORIENTATION_TAG, UPRIGHT))
            name = (image.format or "unknown").lower()
    except Image.DecompressionBombError as error:
        raise TooLargeError(_plain(error), help="such an image is refused before it is decoded") from None
    except UnidentifiedImageError:
        raise InvalidError(
            f"not an image: the first bytes are {bytes(data[:8])!r}",
            help="JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000 and PNM are read",
        ) from None
    except (OSError, ValueError, SyntaxError, struct.error, EOFError, KeyError, TypeError) as error:
        raise InvalidError(
            f"the image header is damaged ({_plain(error)})", help="check that the file was copied completely"
        ) from None
    orientation = orientation if UPRIGHT <= orientation <= 8 else UPRIGHT  # noqa: PLR2004 - EXIF's 1..8
    return Header(name, _turned(size, orientation), orientation)


def _decode_other(data: bytes | memoryview, header: Header) -> Pixels:
    damaged = InvalidError(
        f"the {header.format.upper()} image is damaged or cut short", help="check that the file was copied completely"
    )
    if header.format == "png" and b"IEND" not in bytes(data[-64:]):
        raise damaged  # libpng would print its own complaint
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise UnsupportedError(
            f"OpenCV cannot decode this {header.format.upper()} image ({_plain(error)})",
            help="convert it to JPEG or PNG",
        ) from None
    if pixels is None:
        raise damaged
    decoded = pixels.astype(np.uint8, copy=False)
    if size_of(decoded) != _turned(header.size, header.orientation):
        raise damaged
    return decoded


def _turned(size: Size, orientation: int) -> Size:
    return Size(size.height, size.width) if swaps_sides(orientation) else size


def _plain(error: Exception) -> str:
    """The first line of a library's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
