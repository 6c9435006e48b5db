"""How often a key may ask: a token bucket (RFC 2697 has the same with bytes).

A bucket holds at most one second's worth of tokens, at least one. It fills at the rate; each request takes one token,
or is told when the next one will be there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left: tokens at an instant."""

    tokens: float
    at_ns: int


def full(rate: float, now_ns: int) -> Bucket:
    """A bucket that nothing was taken from yet.

    Args:
        rate: tokens a second, above 0.
        now_ns: monotonic instant.
    """
    return Bucket(_room(rate), now_ns)


def take(bucket: Bucket, rate: float, now_ns: int) -> tuple[Bucket, int]:
    """The bucket after one request, and the nanoseconds to wait: 0 means that it may go on."""
    passed_ns = max(0, now_ns - bucket.at_ns)
    tokens = min(_room(rate), bucket.tokens + passed_ns * rate / _S)
    at_ns = bucket.at_ns + passed_ns
    if tokens >= 1.0:
        return Bucket(tokens - 1.0, at_ns), 0
    return Bucket(tokens, at_ns), max(1, math.ceil((1.0 - tokens) / rate * _S))


def _room(rate: float) -> float:
    return max(1.0, rate)
