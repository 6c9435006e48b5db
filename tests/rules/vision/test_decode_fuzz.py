"""Whatever the bytes, decoding gives pixels of the announced size or an error that helps."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vedette.errors import VedetteError
from vedette.rules.vision.decode import JPEG_SHRINKS, Decoded, decode
from vedette.rules.vision.header import Header, read_header
from vedette.values.frame import Size, size_of

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "JPEG2000", "PPM"]
LIMIT = 1_000_000

fuzz = settings(max_examples=250, deadline=None, derandomize=True, database=None)


@cache
def real(name: str) -> bytes:
    photo = Path(__file__).parents[3] / "src/vedette/photos/chelsea.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    options = {"exif": exif} if name in {"JPEG", "PNG", "WEBP"} else {}
    Image.open(photo).resize((48, 32)).save(file, name, **options)
    return file.getvalue()


@st.composite
def mutations(draw: st.DrawFn, name: str) -> bytes:
    """A real image with up to six bytes changed, most often near its start, and sometimes cut short or with a hole."""
    data = bytearray(real(name))
    reach = draw(st.sampled_from([64, 256, len(data)]))
    changes = st.tuples(st.integers(0, min(reach, len(data)) - 1), st.integers(0, 255))
    for position, value in draw(st.lists(changes, max_size=6)):
        data[position] = value
    kind = draw(st.sampled_from(["whole", "whole", "cut", "hole"]))
    at = draw(st.integers(0, len(data)))
    if kind == "cut":
        del data[at:]
    elif kind == "hole":
        del data[at : at + draw(st.integers(1, 20))]
    return bytes(data)


def outcome_of(data: bytes, shrink: int) -> tuple[Header, Decoded] | VedetteError:
    try:
        header = read_header(data, pixel_limit=LIMIT)
        return header, decode(data, header=header, shrink=shrink)
    except VedetteError as error:
        return error


def assert_pixels_or_a_reason(data: bytes, shrink: int = 1) -> None:
    outcome = outcome_of(data, shrink)
    if isinstance(outcome, VedetteError):
        assert outcome.message.strip()
        assert outcome.help.strip()
        return
    header, decoded = outcome
    divisor = shrink if header.format == "jpeg" else 1
    assert header.size.pixels <= LIMIT
    assert header.orientation in range(1, 9)
    assert decoded.size == header.size
    assert decoded.pixels.dtype == np.uint8
    assert size_of(decoded.pixels) == Size(-(-header.size.width // divisor), -(-header.size.height // divisor))


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_image_gives_pixels_or_a_reason(name: str) -> None:
    """250 mutations of a real image in each format raise nothing but errors of ours, and warn of nothing."""

    @fuzz
    @given(mutations(name))
    def check(data: bytes) -> None:
        assert_pixels_or_a_reason(data)

    check()


@fuzz
@given(mutations("JPEG"), st.sampled_from(JPEG_SHRINKS))
def test_a_damaged_jpeg_gives_pixels_or_a_reason_at_every_shrink(data: bytes, shrink: int) -> None:
    """Scaled decoding keeps the promise too."""
    assert_pixels_or_a_reason(data, shrink)


@fuzz
@given(st.sampled_from([b"", *(real(name)[:12] for name in FORMATS)]), st.binary(max_size=300))
def test_any_bytes_give_pixels_or_a_reason(magic: bytes, data: bytes) -> None:
    """Noise, with or without the first bytes of a format, is handled as calmly."""
    assert_pixels_or_a_reason(magic + data)
