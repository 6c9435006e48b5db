"""A picture as Vedette makes it fit a model: for own code that changes pixels and leaves the rest as it is."""

from __future__ import annotations

from vedette.rules.vision.places import make_row, places
from vedette.values.frame import Pixels, size_of
from vedette.values.manifest import InputSpec


def fit_input(pixels: Pixels, spec: InputSpec) -> Pixels:
    """The picture resized, cropped or padded as the model's manifest says; grey where the model takes grey.

    Args:
        pixels: uint8, shape (height, width, 3), RGB.
        spec: the model's input.

    Returns:
        uint8, shape (spec.size.height, spec.size.width, spec.channels).
    """
    (whole,) = places(size_of(pixels), spec)
    return make_row(pixels, whole, spec)
