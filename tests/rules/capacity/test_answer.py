"""What one device of an answer does, at its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.rules.capacity.answer import last_option
from vedette.rules.capacity.capability import Capability, Option
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment

FULL = Option(8, Moment(0.9), Moment(0.8, 0.02, 0.01, 9, 3), 0.9, 0.8)
SMALL = Option(3, Moment(0.4), Moment(0.3, 0.01, 0.005, 9, 3), 0.4, 0.3)


def last(small: Option, later_uses: int, images: int) -> Option | None:
    return last_option(Capability("m", "p", DeviceKind("d"), (small, FULL)), FULL, later_uses, images)


def test_a_smaller_last_mini_batch_has_its_own_row() -> None:
    """19 images are two of 8 and one of 3; 24 have no smaller one, 3 alone are the first, and of 2 there is no row."""
    assert last(SMALL, 2, 19) is SMALL
    assert last(SMALL, 2, 24) is None
    assert last(SMALL, 0, 3) is None
    assert last(SMALL, 2, 18) is None


@pytest.mark.parametrize(
    "later",
    [
        Moment(0.81, 0.01, 0.005, 9, 3),
        Moment(0.3, 0.03, 0.005, 9, 3),
        Moment(0.3, 0.01, 0.02, 9, 3),
        Moment(0.3, 0.01, 0.005, 9, 2),
        Moment(0.3, 0.01, None, 9, 3),
    ],
)
def test_a_row_that_takes_longer_or_is_less_certain_is_not_taken(later) -> None:
    """The plan was made with full mini-batches: what is predicted is no worse than that."""
    assert last(replace(SMALL, later_s=later), 2, 19) is None
