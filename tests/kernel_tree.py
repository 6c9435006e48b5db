"""A fake root with /proc and /sys, for probes that take one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def plant(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a fake root; an existing one is rewritten in place, so that a kept-open one shows it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def reading(*probes: Any) -> dict[str, float]:
    """What probes read, by the name of the feature."""
    found: dict[str, float] = {}
    for probe in probes:
        values: Sequence[float] = probe.read()
        found |= {one.name: value for one, value in zip(probe.features, values, strict=True)}
    return found


def reasons(*probes: Any) -> dict[str, str]:
    """What probes lack, and why."""
    return {one.name: one.reason for probe in probes for one in probe.absences}


def known(values: Mapping[str, float]) -> dict[str, float]:
    """Without what is NaN."""
    return {name: value for name, value in values.items() if not math.isnan(value)}
