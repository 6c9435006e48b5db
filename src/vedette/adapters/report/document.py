"""One HTML file that needs nothing else: styles, script and charts are inside; and the tables and lists of its body.

The page forbids itself every network access (Content-Security-Policy) and runs no script but its own, which is named by
its hash: a name or a note that holds markup stays text twice over.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from vedette.adapters.report.markup import Content, Markup, joined, tag
from vedette.adapters.report.sheet import Fact, Figure, Sheet
from vedette.adapters.report.words import ABSENT, interval, number


def document(title: str, *body: Content) -> str:
    """The whole document; the same content gives the same bytes."""
    style, script = packed("report.css"), packed("report.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", style),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', *body, tag('script', script)), lang='en')}\n"


def packed(name: str) -> Markup:
    """A file of this package, put into the page as it is."""
    return Markup(files("vedette.adapters.report").joinpath(name).read_text(encoding="utf-8"))


def sheet_table(sheet: Sheet, *, titled: bool = True) -> Markup:
    """A table and its note."""
    sides = ["right" if head.startswith(">") else None for head in sheet.heads]
    heads = [tag("th", head.removeprefix(">"), cls=side) for head, side in zip(sheet.heads, sides, strict=True)]
    rows = [
        tag("tr", *(tag("td", cell, cls=side) for cell, side in zip(row, sides, strict=True))) for row in sheet.rows
    ]
    caption = tag("caption", sheet.title) if titled else None
    table = tag("table", caption, tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return joined(tag("div", table, cls="scroll"), tag("p", sheet.note, cls="note") if sheet.note else None)


def fact_list(facts: tuple[Fact, ...]) -> Markup:
    """Things and what is known of them."""
    pairs = [joined(tag("dt", one.name), tag("dd", tag("code", one.text) if one.code else one.text)) for one in facts]
    return tag("dl", *pairs, cls="facts")


def terms(glossary: tuple[tuple[str, str], ...]) -> Markup:
    """Words and what they mean."""
    return tag("dl", *(joined(tag("dt", term), tag("dd", words)) for term, words in glossary), cls="facts")


def figure_list(figures: tuple[Figure, ...]) -> tuple[Markup, ...]:
    """Key figures for a list of the class `figures`: value, unit, interval or the reason why there is none."""
    return tuple(_figure(one) for one in figures)


def _figure(one: Figure) -> Markup:
    estimate = one.estimate
    known = interval(estimate, one.unit)
    below = f"{estimate.confidence:.0%} interval {known}" if known != ABSENT else estimate.reason or "no interval"
    unit = tag("small", f" {one.unit}") if estimate.value is not None else None
    exact = "" if estimate.value is None else repr(estimate.value)
    return tag(
        "div",
        tag("dt", one.name, f", {one.meaning}" if one.meaning else ""),
        tag("dd", number(estimate.value), unit, cls="value", data_figure=one.key, data_exact=exact),
        tag("dd", below, cls="range"),
        cls="figure",
    )
