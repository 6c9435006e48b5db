"""The EXIF orientation, and how pixels are turned by it."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from vedette.rules.vision.exif import UPRIGHT, jpeg_orientation, swaps_sides, tiff_orientation, upright

fuzz = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def tiff(orientation: int, *, order: str = "<", kind: int = 3, others: int = 0, offset: int = 8) -> bytes:
    """A TIFF block with `others` entries before the orientation."""
    start = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, offset)
    entries = [struct.pack(order + "HHIHH", 0x0100 + number, 3, 1, 7, 0) for number in range(others)]
    entries.append(struct.pack(order + "HHIHH", 0x0112, kind, 1, orientation, 0))
    return start + bytes(offset - 8) + struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xda\0\2\xff\xd9"


def exif(orientation: int) -> bytes:
    return segment(0xE1, b"Exif\0\0" + tiff(orientation))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_both_byte_orders_tell_all_eight_orientations(order: str, orientation: int) -> None:
    """Intel's and Motorola's order are read, wherever the directory and the entry are."""
    assert tiff_orientation(tiff(orientation, order=order)) == orientation
    assert tiff_orientation(tiff(orientation, order=order, others=9, offset=40)) == orientation


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II",
        b"XX*\0\x08\0\0\0",
        tiff(0),
        tiff(9),
        tiff(6, kind=2),
        tiff(6)[:12],
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"II*\0\x08\0\0\0\0\0",
    ],
)
def test_a_malformed_block_is_upright(block: bytes) -> None:
    """Too short, no byte order, a wrong number or type, a directory that is not there: all upright."""
    assert tiff_orientation(block) == UPRIGHT


@pytest.mark.parametrize(
    "data",
    [
        jpeg(exif(6)),
        jpeg(segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), exif(6)),
        jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"), exif(6)),
        jpeg(b"\xff\xff", exif(6)),
        jpeg(exif(6), exif(3)),
    ],
)
def test_the_first_exif_segment_counts(data: bytes) -> None:
    """JFIF, XMP and fill bytes before it are passed over, a second one after it too."""
    assert jpeg_orientation(data) == 6
    assert jpeg_orientation(memoryview(data)) == 6


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        jpeg(),
        jpeg(segment(0xE1, b"Exif\0\0")),
        jpeg()[:-2] + exif(6),
        b"\xff\xd8" + exif(6)[:9],
        b"\xff\xd8\0\0" + exif(6),
        b"\xff\xd8\xff\xe0\0\0" * 3,
    ],
)
def test_a_jpeg_without_a_usable_tag_is_upright(data: bytes) -> None:
    """Nothing, half a segment, or a tag behind the start of the picture turns nothing."""
    assert jpeg_orientation(data) == UPRIGHT


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pillow_writes_what_is_read_here(orientation: int) -> None:
    """The tag of a real JPEG is found."""
    tags, file = Image.Exif(), io.BytesIO()
    tags[0x010F] = "Maker"
    tags[0x0112] = orientation
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=tags)

    assert jpeg_orientation(file.getvalue()) == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(4, 7, 3), (1, 5, 3), (5, 1, 3), (1, 1, 3)])
def test_pixels_are_turned_as_pillow_turns_them(orientation: int, shape: tuple[int, ...]) -> None:
    """Turning random pixels gives what `exif_transpose` gives, and contiguous."""
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation

    turned = upright(pixels, orientation)

    assert (turned == np.asarray(ImageOps.exif_transpose(image))).all()
    assert turned.flags.c_contiguous
    assert (turned.shape[:2] == shape[:2][::-1]) or not swaps_sides(orientation)


def test_upright_pixels_are_not_copied() -> None:
    """Orientation 1 gives back the array itself."""
    pixels = np.zeros((2, 3, 3), np.uint8)

    assert upright(pixels, 1) is pixels


@fuzz
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_block(data: bytes) -> None:
    """The answer is always 1..8."""
    assert all(tiff_orientation(start + data) in range(1, 9) for start in (b"", b"II*\0", b"MM\0*\0\0\0\x08"))


@fuzz
@given(st.binary(max_size=200), st.integers(0, 40))
def test_no_bytes_break_the_reading_of_a_jpeg(data: bytes, cut: int) -> None:
    """The answer is always 1..8, and memory views are read as bytes are."""
    damaged = jpeg(exif(6))[:cut] + data

    assert jpeg_orientation(damaged) in range(1, 9)
    assert jpeg_orientation(memoryview(damaged)) == jpeg_orientation(damaged)
