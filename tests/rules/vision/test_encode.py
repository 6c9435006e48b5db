"""Encoding, read back with Pillow."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vedette.rules.vision.decode import decode
from vedette.rules.vision.encode import encode_jpeg, encode_png
from vedette.values.frame import Pixels


@pytest.fixture
def cat(photos: Path) -> Pixels:
    """A photo."""
    return decode((photos / "chelsea.jpg").read_bytes()).pixels


def seen_by_pillow(data: bytes, name: str) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == name
        return np.asarray(image.convert("RGB"))


def test_a_png_loses_nothing(cat: Pixels) -> None:
    """Pillow reads the very pixels, in RGB order."""
    assert (seen_by_pillow(encode_png(cat), "PNG") == cat).all()


def test_a_jpeg_keeps_the_picture(cat: Pixels) -> None:
    """At the default quality the mean difference is below 3 of 255, and red stays red."""
    red = np.full((16, 16, 3), (255, 0, 0), np.uint8)

    assert np.abs(seen_by_pillow(encode_jpeg(cat), "JPEG").astype(int) - cat).mean() < 3
    assert np.abs(seen_by_pillow(encode_jpeg(red), "JPEG").astype(int) - red).max() <= 3


def test_quality_costs_bytes(cat: Pixels) -> None:
    """A higher quality is a larger file that is closer to the picture."""
    files = [encode_jpeg(cat, quality) for quality in (1, 30, 90, 100)]
    errors = [np.abs(seen_by_pillow(file, "JPEG").astype(int) - cat).mean() for file in files]

    assert sorted(files, key=len) == files
    assert sorted(errors, reverse=True) == errors


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 3), (9, 1, 3), (17, 33, 3), (1, 20_000, 3), (20_000, 1, 3)])
def test_any_shape_is_encoded(shape: tuple[int, ...]) -> None:
    """One pixel, one line and odd sides keep their shape in both formats."""
    pixels = np.full(shape, 120, np.uint8)

    assert seen_by_pillow(encode_jpeg(pixels), "JPEG").shape == shape
    assert (seen_by_pillow(encode_png(pixels), "PNG") == pixels).all()


def test_a_view_of_an_array_is_encoded(cat: Pixels) -> None:
    """Mirrored, stepped or read-only pixels need not be copied before."""
    view = cat[::-1, ::-2]
    view.flags.writeable = False

    assert (seen_by_pillow(encode_png(view), "PNG") == view).all()
    assert encode_jpeg(view) == encode_jpeg(view.copy())


def test_encoding_is_undone_by_decoding(cat: Pixels) -> None:
    """What is encoded here is decoded here to the same pixels."""
    assert (decode(encode_png(cat)).pixels == cat).all()
    assert (decode(encode_jpeg(cat)).pixels == seen_by_pillow(encode_jpeg(cat), "JPEG")).all()
