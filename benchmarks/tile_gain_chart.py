"""The picture of `tile_gain`: a bar for each layout, in SVG, out of the JSON that was measured.

python -m benchmarks.tile_gain_chart docs/benchmarks/tile_gain.json docs/pictures/tiles.svg
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LEFT, BAR, STEP, WIDTH = 365, 18, 24, 420
COLOURS = {"merged": "#2266aa", "suppressed only": "#c9a24b"}
INK, PALE = "#222222", "#666666"


def chart(rows: Sequence[dict[str, Any]]) -> str:
    """The bars under the name of each model, longest at 1."""
    lines: list[str] = []
    y = 34
    for model in dict.fromkeys(row["model"] for row in rows):
        lines.append(_text(12, y + 13, model, INK, weight="bold"))
        y += STEP
        for row in (row for row in rows if row["model"] == model):
            lines += _bar(y, row)
            y += STEP
        y += STEP // 2
    lines.append(_text(LEFT, y + 6, "agreement (F1) with nanodet-g-640 on whole frames; it is no ground truth", PALE))
    size = f'width="{LEFT + WIDTH + 70}" height="{y + 24}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    title = _text(12, 20, "Persons found in a camera clip, with and without tiles", INK, weight="bold")
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', title, *lines, "</svg>"]) + "\n"


def _bar(y: int, row: dict[str, Any]) -> list[str]:
    value = row["best"]["f1"]
    name = row["layout"] if row["rows"] == 1 else f"{row['layout']} ({row['rows']} rows), {row['boxes_of_tiles']}"
    colour = COLOURS[row["boxes_of_tiles"]]
    return [
        _text(24, y + 13, name, INK),
        f'<rect x="{LEFT}" y="{y}" width="{WIDTH * value:.0f}" height="{BAR}" fill="{colour}"/>',
        _text(LEFT + round(WIDTH * value) + 6, y + 13, f"{value:.3f}", INK),
    ]


def _text(x: int, y: int, text: str, colour: str, *, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-weight="{weight}">{text}</text>'


if __name__ == "__main__":
    source, target = (Path(name) for name in sys.argv[1:])
    target.write_text(chart(json.loads(source.read_text())["rows"]))
