"""When a process that ended is started again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.restarts import FIRST_WAIT_NS, LONGEST_WAIT_NS, SOUND_AFTER_NS, Restarts

SECOND = 1_000_000_000


def ends(*lives_s: float) -> list[float]:
    """The wait in seconds after each of a process's lives, which follow each other as the rule says."""
    now, restarts, waits = 0, Restarts(), []
    for life in lives_s:
        started, now = now, now + int(life * SECOND)
        restarts = restarts.after_end(started, now)
        waits.append(restarts.remaining_s(now))
        now = restarts.next_ns
    return waits


def test_the_waits_double_from_half_a_second_to_half_a_minute() -> None:
    """A process that dies again and again is left more and more time."""
    assert ends(*[1] * 9) == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_minute_of_good_work_makes_the_next_end_the_first() -> None:
    """One crash a day is answered by half a second."""
    assert ends(1, 1, 59.9, 60, 1) == [0.5, 1, 2, 0.5, 1]


def test_the_remaining_time_never_falls_below_nothing() -> None:
    """Late is at once."""
    restarts = Restarts().after_end(0, SECOND)

    assert restarts.remaining_s(SECOND + FIRST_WAIT_NS // 2) == 0.25
    assert restarts.remaining_s(100 * SECOND) == 0.0


@given(st.lists(st.integers(0, 2 * SOUND_AFTER_NS), min_size=1, max_size=40))
def test_every_wait_lies_between_the_first_and_the_longest(lives: list[int]) -> None:
    """Second truth: the wait is the first one doubled as often as the process died early in a row, cut at the top."""
    now, restarts, early = 0, Restarts(), 0
    for number, life in enumerate(lives):
        restarts = restarts.after_end(now, now + life)
        early = 0 if number == 0 or life >= SOUND_AFTER_NS else early + 1

        assert restarts.wait_ns == min(FIRST_WAIT_NS * 2**early, LONGEST_WAIT_NS)
        assert restarts.next_ns == now + life + restarts.wait_ns
        now = restarts.next_ns
