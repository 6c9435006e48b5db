"""Stored runs as they are listed: a row of a table, an object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.cli.bench_json import verdict_word
from vedette.cli.bench_words import ABSENT, load_words, number, printable
from vedette.cli.tables import print_line, print_table
from vedette.rules.bench.figures import figures
from vedette.values.run import Run
from vedette.wiring.runs import RunHead

_FIGURES = ("p50_ms", "p99_ms", "throughput")


def print_heads(heads: Sequence[RunHead]) -> None:
    """Print a line a run, and below why some cannot be read."""
    columns = ("run", "started", "target", "load", "verdict", ">requests", ">p50 ms", ">p99 ms", ">answers/s")
    print_table(columns, [_row(head) for head in heads])
    for head in heads:
        if head.problem:
            print_line(f"{printable(head.id)}: {printable(head.problem)}")


def head_json(head: RunHead) -> dict[str, Any]:
    """A run as an object: its verdict and first figures; null with a `problem` where it cannot be read."""
    run = head.run
    known: dict[str, Any] = {"run": head.id, "folder": str(head.path), "finished": head.finished}
    if run is None:
        return {**known, "verdict": None, "problem": head.problem}
    return {
        **known,
        "started": run.started,
        "target": str(run.spec.target),
        "load": str(run.spec.load.kind),
        "verdict": verdict_word(run),
        "reasons": list(run.verdict.reasons),
        "requests": run.summary.sent if head.finished else None,
        "failed": sum(count for _, count in run.summary.failed) if head.finished else None,
        **_values(run),
        "campaign": run.campaign,
        "problem": None,
    }


def _row(head: RunHead) -> tuple[str, ...]:
    run = head.run
    if run is None:
        return (printable(head.id), *[ABSENT] * 3, "unreadable", *[ABSENT] * 4)
    return (
        printable(head.id),
        run.started[:19].replace("T", " "),
        printable(str(run.spec.target)),
        load_words(run.spec.load),
        verdict_word(run) if head.finished else "INCOMPLETE",
        f"{run.summary.sent:,}" if head.finished else ABSENT,
        *(number(value) for value in _values(run).values()),
    )


def _values(run: Run) -> dict[str, float | None]:
    return {figure.name: figure.estimate.value for figure in figures(run.summary) if figure.name in _FIGURES}
