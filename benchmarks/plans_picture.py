"""The picture of `plans`: measured over predicted for each plan, with its interval, in SVG.

python -m benchmarks.plans_picture docs/benchmarks/plans.json docs/pictures/calibration.svg
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LEFT, TOP, WIDE, HIGH = 70, 50, 620, 330
LEAST_SHOWN = 0.3
"""The axis reaches to this error at least, and to the next tenth beyond the largest one."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
INK, PALE, FAINT = "#222222", "#666666", "#dddddd"


def picture(rows: Sequence[dict[str, Any]]) -> str:
    """Error of the makespan against its length; the band is what the bar allows to nine of ten plans."""
    known = [row for row in rows if row["error"] is not None]
    times = [row["predicted_s"] for row in known] or [1.0]
    tenths: int = math.ceil(10 * max(LEAST_SHOWN, *(abs(row["error"]) for row in known)) - 1e-9)
    most = tenths / 10
    low, high = math.log(min(times) * 0.8), math.log(max(times) * 1.25)

    def x(seconds: float) -> float:
        return LEFT + WIDE * (math.log(seconds) - low) / (high - low)

    def y(error: float) -> float:
        return TOP + HIGH * (most - max(-most, min(most, error))) / (2 * most)

    lines = [
        f'<rect x="{LEFT}" y="{y(0.1):.1f}" width="{WIDE}" height="{y(-0.1) - y(0.1):.1f}" fill="#eef4f8"/>',
        f'<rect x="{LEFT}" y="{y(0.05):.1f}" width="{WIDE}" height="{y(-0.05) - y(0.05):.1f}" fill="#dbe9f2"/>',
    ]
    for error in (tenth / 10 for tenth in range(-tenths, tenths + 1)):
        lines.append(f'<path d="M{LEFT} {y(error):.1f}h{WIDE}" stroke="{INK if error == 0 else FAINT}"/>')
        lines.append(_text(LEFT - 8, y(error) + 4, f"{error:+.0%}" if error else "0 %", PALE, "end"))
    lines += [
        _text(x(seconds), TOP + HIGH + 18, f"{seconds} s", PALE, "middle")
        for seconds in (1, 2, 5, 10, 20, 50, 100)
        if low <= math.log(seconds) <= high
    ]
    models = list(dict.fromkeys(row["model"] for row in known))
    for row in known:
        colour = COLOURS[models.index(row["model"]) % len(COLOURS)]
        across = f"{x(row['predicted_s']):.1f}"
        if row["low_s"] is not None:
            ends = [(bound - row["predicted_s"]) / bound for bound in (row["low_s"], row["high_s"]) if bound]
            path = f"M{across} {y(ends[0]):.1f}V{y(ends[-1]):.1f}"
            lines.append(f'<path d="{path}" stroke="{colour}" opacity=".35"/>')
        lines.append(f'<circle cx="{across}" cy="{y(row["error"]):.1f}" r="4" fill="{colour}"/>')
    for place, model in enumerate(models):
        lines.append(f'<circle cx="{LEFT + 8 + 190 * place}" cy="{TOP + HIGH + 46}" r="4" fill="{COLOURS[place]}"/>')
        lines.append(_text(LEFT + 18 + 190 * place, TOP + HIGH + 50, model, INK))
    size = f'width="{LEFT + WIDE + 30}" height="{TOP + HIGH + 70}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    title = _text(LEFT, 22, f"Measured against predicted makespan, {len(known)} plans", INK, weight="bold")
    note = _text(
        LEFT,
        40,
        "(measured - predicted) / measured; bands: 5 % and 10 %; bars: the plans' intervals",
        PALE,
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', title, note, *lines, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start", *, weight: str = "normal") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{text}</text>'


if __name__ == "__main__":
    source, target = (Path(name) for name in sys.argv[1:])
    target.write_text(picture([row for row in json.loads(source.read_text())["rows"] if not row["fewer"]]))
