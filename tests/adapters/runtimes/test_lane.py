"""Messages and tensors between two ends of a lane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from vedette.adapters.runtimes.lane import Lane, Pair, opened, written


@pytest.fixture
def ends() -> Iterator[tuple[Lane, Lane]]:
    pair = Pair()
    (other,) = opened(written([pair]))  # takes the descriptors, as the process that inherits them does
    yield pair.lane, other
    pair.lane.close()
    other.close()


def test_messages_and_tensors_go_both_ways_in_turns(ends) -> None:
    """What is sent is what is heard, of its kind."""
    here, there = ends

    here.tell({"name": "Käse", "sides": [1, None]})
    assert there.hear() == {"name": "Käse", "sides": [1, None]}
    there.give((np.arange(4), np.float32([[2.5]])))
    answer = here.hear()

    assert [(one.dtype, one.tolist()) for one in answer] == [(np.int64, [0, 1, 2, 3]), (np.float32, [[2.5]])]


def test_a_long_message_arrives_whole(ends) -> None:
    """Longer than what one call of the system brings."""
    here, there = ends

    here.tell({"text": "x" * 100_000})

    assert there.hear() == {"text": "x" * 100_000}


def test_what_is_heard_may_be_sent_back_as_it_lies(ends) -> None:
    """A large answer that is a view of the question is written before the question's memory goes."""
    here, there = ends
    large = np.random.default_rng(4).standard_normal(6 << 20, np.float32)

    here.give((large,))
    there.give(there.hear())

    np.testing.assert_array_equal(here.hear()[0], large)


def test_silence_is_told_after_the_time_that_was_allowed(ends) -> None:
    """And the lane still works."""
    here, there = ends

    with pytest.raises(TimeoutError, match=r"no message within 0\.05 s"):
        here.hear(0.05)
    there.tell({"late": True})
    assert here.hear(5.0) == {"late": True}


def test_the_end_of_the_other_side_is_told(ends) -> None:
    """Whether something lay unread in its socket or not."""
    here, there = ends
    here.tell({})
    there.close()

    with pytest.raises(EOFError):
        here.hear()
    with pytest.raises(OSError, match="Broken pipe"):
        here.tell({})
