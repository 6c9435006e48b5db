"""Images made on the spot from a seed, always the same: `synthetic://640x480?count=100&seed=7`.

Each is a JPEG (quality 90) of smooth coloured noise, so that decoding costs about what a photo costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

import cv2
import numpy as np

from vedette.adapters.sources.shown import printable
from vedette.errors import UsageError
from vedette.rules.vision.encode import encode_jpeg
from vedette.values.frame import Frame, Pixels, Reject, Size

SCHEME = "synthetic://"
_HELP = "write synthetic://WIDTHxHEIGHT?count=N&seed=N"
_SIDE_LIMIT = 20_000
_LARGEST = 2**63 - 1


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
    width, height, query = _parts(address)
    given = parse_qsl(query, keep_blank_values=True)
    keys = {"count": "1", "seed": "0"} | dict(given)
    unknown = sorted(set(keys) - {"count", "seed"})
    if unknown:
        raise UsageError(f"{printable(address)}: unknown key {unknown[0]!r}, the keys are count and seed", help=_HELP)
    if len(given) > len(dict(given)):
        raise UsageError(f"{printable(address)}: a key is given twice", help=_HELP)
    w, h = (_number(address, name, text, 1, _SIDE_LIMIT) for name, text in (("width", width), ("height", height)))
    count = _number(address, "count", keys["count"], 1, _LARGEST)
    return SyntheticSource(Size(w, h), count, _number(address, "seed", keys["seed"], 0, _LARGEST))


def _parts(address: str) -> tuple[str, str, str]:
    rest = address[len(SCHEME) :]
    sides, _, query = rest.partition("?")
    width, cross, height = sides.partition("x")
    if not cross:
        raise UsageError(f"{printable(address)} names no size", help=_HELP)
    return width, height, query


def _number(address: str, name: str, text: str, lowest: int, highest: int) -> int:
    value = int(text) if text.isdecimal() and len(text) <= len(str(highest)) else -1
    if not lowest <= value <= highest:
        raise UsageError(
            f"{printable(address)}: {name} is a whole number in {lowest}..{highest}, got {printable(text)!r}",
            help=_HELP,
        )
    return value
