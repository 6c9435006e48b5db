"""One image on its way in: a Frame holds encoded bytes or decoded pixels, with the name of where it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.errors import Kind

Pixels = NDArray[np.uint8]
"""Decoded pixels, uint8, shape (height, width, 3), RGB."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, always in this order."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a size needs at least 1x1 pixels, got {self.width}x{self.height}")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height


def size_of(pixels: NDArray[np.generic]) -> Size:
    """The size of an array of shape (height, width, ...)."""
    return Size(int(pixels.shape[1]), int(pixels.shape[0]))


@dataclass(frozen=True, slots=True)
class Frame:
    """One image as a source gave it.

    Attributes:
        source: where it came from, printable: a path, an address, or a name such as `stdin`.
        payload: encoded bytes (JPEG, PNG, ...) or decoded `Pixels`.
        index: number of the frame within its source; 0 for a single image.
        time_s: time of the frame within a video, in seconds; None for a single image.
    """

    source: str
    payload: bytes | memoryview | Pixels
    index: int = 0
    time_s: float | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes that the payload holds in memory."""
        if isinstance(self.payload, bytes):
            return len(self.payload)
        return self.payload.nbytes


@dataclass(frozen=True, slots=True)
class Reject:
    """An image that a source could not give: its name and why."""

    source: str
    kind: Kind
    message: str
    help: str
    index: int = 0
