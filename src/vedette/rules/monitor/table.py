"""The features as a table in Markdown: the page `docs/features.md` is made from what the code reads."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.values.reading import Feature

_HEAD = """# Features

What the monitor can record. This page is made from the code, and a test holds it true; `vedette bench features` shows
what this machine offers, and why it lacks the rest.

- `<core>`, `<disk>`, `<interface>`, `<gpu>`, `<zone>` and `<resource>` (cpu, memory, io, irq) stand for what the
  machine has, `<role>` for server, client or monitor; `<n>` numbers the processes of a role as they were found.
- Fast features are read at 1 to 100 Hz, slow ones at most twice a second; a peak is a high-water mark, read at the end.
- A gauge is a state at an instant. A counter only grows and is kept as it was read: its growth over time is a rate.
- What is not there is NaN in memory, null in Parquet and empty in CSV, never 0.
- A metric that a server offers of itself is recorded as `server.<metric>{labels}`, at the slow pace.

| feature | unit | pace | kind | source | meaning |
| --- | --- | --- | --- | --- | --- |
"""


def features_page(features: Iterable[Feature]) -> str:
    """The page: a row each feature, sorted by name."""
    rows = sorted(set(features), key=lambda one: (one.name, one.source))
    return _HEAD + "".join(_row(one) for one in rows)


def _row(one: Feature) -> str:
    cells = (f"`{one.name}`", one.unit, one.pace, one.reckoning, one.source, one.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
