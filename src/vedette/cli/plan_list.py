"""The plans that are kept, for people: what was asked and what came of it, 80 columns wide at most.

plan              asked (images)            status    objective   makespan
20261123-175802   nanodet-m-320             optimal    1 device     3.36 s
                  deadline: 300 in 10 s

A plan goes by the start of its id, as every command takes it; the JSON has the whole one. The column of what was asked
has the room that the others leave, and is folded between words.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from vedette.cli.plan_tables import objective_text
from vedette.cli.tables import print_table
from vedette.rules.capacity.amounts import amount_text, time_text
from vedette.values.demand import Demand, PlanKind
from vedette.values.plan import Plan

_WIDTH = 80
_EDGE, _GAP = 1, 3
_HEADS = ("plan", "asked (images)", "status", ">objective", ">makespan")
_ASKED = 1
_LEAST_ASKED = 8
_DATE_AND_TIME = len("20260102-030405")
_NONE = "-"
_TIED = "\N{NO-BREAK SPACE}"


def print_plan_list(plans: Sequence[Plan]) -> None:
    """Print two lines or more for each plan, as they are given."""
    ids = _starts([plan.id for plan in plans])
    rows = [
        (
            id_,
            "",
            plan.status.value,
            objective_text(plan.objective),
            _NONE if plan.makespan_s is None else time_text(plan.makespan_s.expected),
        )
        for id_, plan in zip(ids, plans, strict=True)
    ]
    width = max(_left(rows), _LEAST_ASKED)
    print_table(_HEADS, [(row[0], _asked(plan, width), *row[2:]) for row, plan in zip(rows, plans, strict=True)])


def _starts(ids: Sequence[str]) -> list[str]:
    """The start of each id that no other has, its date and time at least."""
    ordered = sorted(set(ids))
    shared = dict.fromkeys(ordered, 0)
    for low, high in pairwise(ordered):
        alike = sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(low, high, strict=False)))
        shared[low], shared[high] = max(shared[low], alike), alike
    return [id_[: max(_DATE_AND_TIME, shared[id_] + 1)] for id_ in ids]


def _left(rows: Sequence[Sequence[str]]) -> int:
    """Columns that the others leave for what was asked."""
    columns = [[head.removeprefix(">"), *cells] for head, *cells in zip(_HEADS, *rows, strict=True)]
    taken = sum(max(map(len, cells)) for place, cells in enumerate(columns) if place != _ASKED)
    return _WIDTH - 2 * _EDGE - _GAP * (len(columns) - 1) - taken


def _asked(plan: Plan, width: int) -> str:
    lines = (", ".join(plan.demand.models), f"{plan.demand.kind}: {' '.join(_words(plan.demand))}")
    folded = [part for line in lines for part in textwrap.wrap(line, width, break_on_hyphens=False)]
    return "\n".join(folded).replace(_TIED, " ")


def _words(demand: Demand) -> Iterator[str]:
    if demand.kind is PlanKind.RATE:
        yield f"{amount_text(demand.rate_per_s or 0.0)}/s,"
        yield f"p99 {time_text((demand.p99_ms or 0.0) / 1000)}".replace(" ", _TIED)
        return
    if demand.images is not None:
        yield f"{demand.images:,}"
    if demand.within_s is not None:
        yield f"in {time_text(demand.within_s)}".replace(" ", _TIED)
