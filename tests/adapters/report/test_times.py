"""One time axis for all repeats of a run."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from made_runs import made_requests

from vedette.adapters.report.times import stretches


def test_repeats_stand_side_by_side_without_the_pauses() -> None:
    """Each begins where the one before ends, and lasts from its first due request to its last answer."""
    requests = made_requests(repeats=3, count=20, order=(0, 10, 20))

    found = stretches(requests)

    assert [one.repeat for one in found] == [0, 1, 2]
    assert found[0].start_s == 0
    for before, after in pairwise(found):
        assert after.start_s == before.end_s
    for one in found:
        rows = requests.where(requests.repeat == one.repeat)
        assert one.end_s - one.start_s == pytest.approx((rows.done.max() - rows.scheduled.min()) / 1e9)


def test_the_order_is_that_of_the_clock() -> None:
    """A repeat that was run first stands first, whatever its number."""
    assert [one.repeat for one in stretches(made_requests(repeats=2, count=5, order=(1, 0)))] == [1, 0]


def test_an_instant_is_found_again_on_the_axis() -> None:
    """A request 1 s into the second repeat lies 1 s after its start."""
    requests = made_requests(repeats=2, count=100, rate=50.0)
    second = stretches(requests)[1]

    at = second.at(np.array([second.first_ns + 1_000_000_000]))

    assert at[0] == pytest.approx(second.start_s + 1.0)


def test_nothing_sent_has_no_stretch() -> None:
    """Without requests there is no axis."""
    requests = made_requests(repeats=1, count=3)

    assert stretches(requests.where(np.zeros(3, bool))) == ()
