"""Images made on the spot from a seed, always the same: `synthetic://640x480?count=100&seed=7`.

Each is a JPEG (quality 90) of smooth coloured noise, so that decoding costs about what a photo costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import cv2
import numpy as np

from vedette.errors import UsageError
from vedette.rules.vision.encode import encode_jpeg
from vedette.values.frame import Frame, Pixels, Reject, Size

SCHEME = "synthetic://"
_FORM = "synthetic://WIDTHxHEIGHT?count=N&seed=N"
_SIDE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class SyntheticSource:
    """`number` images of one size; image i depends on seed and i only."""

    size: Size
    number: int
    seed: int

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        for index in range(self.number):
            payload = encode_jpeg(synthetic_image(self.size, self.seed, index))
            yield Frame(f"{SCHEME}{self.size}?seed={self.seed}", payload, index)

    def count(self) -> int:
        """How many images there are."""
        return self.number


def synthetic_image(size: Size, seed: int, index: int) -> Pixels:
    """Coarse noise enlarged, with a little fine noise over it."""
    generator = np.random.default_rng([seed, index])
    coarse = generator.integers(0, 256, (9, 12, 3), np.uint8)
    smooth = cv2.resize(coarse, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    fine = generator.integers(0, 24, (size.height, size.width, 3), np.uint8)
    return cv2.add(smooth, fine).astype(np.uint8, copy=False)


def parse_synthetic(address: str) -> SyntheticSource:
    """Read `synthetic://WIDTHxHEIGHT?count=N&seed=N`; count is 1 and seed 0 unless given.

    Raises:
        UsageError: another form, another key, or a number out of range.
    """
    parts = urlsplit(address)
    keys = dict(parse_qsl(parts.query, keep_blank_values=True))
    width, _, height = parts.netloc.partition("x")
    numbers = [width, height, keys.pop("count", "1"), keys.pop("seed", "0")]
    if keys or not all(number.isdecimal() for number in numbers):
        raise UsageError(f"{address} is no synthetic source", help=f"write {_FORM}")
    w, h, count, seed = (int(number) for number in numbers)
    if not (0 < w <= _SIDE_LIMIT and 0 < h <= _SIDE_LIMIT):
        raise UsageError(f"{address}: sides lie in 1..{_SIDE_LIMIT}", help=f"write {_FORM}")
    return SyntheticSource(Size(w, h), count, seed)
