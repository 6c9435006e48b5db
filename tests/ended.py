"""A request that has ended, for tests of what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vedette.adapters.http.app import Told

_INFER = Told("POST", "/infer/colour", "/infer/{models}", 200, "r1", "camera", "192.0.2.7", 1_000_000, 13_300_000, 400)


def ended(**changes: Any) -> Told:
    """A request to a model that took 12.3 ms."""
    return replace(_INFER, **{"model": "colour", **changes})
