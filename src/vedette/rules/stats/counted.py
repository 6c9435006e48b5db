"""Which requests of a stored run count: those that its summary counted, after its cuts and answered rightly."""

from __future__ import annotations

from vedette.rules.stats.cuts import counting
from vedette.values.requests import Requests
from vedette.values.run import RunData


def counted(data: RunData) -> tuple[Requests, ...]:
    """The requests that count, a table for each repeat of the summary; empty where none does."""
    steady = data.requests.where(~data.requests.warm_up)
    parts = []
    for repeat in data.run.summary.repeats:
        rows = steady.where(steady.repeat == repeat.repeat)
        kept = counting(rows, repeat.cuts)
        parts.append(kept.where(kept.ok))
    return tuple(parts)


def spans(data: RunData) -> tuple[tuple[int, int], ...]:
    """From the first scheduled time to the last answer of the requests that count, in ns, for each repeat with any."""
    return tuple((int(rows.scheduled.min()), int(rows.done.max())) for rows in counted(data) if len(rows))
