"""The options of `vedette profile`, from text to values: every number is checked, junk is named."""

from __future__ import annotations

import math
import re

from vedette.cli.options import parse_size
from vedette.errors import UsageError
from vedette.values.frame import Size

MOST_IMAGES = 4096
"""Of a mini-batch."""

_RANGE = re.compile(r"(\d+)(-|\.\.)(\d+)", re.ASCII)
_HELP = "write mini-batches as --batch 1,2,4..64 (doubling from 4 on) or --batch 1-64 (each)"


def parse_batches(text: str) -> tuple[int, ...]:
    """Mini-batches out of `1,2,4..64` (doubling) or `1-64` (each), rising, each once.

    Raises:
        UsageError: a part is none, or not within 1..4096.
    """
    found: set[int] = set()
    for part in text.split(","):
        found.update(_part(part.strip()))
    return tuple(sorted(found))


def _part(text: str) -> list[int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        return [_batch(text)]
    low, high = _batch(match[1]), _batch(match[3])
    if low > high:
        raise UsageError(f"--batch {text} falls from {low} to {high}", help=_HELP)
    if match[2] == "-":
        return list(range(low, high + 1))
    doubled = [low * 2**power for power in range(MOST_IMAGES.bit_length()) if low * 2**power < high]
    return [*doubled, high]


def _batch(text: str) -> int:
    if (
        not (text.isascii() and text.isdecimal())
        or len(text) > len(str(MOST_IMAGES))
        or not 0 < int(text) <= MOST_IMAGES
    ):
        raise UsageError(f"--batch: {text[:40]!r} is no mini-batch of 1 to {MOST_IMAGES} images", help=_HELP)
    return int(text)


def parse_sizes(text: str | None) -> tuple[Size, ...]:
    """Image sizes out of `640x480,1280x960`, each once; none out of None.

    Raises:
        UsageError: one is none.
    """
    if text is None:
        return ()
    return tuple(dict.fromkeys(parse_size(part.strip(), "--size") for part in text.split(",")))


def parse_width(text: str) -> float:
    """A share out of `3%`.

    Raises:
        UsageError: it has no `%`, or does not lie between 0 and 100 %.
    """
    number, percent, rest = text.partition("%")
    try:
        share = float(number) / 100
    except ValueError:
        share = math.nan
    if not percent or rest.strip() or not 0 < share < 1:
        raise UsageError(
            f"--width {text} is no share between 0 and 100 %", help="write how certain a batch must be: --width 3%"
        )
    return share
