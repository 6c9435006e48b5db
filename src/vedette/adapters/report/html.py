"""The view of runs as one HTML file."""

from __future__ import annotations

from vedette.adapters.report.charts import figure, first_ten
from vedette.adapters.report.comparing import pair_words
from vedette.adapters.report.document import document, fact_list, figure_list, sheet_table, terms
from vedette.adapters.report.markup import Markup, joined, tag
from vedette.adapters.report.plot import Plot
from vedette.adapters.report.sheet import Sheet
from vedette.adapters.report.view import Pair, RunView, View
from vedette.values.evidence import Check
from vedette.values.run import RefereeReport


def page(view: View) -> str:
    """The whole document; the same view gives the same bytes."""
    return document(f"Measured: {view.title}", *_body(view))


def _body(view: View) -> tuple[Markup, ...]:
    several = len(view.runs) > 1
    return (
        tag("header", tag("h1", view.title), _contents(view) if several else None),
        *((_overview(view),) if several else ()),
        *(_run(run, several=several) for run in view.runs),
        *(tag("section", tag("h2", "Cost and energy"), *map(sheet_table, view.costs)) for _ in view.costs[:1]),
        tag("section", tag("h2", "Words"), terms(view.glossary)),
    )


def _contents(view: View) -> Markup:
    links = [tag("a", f"{run.name} ({run.id})", href=f"#{run.key}") for run in view.runs]
    return tag("nav", *links, aria_label="runs")


def _overview(view: View) -> Markup:
    return tag(
        "section",
        sheet_table(view.side_by_side) if view.side_by_side else None,
        tag("h3", "Which is faster?"),
        *(_pair(pair) for pair in view.pairs),
        tag("p", "The runs were not compared with each other.", cls="note") if not view.pairs else None,
        figure(view.together) if view.together else None,
        id="comparison",
    )


def _pair(pair: Pair) -> Markup:
    return tag("div", *(tag("p", sentence) for sentence in pair_words(pair)), cls="pair")


def _run(run: RunView, *, several: bool) -> Markup:
    return tag(
        "section",
        tag("h2", f"{run.name} ({run.id})") if several else None,
        tag("p", run.lead, cls="lead"),
        tag("p", f"Run {run.id}", cls="kicker"),
        _verdict(run),
        tag("h3", "What the figures allow one to say"),
        _advice(run),
        tag("h3", "Key figures"),
        tag("dl", *figure_list(run.figures), _failures(run), cls="figures"),
        *_timeline(run),
        *_plotted("Distribution", run.ecdf),
        *_firsts(run),
        tag("h3", "Checks"),
        _checks(run.checks),
        *map(_folded, run.sheets),
        *(joined(tag("h3", heading), fact_list(facts)) for heading, facts in run.facts),
        *((tag("h3", "Notes"), tag("ul", *(tag("li", one) for one in run.notes))) if run.notes else ()),
        id=run.key,
        cls="run",
    )


def _verdict(run: RunView) -> Markup:
    word = "VALID" if run.valid else "INVALID"
    told = "no check failed." if run.valid else "do not quote its figures:"
    return tag(
        "div",
        tag("p", tag("strong", word), f": {told}"),
        tag("ul", *(tag("li", reason) for reason in run.reasons), cls="reasons") if run.reasons else None,
        joined(tag("p", "Take note:"), tag("ul", *(tag("li", one) for one in run.warnings), cls="warnings"))
        if run.warnings
        else None,
        _referee(run.referee) if run.referee else None,
        cls=f"verdict {word.lower()}",
        data_verdict=word,
    )


def _referee(referee: RefereeReport) -> Markup:
    word = "VALID" if referee.valid else "INVALID"
    why = f": {'; '.join(referee.reasons)}" if referee.reasons else "."
    return tag("p", f"{referee.name} says of the same run: ", tag("b", word), why, cls="referee")


def _advice(run: RunView) -> Markup:
    told = run.advice
    shown = _sentences("You may say", told.may or ("Nothing: see the verdict.",))
    return tag(
        "div",
        tag("div", shown, _sentences("Next", told.next_steps)),
        tag("div", _sentences("Not shown by this run", told.may_not)),
        cls="advice",
    )


def _sentences(title: str, sentences: tuple[str, ...]) -> Markup:
    return joined(tag("h4", title), tag("ul", *(tag("li", one) for one in sentences))) if sentences else Markup("")


def _failures(run: RunView) -> Markup:
    return tag(
        "div",
        tag("dt", "failures, all kinds"),
        tag("dd", f"{run.failed_count:,}", cls="value", data_figure="failures", data_exact=str(run.failed_count)),
        tag("dd", run.failed, cls="range"),
        cls="figure",
    )


def _timeline(run: RunView) -> tuple[Markup, ...]:
    """Latency and hardware on one time axis."""
    if run.over_time is None:
        return (tag("h3", "Over time"), tag("p", "No request was sent.", cls="note"))
    absent = (
        tag(
            "details",
            tag("summary", f"What could not be read of the machine ({len(run.absences)})"),
            fact_list(run.absences),
        )
        if run.absences
        else None
    )
    unseen = (
        None
        if run.hardware
        else tag("p", "Nothing is drawn of the machine: it was not monitored, or read too seldom.", cls="note")
    )
    return (
        tag("h3", "Over time"),
        _tools(run.over_time),
        tag("div", figure(run.over_time), *map(figure, run.hardware), unseen, cls="aligned"),
        *((absent,) if absent else ()),
    )


def _tools(plot: Plot) -> Markup:
    """Buttons that show one repeat; they work only with the script, and are only seen with it."""
    length = plot.x.high - plot.x.low
    starts = [(mark.x - plot.x.low) / length for mark in plot.marks]
    spans = [("all", 0.0, 1.0)]
    if len(starts) > 1:
        ends = [*starts[1:], 1.0]
        spans += [(mark.label, low, high) for mark, low, high in zip(plot.marks, starts, ends, strict=True)]
    buttons = [
        tag("button", name, type="button", data_low=f"{low:.9g}", data_high=f"{high:.9g}", aria_pressed=pressed)
        for (name, low, high), pressed in zip(spans, ["true", *["false"] * len(spans)], strict=False)
    ]
    hint = tag("span", "Drag across a chart to look closer, double-click to see all.", cls="small")
    return tag("div", *buttons, hint, cls="tools", data_for=plot.group)


def _plotted(title: str, plot: Plot | None) -> tuple[Markup, ...]:
    if plot is None:
        return (tag("h3", title), tag("p", "No request was answered rightly: there is nothing to show.", cls="note"))
    return (tag("h3", title), figure(plot))


def _firsts(run: RunView) -> tuple[Markup, ...]:
    if not run.first_ten:
        return ()
    note = "Service time of the first requests of the first repeat, before any cut; slower first ones: it was not warm."
    return (tag("h3", "First ten requests"), first_ten(run.first_ten, run.median_ms), tag("p", note, cls="note"))


def _checks(checks: tuple[Check, ...]) -> Markup:
    head = tag("tr", tag("th", "check"), tag("th", "state"), tag("th", "what was found"))
    rows = [
        tag("tr", tag("td", one.name), tag("td", one.state, cls=f"state {one.state}"), tag("td", one.sentence))
        for one in checks
    ]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows), cls="checks"), cls="scroll")


def _folded(sheet: Sheet) -> Markup:
    return tag("details", tag("summary", sheet.title), sheet_table(sheet, titled=False))
