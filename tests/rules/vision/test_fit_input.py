"""What own code calls to make a picture fit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import vedette
from vedette.rules.vision.places import part_of, places
from vedette.values.frame import Size
from vedette.values.manifest import ResizeType
from vedette.values.tiling import Tiling


def spec(**changes: object) -> vedette.InputSpec:
    return vedette.InputSpec(**({"name": "x", "layout": "NCHW", "size": Size(32, 24)} | changes))


def picture(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def test_a_picture_is_stretched_as_opencv_does() -> None:
    """The plain way of most models."""
    pixels = picture(100, 60)

    assert (vedette.fit_input(pixels, spec()) == cv2.resize(pixels, (32, 24))).all()


@pytest.mark.parametrize("resize_type", ResizeType)
def test_every_way_gives_a_row_of_the_model(resize_type: ResizeType) -> None:
    """Whatever the shape of the picture; grey where the model takes grey."""
    for width, height in ((1, 1), (300, 7), (7, 300)):
        assert vedette.fit_input(picture(width, height), spec(resize_type=resize_type)).shape == (24, 32, 3)
        assert vedette.fit_input(picture(width, height), spec(channels=1)).shape == (24, 32, 1)


def test_the_part_of_a_tile_is_what_the_image_shows_there() -> None:
    """A tile that reaches beyond its image is filled with the pad value."""
    pixels = picture(20, 30)
    (only,) = places(Size(20, 30), spec(pad_value=9), Tiling(Size(40, 40), 0))
    tiles = places(Size(20, 30), spec(), Tiling(Size(16, 16), 4))

    padded = part_of(pixels, only, spec(pad_value=9))

    assert (padded[:30, :20] == pixels).all()
    assert (padded[30:] == 9).all()
    assert (padded[:, 20:] == 9).all()
    for tile in tiles:
        left, top = tile.region.left, tile.region.top
        assert (part_of(pixels, tile, spec()) == pixels[top : top + 16, left : left + 16]).all()
