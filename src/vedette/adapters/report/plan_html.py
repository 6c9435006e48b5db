"""The view of a plan as one HTML file, and as a part of a notebook."""

from __future__ import annotations

from vedette.adapters.report.charts import figure
from vedette.adapters.report.document import document, fact_list, figure_list, packed, sheet_table
from vedette.adapters.report.markup import Markup, joined, tag
from vedette.adapters.report.plan_view import Gantt, Lane, PlanView
from vedette.adapters.report.plot import Plot
from vedette.adapters.report.words import number


def plan_page(view: PlanView) -> str:
    """The whole document; the same view gives the same bytes."""
    return document(view.title, tag("header", tag("h1", view.title)), *_body(view))


def plan_fragment(view: PlanView) -> str:
    """What a notebook shows: the same, without a document around it and without the script that zooms.

    Its styles hold for nothing else: they are in a shadow tree.
    """
    style = tag("style", packed("report.css"))
    inner = tag("template", style, tag("div", tag("h2", view.title), *_body(view)), shadowrootmode="open")
    return tag("div", inner)


def _body(view: PlanView) -> tuple[Markup, ...]:
    return (
        tag("p", view.lead, cls="lead"),
        _answer(view),
        tag("dl", *figure_list(view.figures), cls="figures") if view.figures else Markup(""),
        *_headed("What decides", fact_list(view.binding) if view.binding else None),
        *_headed("Devices over time", _gantt(view.gantt) if view.gantt else None),
        *map(sheet_table, view.sheets),
        *_plots("Time and memory against the mini-batch", view.curves),
        *_plots("Other deadlines", view.trade_offs),
        *_headed("What it rests on", fact_list(view.facts)),
    )


def _answer(view: PlanView) -> Markup:
    return tag(
        "div",
        tag("p", tag("strong", view.status.upper())),
        tag("ul", *(tag("li", one) for one in view.words)),
        joined(tag("p", "Take note:"), tag("ul", *(tag("li", one) for one in view.warnings), cls="warnings"))
        if view.warnings
        else None,
        cls=f"verdict {'valid' if view.good else 'invalid'}",
        data_status=view.status,
    )


def _headed(heading: str, content: Markup | None) -> tuple[Markup, ...]:
    return () if content is None else (tag("h3", heading), content)


def _plots(heading: str, plots: tuple[Plot, ...]) -> tuple[Markup, ...]:
    return (tag("h3", heading), tag("div", *map(figure, plots), cls="pairs")) if plots else ()


def _gantt(gantt: Gantt) -> Markup:
    """A row a device; the deadline is a line through all of them."""
    lanes = [_lane(lane, gantt.end_s) for lane in gantt.lanes]
    deadline = None
    if gantt.within_s is not None:
        place = f"left:calc(var(--names) + (100% - var(--names)) * {gantt.within_s / gantt.end_s:.5f})"
        deadline = tag("div", tag("span", f"deadline {number(gantt.within_s)} s"), cls="deadline", style=place)
    return tag("div", *lanes, deadline, cls="gantt")


def _lane(lane: Lane, end_s: float) -> Markup:
    bars = [
        tag(
            "i",
            cls=one.kind,
            title=one.label,
            style=f"left:{one.start_s / end_s:.3%};width:{(one.end_s - one.start_s) / end_s:.3%}",
        )
        for one in lane.stretches
    ]
    return tag("div", tag("b", lane.name), tag("span", *bars, tag("em", lane.told), cls="time"), cls="lane")
