"""The picture of `plan_rates`: the error of the p99 of each configuration against its load, in SVG.

python -m benchmarks.plan_rates_picture docs/benchmarks/plan_rates.json docs/pictures/plan_rates.svg
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LEFT, TOP, WIDE, HIGH = 70, 50, 620, 330
MOST = 1.0
"""Largest error that is drawn; larger ones lie on the edge."""

BAR = 0.15
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
INK, PALE, FAINT = "#222222", "#666666", "#dddddd"


def picture(rows: Sequence[dict[str, Any]]) -> str:
    """Full marks against the plan, rings against its simulation of the same arrivals; the band is the bar."""
    known = [row for row in rows if row["error"] is not None]
    models = list(dict.fromkeys(row["model"] for row in known))
    lines = [f'<rect x="{LEFT}" y="{_y(BAR):.1f}" width="{WIDE}" height="{_y(-BAR) - _y(BAR):.1f}" fill="#dbe9f2"/>']
    for error in (-1.0, -0.75, -0.5, -0.3, -0.15, 0.0, 0.15, 0.3, 0.5, 0.75, 1.0):
        lines.append(f'<path d="M{LEFT} {_y(error):.1f}h{WIDE}" stroke="{INK if error == 0 else FAINT}"/>')
        lines.append(_text(LEFT - 8, _y(error) + 4, f"{error:+.0%}" if error else "0 %", PALE, "end"))
    lines += [_text(_x(load), TOP + HIGH + 18, f"{load:.0%}", PALE, "middle") for load in (0.2, 0.35, 0.5, 0.65, 0.8)]
    for row in known:
        place = models.index(row["model"])
        colour, across = COLOURS[place % len(COLOURS)], _x(row["load"]) + 12 * (place - (len(models) - 1) / 2)
        lines += _marks(row, across, colour)
    for place, model in enumerate(models):
        lines.append(f'<circle cx="{LEFT + 8 + 190 * place}" cy="{TOP + HIGH + 46}" r="4" fill="{COLOURS[place]}"/>')
        lines.append(_text(LEFT + 18 + 190 * place, TOP + HIGH + 50, model, INK))
    size = f'width="{LEFT + WIDE + 30}" height="{TOP + HIGH + 70}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    title = _text(LEFT, 22, f"Measured against predicted p99, {len(known)} configurations", INK, weight="bold")
    told = "(measured - predicted) / measured; full: the plan, ring: the same arrivals, square: no core of its own"
    white = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, white, title, _text(LEFT, 40, told, PALE), *lines, "</svg>"]) + "\n"


def _marks(row: dict[str, Any], across: float, colour: str) -> list[str]:
    """Interval of the measured p99 as a line, and both errors."""
    marks = []
    if row["measured_low_ms"] and row["measured_high_ms"]:
        low, high = ((one - row["predicted_ms"]) / one for one in (row["measured_low_ms"], row["measured_high_ms"]))
        marks.append(f'<path d="M{across:.1f} {_y(low):.1f}V{_y(high):.1f}" stroke="{colour}" opacity=".35"/>')
    ring = _y(row["error_same_arrivals"])
    marks.append(f'<circle cx="{across:.1f}" cy="{ring:.1f}" r="5.5" fill="none" stroke="{colour}"/>')
    full = _y(row["error"])
    if row["apart"]:
        marks.append(f'<circle cx="{across:.1f}" cy="{full:.1f}" r="3.5" fill="{colour}"/>')
    else:
        marks.append(f'<rect x="{across - 3:.1f}" y="{full - 3:.1f}" width="6" height="6" fill="{colour}"/>')
    return marks


def _x(load: float) -> float:
    return LEFT + WIDE * (load - 0.1) / 0.8


def _y(error: float) -> float:
    return TOP + HIGH * (MOST - max(-MOST, min(MOST, error))) / (2 * MOST)


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start", *, weight: str = "normal") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{text}</text>'


if __name__ == "__main__":
    source, target = (Path(name) for name in sys.argv[1:])
    target.write_text(picture(json.loads(source.read_text())["rows"]))
