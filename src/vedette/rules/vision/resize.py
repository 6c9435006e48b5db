"""How an image of any size becomes the input of a model, and how a point of that input is found again in the image.

    source image -> crop (a rectangle of it) -> scaled to `scaled` -> pasted at `offset` on a canvas of `target`

Every resize mode is one such Geometry, so that there is one way forward and one way back. Pixel coordinates are
continuous: pixel i covers [i, i + 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vedette.values.frame import Pixels, Size, size_of
from vedette.values.manifest import InputSpec, Interpolation, ResizeType

_OPENCV = {
    Interpolation.NEAREST: cv2.INTER_NEAREST,
    Interpolation.LINEAR: cv2.INTER_LINEAR,
    Interpolation.CUBIC: cv2.INTER_CUBIC,
    Interpolation.AREA: cv2.INTER_AREA,
}


@dataclass(frozen=True, slots=True)
class Geometry:
    """One resize: which rectangle of the source lands where on the target.

    Attributes:
        source: size of the original image.
        left, top, crop: the rectangle of the source that is used, in source pixels.
        scaled: size of that rectangle on the target.
        offset: its upper left corner on the target, (x, y).
        target: size of the target.
    """

    source: Size
    left: int
    top: int
    crop: Size
    scaled: Size
    offset: tuple[int, int]
    target: Size

    def to_source(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points (..., 2), x before y, from target pixels to source pixels."""
        scale = np.array([self.crop.width / self.scaled.width, self.crop.height / self.scaled.height])
        mapped: NDArray[np.float64] = (points - np.array(self.offset)) * scale + (self.left, self.top)
        return mapped

    def to_target(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points (..., 2), x before y, from source pixels to target pixels; the inverse of `to_source`."""
        scale = np.array([self.scaled.width / self.crop.width, self.scaled.height / self.crop.height])
        mapped: NDArray[np.float64] = (points - np.array((self.left, self.top))) * scale + self.offset
        return mapped


def plan_resize(source: Size, target: Size, resize_type: ResizeType, crop_fraction: float = 1.0) -> Geometry:
    """The Geometry that fits `source` into `target`.

    `crop` keeps the centre rectangle with the target's ratio; its tighter side is `crop_fraction` of the source's.
    """
    if resize_type is ResizeType.STANDARD:
        return Geometry(source, 0, 0, source, target, (0, 0), target)
    if resize_type is ResizeType.CROP:
        scale = crop_fraction * min(source.width / target.width, source.height / target.height)
        crop = Size(_at_least_1(target.width * scale), _at_least_1(target.height * scale))
        left, top = (source.width - crop.width) // 2, (source.height - crop.height) // 2
        return Geometry(source, left, top, crop, target, (0, 0), target)
    ratio = min(target.width / source.width, target.height / source.height)
    scaled = Size(_at_least_1(source.width * ratio), _at_least_1(source.height * ratio))
    offset = (0, 0)
    if resize_type is ResizeType.LETTERBOX:
        offset = ((target.width - scaled.width) // 2, (target.height - scaled.height) // 2)
    return Geometry(source, 0, 0, source, scaled, offset, target)


def plan_input(source: Size, spec: InputSpec) -> Geometry:
    """The Geometry that a model's input asks for."""
    return plan_resize(source, spec.size, spec.resize_type, spec.crop_fraction)


def shrink_for(geometry: Geometry, shrinks: tuple[int, ...]) -> int:
    """The largest of `shrinks` (divisors of the decoded size) that still leaves no pixel to be invented."""
    room = min(geometry.crop.width / geometry.scaled.width, geometry.crop.height / geometry.scaled.height)
    return max((shrink for shrink in shrinks if shrink <= room), default=1)


def apply(
    pixels: Pixels, geometry: Geometry, interpolation: Interpolation = Interpolation.LINEAR, pad_value: int = 0
) -> Pixels:
    """Carry out a Geometry; the pixels may have been decoded at a shrink of the geometry's source.

    Returns:
        uint8, shape (target height, target width, 3), contiguous.
    """
    scaled = _scaled(_cropped(pixels, geometry), geometry.scaled, interpolation)
    if geometry.scaled == geometry.target:
        return np.ascontiguousarray(scaled)
    canvas = np.full((geometry.target.height, geometry.target.width, 3), pad_value, np.uint8)
    x, y = geometry.offset
    canvas[y : y + geometry.scaled.height, x : x + geometry.scaled.width] = scaled
    return canvas


def resize(
    pixels: Pixels,
    target: Size,
    resize_type: ResizeType,
    *,
    interpolation: Interpolation = Interpolation.LINEAR,
    pad_value: int = 0,
    crop_fraction: float = 1.0,
) -> Pixels:
    """Plan and apply in one step."""
    return apply(pixels, plan_resize(size_of(pixels), target, resize_type, crop_fraction), interpolation, pad_value)


def _cropped(pixels: Pixels, geometry: Geometry) -> Pixels:
    here = size_of(pixels)
    if here == geometry.source:
        left, top, size = geometry.left, geometry.top, geometry.crop
    else:  # decoded at a shrink: the same rectangle in smaller pixels
        across, down = here.width / geometry.source.width, here.height / geometry.source.height
        left, right = _edges(geometry.left, geometry.crop.width, across, here.width)
        top, bottom = _edges(geometry.top, geometry.crop.height, down, here.height)
        size = Size(right - left, bottom - top)
    return pixels[top : top + size.height, left : left + size.width]


def _scaled(pixels: Pixels, size: Size, interpolation: Interpolation) -> Pixels:
    if size_of(pixels) == size:
        return pixels
    scaled = cv2.resize(pixels, (size.width, size.height), interpolation=_OPENCV[interpolation])
    return scaled.astype(np.uint8, copy=False)


def _edges(start: int, length: int, scale: float, limit: int) -> tuple[int, int]:
    """Both edges of a stretch on the smaller scale, each rounded by itself, at least 1 apart and within 0..limit."""
    low = min(math.floor(start * scale + 0.5), limit - 1)
    return low, max(low + 1, min(math.floor((start + length) * scale + 0.5), limit))


def _at_least_1(length: float) -> int:
    return max(1, round(length))
