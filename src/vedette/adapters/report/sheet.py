"""Tables and figures of a report, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.evidence import Estimate


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: its name in the document, what it is called, its unit, and the estimate."""

    key: str
    name: str
    unit: str
    estimate: Estimate
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A thing and what is known of it; `code` where it is to be copied."""

    name: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: heads (`>` aligns to the right), rows of the same length, a note below, reasons for what is absent."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.heads) for row in self.rows), "rows are as long as the heads"
