"""When rows become a batch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.batching.policy import BatchPolicy, Dispatch, Wait, Waiting, policy_for
from vedette.values.curve import BatchCurve, BatchPoint

MS = 1_000_000


def curve(*latencies_ms: float) -> BatchCurve:
    return BatchCurve(tuple(BatchPoint(2**power, value, value * 1.2, 9) for power, value in enumerate(latencies_ms)))


def test_where_a_batch_buys_nothing_every_row_runs_at_once() -> None:
    """Batch 8 takes eight times as long: there is no batch and no window, whatever the goal."""
    flat = curve(5.0, 10.0, 20.0, 40.0)

    assert policy_for(flat, 8) == policy_for(flat, 8, 1000.0) == BatchPolicy(1, 0)
    assert BatchPolicy(1).decide(Waiting(1, 100, 0, 1.0), 0) == Dispatch(1)


def test_the_batch_with_the_cheapest_row_is_taken() -> None:
    """A batch must save 10 % of the time of a row to be preferred to a smaller one: 1.81 ms a row are not enough."""
    steep = curve(5.0, 6.0, 8.0, 14.5)

    assert policy_for(steep, 8).size == 4
    assert policy_for(steep, 2).size == 2
    assert policy_for(BatchCurve(), 8).size == 1


def test_a_batch_that_lasts_longer_than_the_goal_is_not_taken() -> None:
    """Of 20 ms, the batch of 4 may take 9.6: the window is what is left."""
    steep = curve(5.0, 6.0, 8.0, 12.0)

    left, less = round((20 - 12 * 1.2) * MS), round((10 - 8 * 1.2) * MS)
    assert policy_for(steep, 8, 20.0) == BatchPolicy(8, left, left)
    assert policy_for(steep, 8, 10.0) == BatchPolicy(4, less, less)
    assert policy_for(steep, 8, 1.0) == BatchPolicy()
    assert policy_for(steep, 8) == BatchPolicy(8, 0, 12 * MS)


def test_rows_that_are_sure_to_come_are_waited_for() -> None:
    """Of four, one is ready and three are being made: nothing runs until they are, or a full batch would be over."""
    policy = BatchPolicy(4, patience_ns=60 * MS)

    assert policy.decide(Waiting(1, 3, 0), 50 * MS) == Wait(60 * MS)
    assert policy.decide(Waiting(1, 3, 0), 60 * MS) == Dispatch(1)
    assert policy.decide(Waiting(4, 3, 0), 50 * MS) == Dispatch(4)
    assert policy.decide(Waiting(3, 0, 0), 50 * MS) == Dispatch(3)


@pytest.mark.parametrize(
    ("gap_ns", "now_ms", "expected"),
    [
        (1.0 * MS, 0, Wait(10 * MS)),
        (None, 0, Dispatch(2)),
        (6.0 * MS, 0, Dispatch(2)),
        (1.0 * MS, 9, Dispatch(2)),
        (1.0 * MS, 10, Dispatch(2)),
    ],
)
def test_rows_that_may_come_are_waited_for_within_the_window(gap_ns, now_ms, expected) -> None:
    """Two of four are there: the window of 10 ms is used only if two more may be expected within it."""
    assert BatchPolicy(4, 10 * MS).decide(Waiting(2, 0, 0, gap_ns), now_ms * MS) == expected


def test_without_rows_there_is_nothing_to_run() -> None:
    """An empty queue waits for its next row."""
    assert BatchPolicy(4, 10 * MS).decide(Waiting(0, 0, 0), 5) == Wait()


@given(st.integers(1, 64), st.integers(0, 10**9), st.integers(1, 100), st.integers(0, 3), st.floats(0, 1e9) | st.none())
def test_no_row_waits_for_ever(size, window, rows, coming, gap) -> None:
    """What waits runs when window and patience are over, whatever is to come; never more than a full batch."""
    policy = BatchPolicy(size, window, patience_ns=window // 2)

    assert policy.decide(Waiting(rows, coming, 0, gap), window) == Dispatch(min(rows, size))
    early = policy.decide(Waiting(rows, coming, 0, gap), 0)
    assert early == Dispatch(min(rows, size)) or early.until_ns <= window
