"""When a delivery is tried again."""

from __future__ import annotations

from typing import get_args

import pytest

from vedette.errors import Kind
from vedette.rules.interface.retry import ATTEMPTS, FIRST_WAIT_NS, GIVEN_UP_AFTER, given_up, wait_before_next


def test_waits_double_and_end() -> None:
    """After the first failure a wait, then twice that, then no more."""
    waits = [wait_before_next(attempt, "unavailable") for attempt in range(1, ATTEMPTS + 1)]

    assert waits == [FIRST_WAIT_NS * 2**number for number in range(ATTEMPTS - 1)] + [None]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_only_what_passes_is_tried_again(kind: Kind) -> None:
    """A full disk or a refusal does not pass by itself."""
    again = wait_before_next(1, kind) is not None

    assert again == (kind in ("unavailable", "timeout", "overloaded"))


def test_given_up() -> None:
    """An output is given up after so many failures in a row."""
    assert not given_up(GIVEN_UP_AFTER - 1)
    assert given_up(GIVEN_UP_AFTER)
