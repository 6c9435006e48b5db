"""Plots as HTML and SVG that fit any width.

Lines and shades are SVG, stretched to the width at hand; every word is HTML, so that it keeps its size on a phone and
on paper.

    <figure data-...>  title, key
      canvas           <svg viewBox="0 0 100000 10000"> bands, grid, series, marks
      ticks            HTML, placed in percent
      caption

The charts are whole without the script; the script of the page adds zoom and the values under the pointer, which it
reads back from the paths: 100000 steps of x and 10000 of y span the axes.
"""

from __future__ import annotations

import math
from itertools import pairwise

from vedette.adapters.report.markup import Markup, joined, tag
from vedette.adapters.report.plot import Axis, Band, Mark, Plot, Series, Shape
from vedette.adapters.report.ticks import fraction, tick_words, ticks
from vedette.adapters.report.words import number

WIDE, HIGH = 100_000, 10_000
_RUG = 700
_BAND_WORDS = {
    "warm": "time of the declared warm-up",
    "cut": "cut: not yet steady, or cool-down",
    "interval": "95 % interval",
}
_FAR_RIGHT = 0.6
_MOST_NAMED = 8
_TICK_HEIGHT = 40


def figure(plot: Plot) -> Markup:
    """One chart with its title, key and caption."""
    return tag(
        "figure",
        _head(plot),
        tag("div", _y_ticks(plot), _canvas(plot), cls="area", style=f"height:{plot.height}px"),
        _x_ticks(plot.x),
        tag("figcaption", plot.caption) if plot.caption else None,
        id=plot.key,
        cls="plot",
        data_group=plot.group or None,
        data_x0=f"{plot.x.low:.12g}",
        data_x1=f"{plot.x.high:.12g}",
        data_xlog="1" if plot.x.log else None,
        data_xunit=plot.x.unit,
        data_y0=f"{plot.y.low:.12g}",
        data_y1=f"{plot.y.high:.12g}",
        data_ylog="1" if plot.y.log else None,
        data_yunit=plot.y.unit,
    )


def _head(plot: Plot) -> Markup:
    scale = ", logarithmic" if plot.y.log else ""
    return tag(
        "div",
        tag("h4", plot.title),
        tag("span", f"{plot.y.name}, {plot.y.unit}{scale}", cls="unit"),
        _key(plot),
        tag("output", "", cls="readout"),
        cls="head",
    )


def _key(plot: Plot) -> Markup:
    """What colours and shades mean; one series needs no key, its title says it."""
    entries = []
    if len(plot.series) > 1:
        entries = [
            tag("span", tag("i", style=f"background:{one.colour}", cls=f"swatch {one.shape}"), one.label)
            for one in plot.series
        ]
    for kind in dict.fromkeys(band.kind for band in plot.bands):
        entries.append(tag("span", tag("i", cls=f"swatch band {kind}"), _BAND_WORDS[kind]))
    return tag("span", *entries, cls="key") if entries else Markup("")


def _canvas(plot: Plot) -> Markup:
    svg = tag(
        "svg",
        *(_band(plot.x, band) for band in plot.bands),
        *(_grid(plot.y, value) for value in _y_values(plot)),
        *(_mark(plot.x, mark) for mark in plot.marks),
        *(_series(plot, one) for one in plot.series),
        viewBox=f"0 0 {WIDE} {HIGH}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{plot.title}. {plot.caption}",
    )
    return tag("div", svg, *_mark_labels(plot), tag("div", cls="cross"), cls="canvas")


def _band(x: Axis, band: Band) -> Markup:
    first, last = fraction(x, band.low) * WIDE, fraction(x, band.high) * WIDE
    name = tag("title", band.label) if band.label else None
    return tag(
        "g",
        name,
        tag("rect", x=f"{first:.0f}", y=0, width=f"{max(last - first, 1):.0f}", height=HIGH),
        cls=f"band {band.kind}",
    )


def _grid(y: Axis, value: float) -> Markup:
    height = (1 - fraction(y, value)) * HIGH
    return tag("path", d=f"M0 {height:.0f}H{WIDE}", cls="grid")


def _mark(x: Axis, mark: Mark) -> Markup:
    return tag("path", d=f"M{fraction(x, mark.x) * WIDE:.0f} 0V{HIGH}", cls="mark")


def _mark_labels(plot: Plot) -> tuple[Markup, ...]:
    """Names of vertical lines: repeats at the top, percentiles at the bottom, each a line higher than the next."""
    at_top = bool(plot.group)
    if len(plot.marks) > _MOST_NAMED:
        every = math.ceil(len(plot.marks) / _MOST_NAMED)
        shown = plot.marks[::every]
    else:
        shown = plot.marks
    return tuple(_mark_label(plot.x, mark, None if at_top else len(shown) - place) for place, mark in enumerate(shown))


def _mark_label(x: Axis, mark: Mark, level: int | None) -> Markup:
    place = fraction(x, mark.x)
    if level is None:
        return tag("span", mark.label, cls="at", style=f"left:{place:.4%}", data_x=f"{mark.x:.12g}")
    side = "at low left" if place > _FAR_RIGHT else "at low"
    return tag("span", mark.label, cls=side, style=f"left:{place:.4%};bottom:{level * 1.4 - 0.8:.1f}em")


def _series(plot: Plot, one: Series) -> Markup:
    name = tag("title", one.label)
    path = tag("path", d=_path(plot, one))
    unit = plot.y.unit if one.shape is not Shape.RUG else ""
    attributes = {"data_label": one.label, "data_unit": unit, "data_points": str(len(one.x))}
    return tag("g", name, path, cls=f"series {one.shape}", stroke=one.colour, **attributes)


def _path(plot: Plot, one: Series) -> str:
    points = [
        (round(fraction(plot.x, x) * WIDE), round((1 - fraction(plot.y, y)) * HIGH))
        for x, y in zip(one.x, one.y, strict=True)
    ]
    if one.shape is Shape.DOTS:
        return "".join(f"M{x} {y}h0" for x, y in points)
    if one.shape is Shape.RUG:
        return "".join(f"M{x} 0v{_RUG}" for x, _ in points)
    if one.shape is Shape.STEPS:
        return _stairs(points)
    ends = [*one.breaks, len(points)] if one.breaks else [0, len(points)]
    return "".join(_line(points[first:last]) for first, last in pairwise(ends))


def _line(points: list[tuple[int, int]]) -> str:
    """One unbroken line; a single point is a dot."""
    rest = "".join(f"L{x} {y}" for x, y in points[1:]) or "h0"
    return f"M{points[0][0]} {points[0][1]}{rest}" if points else ""


def _stairs(points: list[tuple[int, int]]) -> str:
    """A share holds from its value to the next: to the right, then up; from the bottom to the right edge."""
    if not points:
        return ""
    return f"M{points[0][0]} {HIGH}" + "".join(f"H{x}V{y}" for x, y in points) + f"H{WIDE}"


def _y_values(plot: Plot) -> tuple[float, ...]:
    return ticks(plot.y, max(2, plot.height // _TICK_HEIGHT))


def _y_ticks(plot: Plot) -> Markup:
    values = _y_values(plot)
    spans = [
        tag("span", word, style=f"bottom:{fraction(plot.y, value):.3%}")
        for value, word in zip(values, tick_words(values), strict=True)
    ]
    return tag("div", *spans, cls="ys", aria_hidden="true")


def _x_ticks(x: Axis) -> Markup:
    values = ticks(x)
    spans = [
        tag("span", word, style=f"left:{fraction(x, value):.3%}")
        for value, word in zip(values, tick_words(values), strict=True)
    ]
    scale = ", logarithmic" if x.log else ""
    return joined(
        tag("div", *spans, cls="xs", aria_hidden="true"),
        tag("div", f"{x.name}, {x.unit}{scale}", cls="xname"),
    )


def first_ten(times_ms: tuple[float | None, ...], median_ms: float | None) -> Markup:
    """A bar for each of the first requests; the median of all stands beside them as a line of its own."""
    known = [value for value in times_ms if value is not None]
    most = max([*known, median_ms or 0.0], default=0.0)
    bars = [_bar(f"{place + 1}", value, most, "bar") for place, value in enumerate(times_ms)]
    if median_ms is not None:
        bars.append(_bar("median of all", median_ms, most, "bar median"))
    return tag("div", *bars, cls="bars")


def _bar(name: str, value: float | None, most: float, kind: str) -> Markup:
    if value is None:
        return tag("div", tag("b", name), tag("span", "failed", cls="failed"), cls=kind)
    share = value / most if most else 0.0
    fill = tag("i", style=f"width:{share:.3%}")
    return tag("div", tag("b", name), tag("span", fill, cls="track"), tag("em", f"{number(value)} ms"), cls=kind)
