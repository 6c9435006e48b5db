"""Requests that count in a stored run are those that its summary counted."""

from __future__ import annotations

import numpy as np
from made_runs import made_run

from vedette.rules.stats.counted import counted, spans
from vedette.rules.stats.summary import summarise


def test_the_warm_up_the_cuts_and_the_failures_are_left_out() -> None:
    """Of 60 requests a repeat after 10 of warm-up: 5 are cut at the start, 3 failed at the end."""
    data = made_run(repeats=2, count=60, warm_up=10, failed=3)

    parts = counted(data)

    assert [len(rows) for rows in parts] == [52, 52]
    assert all(rows.ok.all() and not rows.warm_up.any() for rows in parts)
    assert [set(rows.repeat.tolist()) for rows in parts] == [{0}, {1}]


def test_they_are_as_many_as_the_summary_says() -> None:
    """The same numbers and the same sum of times as in the summary of the same rows."""
    data = made_run(repeats=3, count=300, warm_up=5, failed=7)
    summary = summarise(data.requests, data.run.spec.load, [1, 2, 3])
    data = type(data)(type(data.run)(**{**_fields(data.run), "summary": summary}), data.requests, None)

    parts = counted(data)

    assert [len(rows) for rows in parts] == [one.latency.count for one in summary.repeats if one.latency]
    assert summary.latency is not None
    assert np.isclose(sum(rows.latency_ms.sum() for rows in parts), summary.latency.total_ms)


def _fields(run: object) -> dict[str, object]:
    return {name: getattr(run, name) for name in type(run).__dataclass_fields__}


def test_spans_reach_from_the_first_schedule_to_the_last_answer() -> None:
    """A span for each repeat in which something counts."""
    data = made_run(repeats=2, count=60)

    for (begin, end), rows in zip(spans(data), counted(data), strict=True):
        assert begin == rows.scheduled.min()
        assert end == rows.done.max()
    assert spans(made_run(repeats=2, count=40, failed=40)) == ()
