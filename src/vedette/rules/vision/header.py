"""What an encoded image says of itself, read from its first bytes: format, size, orientation. Nothing is decoded.

One reader a format, told apart by the first bytes. A size above the limit is refused here, before any work is done.
Sources: PNG 3rd edition, GIF89a, BMP (BITMAPINFOHEADER), WebP container (RFC 9649), TIFF 6.0, netpbm, JPEG 2000 part 1.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

import simplejpeg

from vedette.errors import InvalidError, TooLargeError
from vedette.rules.vision.exif import UPRIGHT, jpeg_orientation, swaps_sides, tiff_orientation, tiff_tags
from vedette.values.frame import Size

PIXEL_LIMIT = 100_000_000
"""Images with more pixels are refused before a byte of them is decoded: 300 MB as RGB."""

Data = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Header:
    """Format in lower case, size as seen (after the orientation), EXIF orientation 1..8 that is still to be applied."""

    format: str
    size: Size
    orientation: int = UPRIGHT

    @property
    def stored(self) -> Size:
        """The size as stored, before the orientation."""
        return turned(self.size, self.orientation)


def read_header(data: Data, *, pixel_limit: int = PIXEL_LIMIT) -> Header:
    """Read format, size and orientation without decoding.

    Raises:
        InvalidError: the bytes are empty, no image of a known format, or a damaged header.
        TooLargeError: more pixels than `pixel_limit`.
    """
    if len(data) == 0:
        raise InvalidError("the image is empty (0 bytes)", help="check that the file was copied completely")
    start = bytes(data[:16])
    name, reader = next(((name, reader) for name, pattern, reader in _READERS if pattern.match(start)), ("", None))
    if reader is None:
        raise InvalidError(
            f"not an image of a format that is read: the first bytes are {start[:8]!r}",
            help="JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000 and PNM are read",
        )
    try:
        header = reader(data)
    except (struct.error, ValueError, IndexError) as error:  # a size of 0 is a ValueError of Size
        raise InvalidError(
            f"the {name} header is damaged ({error})", help="check that the file was copied completely"
        ) from None
    check_pixels(header.size, pixel_limit)
    return header


def check_pixels(size: Size, pixel_limit: int) -> None:
    """Raise a TooLargeError for an image with more pixels than the limit."""
    if size.pixels > pixel_limit:
        raise TooLargeError(
            f"the image has {size} = {size.pixels} pixels, the limit is {pixel_limit}",
            help="send a smaller one; if you trust where it came from, raise --max-pixels, of a server limits.pixels",
        )


def turned(size: Size, orientation: int) -> Size:
    """The size with its sides swapped if the orientation lies on its side."""
    return Size(size.height, size.width) if swaps_sides(orientation) else size


def _oriented(name: str, size: Size, orientation: int) -> Header:
    return Header(name, turned(size, orientation), orientation)


def _jpeg(data: Data) -> Header:
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    return _oriented("jpeg", Size(width, height), jpeg_orientation(data))


def _png(data: Data) -> Header:
    width, height = struct.unpack_from(">II", data, 16)
    orientation, position = UPRIGHT, 8
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if name == b"eXIf":
            orientation = tiff_orientation(bytes(data[position + 8 : position + 8 + length]))
        if name in (b"eXIf", b"IEND"):
            break
        position += 12 + length
    return _oriented("png", Size(width, height), orientation)


def _gif(data: Data) -> Header:
    return Header("gif", Size(*struct.unpack_from("<HH", data, 6)))


def _bmp(data: Data) -> Header:
    (size,) = struct.unpack_from("<I", data, 14)
    old = size == 12  # noqa: PLR2004 - BITMAPCOREHEADER
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    return Header("bmp", Size(width, abs(height)))  # a negative height means: the first row is the upper one


def _webp(data: Data) -> Header:
    kind = bytes(data[12:16])
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(data[start : start + 3], "little") + 1 for start in (24, 27))
    return _oriented("webp", Size(width, height), _webp_orientation(data))


def _webp_orientation(data: Data) -> int:
    position = 12
    while position + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        if name == b"EXIF":
            return tiff_orientation(bytes(data[position + 8 : position + 8 + length]).removeprefix(b"Exif\0\0"))
        position += 8 + length + length % 2
    return UPRIGHT


def _tiff(data: Data) -> Header:
    """OpenCV applies the orientation of a TIFF by itself: the size is turned here, and nothing is left to be done."""
    width_tag, height_tag, orientation_tag = 0x0100, 0x0101, 0x0112
    tags = tiff_tags(data)
    size = Size(tags.get(width_tag, 0), tags.get(height_tag, 0))
    orientation = tags.get(orientation_tag, UPRIGHT)
    return Header("tiff", turned(size, orientation if orientation in range(1, 9) else UPRIGHT))


def _pnm(data: Data) -> Header:
    found = re.match(rb"P[1-6](?:\s+(?:#[^\n]*\n\s*)*)(\d{1,9})(?:\s+(?:#[^\n]*\n\s*)*)(\d{1,9})\s", bytes(data[:4096]))
    if found is None:
        raise ValueError("no width and height")
    return Header("ppm", Size(int(found[1]), int(found[2])))


def _jpeg2000(data: Data) -> Header:
    box = bytes(data[:4096]).find(b"ihdr")
    if box >= 0:
        height, width = struct.unpack_from(">II", data, box + 4)
        return Header("jpeg2000", Size(width, height))
    right, lower, left, upper = struct.unpack_from(">IIII", data, 8)  # the SIZ segment of a bare codestream
    return Header("jpeg2000", Size(right - left, lower - upper))


_READERS: tuple[tuple[str, re.Pattern[bytes], Callable[[Data], Header]], ...] = (
    ("JPEG", re.compile(rb"\xff\xd8\xff"), _jpeg),
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n....IHDR", re.DOTALL), _png),
    ("GIF", re.compile(rb"GIF8[79]a"), _gif),
    ("BMP", re.compile(rb"BM"), _bmp),
    ("WebP", re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL), _webp),
    ("TIFF", re.compile(rb"II\*\0|MM\0\*"), _tiff),
    ("PNM", re.compile(rb"P[1-6]\s"), _pnm),
    ("JPEG 2000", re.compile(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"), _jpeg2000),
)
