"""The file of a trace."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import UsageError
from vedette.rules.load.trace import parse_trace

prove = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def test_a_trace_is_a_due_time_a_line() -> None:
    """Comments, empty lines, a byte order mark and other line ends are passed over; equal times are kept."""
    text = "\ufeff# at the gate\r\n0\r\n\n  0.25  # two\n0.25\n1e1\n"

    assert parse_trace(text).tolist() == [0.0, 0.25, 0.25, 10.0]


@prove
@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted))
def test_written_times_are_read_back(times: list[float]) -> None:
    """Whatever ascends within a month comes back to the last bit."""
    assert parse_trace("\n".join(map(repr, times))).tolist() == times


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\nsoon\n", "line 2 of the trace is no due time: soon"),
        ("0\n\nnan", "line 3 of the trace is no due time: nan"),
        ("inf", "line 1 of the trace is no due time: inf"),
        ("0 1", "line 1 of the trace is no due time: 0 1"),
        ("x" * 500, "line 1 of the trace is no due time: " + "x" * 40 + r"\.\.\.\n"),
        ("-0.5", "line 1 of the trace is due at -0.5 s"),
        ("1700000000.5", "line 1 of the trace is due at 1700000000.5 s"),
        ("# one\n2\n1\n", "line 3 of the trace, 1, is before the line above it"),
        ("", "the trace has no due time"),
        ("# nothing\n", "the trace has no due time"),
    ],
)
def test_a_bad_line_is_named(text: str, message: str) -> None:
    """The message has the number of the line and what stands there, cut where it is long."""
    with pytest.raises(UsageError, match=message) as raised:
        parse_trace(text)

    assert raised.value.help


@prove
@given(st.text(max_size=60))
def test_any_text_is_a_trace_or_a_usage_error(text: str) -> None:
    """Nothing else comes of a file."""
    try:
        times = parse_trace(text)
    except UsageError:
        return

    assert len(times)
    assert all(times[:-1] <= times[1:])
