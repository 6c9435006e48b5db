"""What is let in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.rules.batching.admission import Ask, Backlog, Room, expected, refuse
from vedette.rules.batching.estimate import Estimate
from vedette.values.deadline import Deadline, DeadlineClass

MS = 1_000_000
ROOM = Room(100, 1000)
EMPTY = Backlog(0, 0, 0.0, 2)
KNOWN = Estimate(10.0, 2.0)


def ask(kind: DeadlineClass = DeadlineClass.SOFT, left_ms: float | None = None, images: int = 1) -> Ask:
    return Ask(images, Deadline(kind, None if left_ms is None else round(left_ms * MS)), KNOWN)


def test_an_idle_server_may_try_a_soft_deadline_whatever_was_measured() -> None:
    """What was measured may be out of date, and nobody else is kept waiting; a hard one needs its bound."""
    assert refuse(ask(DeadlineClass.SOFT, 1), EMPTY, ROOM, 0) is None
    assert refuse(ask(DeadlineClass.HARD, 1), EMPTY, ROOM, 0)


def test_a_refusal_tells_whether_the_wait_or_the_work_is_too_long() -> None:
    """Of 20 ms left, 9 ms of work of others keep it out (5 ms on the mean); of 15 ms left, its own 18 ms do."""
    waits = refuse(ask(DeadlineClass.HARD, 20), Backlog(3, 0, 10.0, 2), ROOM, 0)
    works = refuse(ask(DeadlineClass.HARD, 15), Backlog(3, 0, 10.0, 2), ROOM, 0)

    assert waits is not None
    assert works is not None
    assert (waits.alone, works.alone) == (False, True)


@pytest.mark.parametrize("kind", [DeadlineClass.SOFT, DeadlineClass.RELAXED, DeadlineClass.BEST_EFFORT])
def test_an_empty_queue_takes_any_request(kind) -> None:
    """Even one with more images than the queue holds."""
    assert refuse(ask(kind), EMPTY, ROOM, 0) is None
    assert refuse(ask(kind, images=1000), EMPTY, ROOM, 0) is None


def test_a_full_queue_takes_nothing() -> None:
    """Neither beyond its images nor beyond its bytes."""
    assert refuse(ask(), Backlog(100, 0, 0.0, 2), ROOM, 0)
    assert refuse(ask(), Backlog(99, 0, 0.0, 2), ROOM, 0) is None
    assert refuse(ask(), Backlog(1, 1001, 0.0, 2), ROOM, 0)


def test_best_effort_fills_half_of_the_queue_only() -> None:
    """The other half is kept for those with a deadline."""
    half = Backlog(50, 0, 0.0, 2)

    assert refuse(ask(DeadlineClass.BEST_EFFORT), half, ROOM, 0)
    assert refuse(ask(DeadlineClass.RELAXED), half, ROOM, 0) is None


def test_a_soft_deadline_is_refused_by_what_is_likely_and_a_hard_one_by_the_bound() -> None:
    """It takes 10 ms on the mean, 12 ms is what most do not exceed (10 + 2), and 18 ms what few exceed (10 + 4 * 2)."""
    other = Backlog(1, 0, 0.0, 2)

    assert refuse(ask(DeadlineClass.SOFT, 13), other, ROOM, 0) is None
    assert refuse(ask(DeadlineClass.SOFT, 11), other, ROOM, 0)
    assert refuse(ask(DeadlineClass.HARD, 19), EMPTY, ROOM, 0) is None
    assert refuse(ask(DeadlineClass.HARD, 17), EMPTY, ROOM, 0)
    assert refuse(ask(DeadlineClass.RELAXED, 1), EMPTY, ROOM, 0) is None


def test_what_waits_counts_at_the_pace_of_the_request_itself() -> None:
    """100 ms of work on two cores are 50 ms of waiting, 60 ms where an image takes 12 ms in place of 10."""
    busy = Backlog(10, 0, 100.0, 2)

    assert expected(ask(), busy) == 72.0
    assert expected(ask(images=3), busy) == 84.0
    assert expected(ask(DeadlineClass.HARD, 200), busy) == 108.0
    assert refuse(ask(DeadlineClass.SOFT, 73), busy, ROOM, 0) is None
    assert refuse(ask(DeadlineClass.SOFT, 71), busy, ROOM, 0)


def test_nothing_known_lets_a_soft_deadline_in_and_refuses_a_hard_one() -> None:
    """A bound that nobody has measured does not hold."""
    unknown = replace(ask(DeadlineClass.SOFT, 5), estimate=Estimate())

    assert refuse(unknown, EMPTY, ROOM, 0) is None
    assert refuse(replace(unknown, deadline=Deadline(DeadlineClass.HARD, 5 * MS)), EMPTY, ROOM, 0)


def test_a_refusal_tells_when_to_come_again() -> None:
    """After what waits has been done, a second at least."""
    refused = refuse(ask(), Backlog(100, 0, 8000.0, 2), ROOM, 0)

    assert refused is not None
    assert refused.retry_after_s == 4.0
    assert "100 images wait" in refused.reason
