"""Timelines: from spans in nanoseconds to milliseconds a stage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.values.timeline import STAGES, Span, Stage, Timeline

MS = 1_000_000

spans = st.builds(
    lambda stage, start, length: Span(stage, start, start + length),
    st.sampled_from(STAGES),
    st.integers(-(10**15), 10**15),
    st.integers(0, 10**12),
)


def test_a_span_does_not_end_before_it_starts() -> None:
    """One nanosecond backwards is refused and the message names the stage."""
    with pytest.raises(ValueError, match="decode ends 1 ns before it starts"):
        Span("decode", 10, 9)


def test_a_span_may_be_empty() -> None:
    """Work quicker than the clock's step took 0 ms."""
    assert Timeline((Span("decode", 10, 10),)).milliseconds() == {"decode": 0.0, "total": 0.0}


def test_an_empty_timeline_says_nothing() -> None:
    """Without spans there is no total either."""
    assert Timeline().milliseconds() == {}


def test_only_stages_that_took_part_are_told() -> None:
    """An image without a queue has no entry for it."""
    timeline = Timeline((Span("acquire", 0, MS), Span("infer", 2 * MS, 5 * MS)))

    assert timeline.milliseconds() == {"acquire": 1.0, "infer": 3.0, "total": 5.0}


def test_several_spans_of_a_stage_count_from_the_first_stamp_to_the_last() -> None:
    """Tiles of one image overlap and leave gaps: the stage lasts from 1 to 9 ms."""
    timeline = Timeline((Span("infer", 5 * MS, 9 * MS), Span("infer", 1 * MS, 3 * MS), Span("infer", 2 * MS, 4 * MS)))

    assert timeline.milliseconds() == {"infer": 8.0, "total": 8.0}


def test_the_total_is_not_the_sum_of_overlapping_stages() -> None:
    """Two stages of 4 ms that overlap by 2 ms take 6 ms."""
    timeline = Timeline((Span("preprocess", 0, 4 * MS), Span("infer", 2 * MS, 6 * MS)))

    assert timeline.milliseconds() == {"preprocess": 4.0, "infer": 4.0, "total": 6.0}


def test_stages_come_in_the_order_of_the_journey() -> None:
    """Whatever the order of the spans, acquire is told first and total last."""
    timeline = Timeline(tuple(Span(stage, 0, MS) for stage in reversed(STAGES)))

    assert list(timeline.milliseconds()) == [
        "acquire",
        "decode",
        "preprocess",
        "queue",
        "infer",
        "postprocess",
        "total",
    ]


def test_adding_a_span_leaves_the_timeline_as_it_was() -> None:
    """`add` gives a new timeline with the old spans first."""
    first, second = Span("acquire", 0, 1), Span("decode", 1, 2)
    timeline = Timeline((first,))

    longer = timeline.add(second)

    assert timeline.spans == (first,)
    assert longer.spans == (first, second)


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(spans, min_size=1, max_size=20), st.integers(-(10**15), 10**15))
def test_only_differences_of_stamps_count(found: list[Span], shift: int) -> None:
    """A clock with another zero gives the same milliseconds, no stage outlasts the total, nothing is negative."""
    moved = [Span(span.stage, span.start_ns + shift, span.end_ns + shift) for span in found]

    told = Timeline(tuple(found)).milliseconds()

    assert told == Timeline(tuple(moved)).milliseconds()
    assert all(0 <= value <= told["total"] for value in told.values())


@pytest.mark.parametrize("stage", STAGES)
def test_total_alone_equals_the_only_stage(stage: Stage) -> None:
    """One span of any stage is the whole timeline."""
    assert Timeline((Span(stage, 7, 7 + 3 * MS),)).milliseconds() == {stage: 3.0, "total": 3.0}


def test_the_waits_of_an_image_count_together_and_not_what_lies_between_them() -> None:
    """Waiting for a worker, then decoding, then waiting for a batch."""
    timeline = Timeline((Span("queue", 0, 10), Span("decode", 10, 60), Span("queue", 60, 65), Span("queue", 62, 70)))

    assert timeline.milliseconds() == {"decode": 50e-6, "queue": 20e-6, "total": 70e-6}
