r"""The EXIF orientation of a JPEG, read from its header segments without decoding anything.

    FF D8 | FF E1 length "Exif\0\0" II/MM 42 offset -> IFD0: count, entries of 12 bytes -> tag 0x0112 -> 1..8

Anything malformed counts as upright: a broken tag is no reason to refuse a picture. Source: EXIF 2.32, section 4.6.
"""

from __future__ import annotations

import struct

import numpy as np

from vedette.values.frame import Pixels

UPRIGHT = 1
_ORIENTATION_TAG = 0x0112
_MARKER = 0xFF
_APP1, _START_OF_SCAN, _END_OF_IMAGE = 0xE1, 0xDA, 0xD9
_WHOLE_NUMBERS = {3: "H", 4: "I"}
_MAX_ENTRIES = 512


def jpeg_orientation(data: bytes | memoryview) -> int:
    """EXIF orientation 1..8 of an encoded JPEG; 1 (upright) when it says nothing usable."""
    position, end = 2, len(data)
    while position + 4 <= end and data[position] == _MARKER:
        marker = data[position + 1]
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            break
        if marker == _MARKER:  # a fill byte
            position += 1
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == _APP1 and bytes(data[position + 4 : position + 10]) == b"Exif\0\0":
            return tiff_orientation(bytes(data[position + 10 : position + 2 + length]))
        position += 2 + max(length, 2)
    return UPRIGHT


def tiff_orientation(block: bytes) -> int:
    """EXIF orientation 1..8 in the first directory of a TIFF block; 1 (upright) when it says nothing usable."""
    try:
        orientation = tiff_tags(block).get(_ORIENTATION_TAG, UPRIGHT)
    except (struct.error, ValueError):
        return UPRIGHT
    return orientation if UPRIGHT <= orientation <= 8 else UPRIGHT  # noqa: PLR2004 - EXIF's 1..8


def tiff_tags(block: bytes | memoryview) -> dict[int, int]:
    """The whole numbers of the first directory of a TIFF block by tag; the first of several values, the first of a tag.

    Raises:
        ValueError, struct.error: no TIFF, or cut short.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(block[:2]))
    if order is None:
        raise ValueError("no TIFF")
    (offset,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, offset)
    tags: dict[int, int] = {}
    for entry in range(min(count, _MAX_ENTRIES)):
        position = offset + 2 + 12 * entry
        tag, kind = struct.unpack_from(order + "HH", block, position)
        if kind in _WHOLE_NUMBERS:
            (value,) = struct.unpack_from(order + _WHOLE_NUMBERS[kind], block, position + 8)
            tags.setdefault(tag, value)
    return tags


def swaps_sides(orientation: int) -> bool:
    """Whether an image with this orientation lies on its side."""
    return orientation >= 5  # noqa: PLR2004 - 5..8 are the transposed ones


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The pixels turned and mirrored so that they are seen as taken; shape (height, width, 3) of the upright image."""
    if orientation == UPRIGHT:
        return pixels
    turned = pixels.transpose(1, 0, 2) if swaps_sides(orientation) else pixels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)
