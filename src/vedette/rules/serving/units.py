"""Times and sizes as a configuration writes them: a number with its unit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}

BYTES = {
    "B": 1,
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}
"""Units of 1000 as the SI has them, of 1024 as IEC 80000-13 has them."""

_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*")


def seconds_of(text: str) -> float:
    """Seconds out of `45ms`, `10s`, `2min` or `1h`.

    Raises:
        ValueError: it is none of these; the text says what is expected.
    """
    return _times_unit(text, SECONDS, "a number with ms, s, min or h, as 10s")


def bytes_of(text: str) -> int:
    """Bytes out of `64MB`, `64MiB`, `1.5GiB` or `512kB`; a part of a byte is dropped.

    Raises:
        ValueError: it is none of these; the text says what is expected.
    """
    return int(_times_unit(text, BYTES, f"a number with {', '.join(BYTES)}, as 64MiB"))


def _times_unit(text: str, units: Mapping[str, float], expected: str) -> float:
    match = _NUMBER.fullmatch(text)
    known = {unit.lower(): size for unit, size in units.items()}
    if match is None or match[2].lower() not in known:
        raise ValueError(expected)
    value = float(match[1]) * known[match[2].lower()]
    if not math.isfinite(value):
        raise ValueError(expected)
    return value
