"""A report as plain data: everything that a reader will see, before any of it is drawn.

    RunData, ...  ->  build_view  ->  View
                                      ├── RunView      one a run: verdict, figures, plots, facts
                                      ├── Pair         two runs held against each other, or why they are not
                                      └── Sheet        any other table (cost)

Tests read a view; `html` only lays it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vedette.adapters.report import facts
from vedette.adapters.report.advice import Advice, advice
from vedette.adapters.report.hardware import hardware
from vedette.adapters.report.latency import RUN_COLOURS, distribution, over_time, together
from vedette.adapters.report.plot import Plot
from vedette.adapters.report.sheet import Fact, Figure, Sheet
from vedette.adapters.report.times import stretches
from vedette.adapters.report.words import GLOSSARY, lead, named, plural
from vedette.values.comparison import Comparison
from vedette.values.evidence import Check, State
from vedette.values.run import RefereeReport, RunData


@dataclass(frozen=True, slots=True)
class RunView:
    """What is shown of one run.

    Attributes:
        key: its anchor in the document, unique.
        id, name, colour: how it is told from the others.
        lead: what was measured, in a sentence.
        valid, reasons: the verdict.
        warnings: sentences of the checks that warn.
        referee: MLPerf LoadGen's own report.
        advice: what may be said, and what not.
        figures: key figures, with intervals or reasons.
        failed_count, failed: how many requests failed, by reason.
        over_time, ecdf: plots; None where nothing was answered.
        first_ten: service times in ms of the first ten requests, None for one that failed.
        median_ms: of all service times that count, to hold the first ten against; None without any.
        hardware: plots that share the time axis of `over_time`.
        absences: what the monitor could not read, and why.
        checks: all of them, failures first.
        sheets: further tables.
        facts: by heading, what else must be known: quality, environment, how to reproduce.
        notes: of the run.
    """

    key: str
    id: str
    name: str
    colour: str
    lead: str
    valid: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    referee: RefereeReport | None
    advice: Advice
    figures: tuple[Figure, ...]
    failed_count: int
    failed: str
    over_time: Plot | None
    ecdf: Plot | None
    first_ten: tuple[float | None, ...]
    median_ms: float | None
    hardware: tuple[Plot, ...]
    absences: tuple[Fact, ...]
    checks: tuple[Check, ...]
    sheets: tuple[Sheet, ...]
    facts: tuple[tuple[str, tuple[Fact, ...]], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs, by what they are called: what their comparisons say, or why they may not be compared.

    `invalid` names those of the two that are INVALID.
    """

    first: str
    second: str
    comparisons: tuple[Comparison, ...] = ()
    incomparable: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """A whole report."""

    title: str
    runs: tuple[RunView, ...]
    side_by_side: Sheet | None
    together: Plot | None
    pairs: tuple[Pair, ...]
    costs: tuple[Sheet, ...]
    glossary: tuple[tuple[str, str], ...]


def build_view(runs: Sequence[RunData], *, pairs: Sequence[Pair] = (), costs: Sequence[Sheet] = ()) -> View:
    """The report of one or several runs, in their order.

    Args:
        runs: at least one.
        pairs: what is known of each two of them.
        costs: tables of cost and energy.
    """
    assert runs, "a report is of something"
    views = tuple(_run_view(data, place) for place, data in enumerate(runs))
    several = len(views) > 1
    return View(
        title=f"{plural(len(views), 'run')} measured" if several else views[0].name,
        runs=views,
        side_by_side=facts.side_by_side([data.run for data in runs]) if several else None,
        together=together(*_comparable(runs, views, pairs)),
        pairs=tuple(pairs),
        costs=tuple(costs),
        glossary=GLOSSARY,
    )


def _comparable(
    runs: Sequence[RunData], views: Sequence[RunView], pairs: Sequence[Pair]
) -> tuple[list[RunData], list[str]]:
    """The runs that may share a chart, with their labels: all but those that may not be compared with the first."""
    apart = {pair.second for pair in pairs if pair.incomparable}
    kept = [(data, f"{view.name} ({view.id})") for data, view in zip(runs, views, strict=True) if view.id not in apart]
    return [data for data, _ in kept], [label for _, label in kept]


def _run_view(data: RunData, place: int) -> RunView:
    run, key = data.run, f"run{place + 1}"
    places = stretches(data.requests)
    service = run.summary.service
    return RunView(
        key=key,
        id=run.id,
        name=named(run),
        colour=RUN_COLOURS[place % len(RUN_COLOURS)],
        lead=lead(run),
        valid=run.verdict.valid,
        reasons=run.verdict.reasons,
        warnings=tuple(check.sentence for check in run.verdict.checks if check.state is State.WARN),
        referee=run.referee,
        advice=advice(run),
        figures=facts.figures(run.summary),
        failed_count=sum(count for _, count in run.summary.failed),
        failed=facts.failed_words(run.summary),
        over_time=over_time(data, places, key),
        ecdf=distribution(data, key),
        first_ten=run.summary.first_ten_ms,
        median_ms=service.median.value if service else None,
        hardware=hardware(data.samples, places, key),
        absences=facts.absences(data.samples),
        checks=tuple(sorted(run.verdict.checks, key=lambda check: list(_SEVEREST).index(check.state))),
        sheets=facts.sheets(run),
        facts=facts.headed(run),
        notes=run.notes,
    )


_SEVEREST = (State.FAIL, State.WARN, State.PASS, State.SKIPPED)
