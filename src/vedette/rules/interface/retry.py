"""Whether a delivery that failed is tried again, and when an output is given up for the rest of a run."""

from __future__ import annotations

from vedette.errors import Kind

ATTEMPTS = 3
FIRST_WAIT_NS = 200_000_000
GIVEN_UP_AFTER = 3
"""Results in a row that an output did not take; from then on a run does without it."""

_PASSING: frozenset[Kind] = frozenset({"unavailable", "timeout", "overloaded"})


def wait_before_next(attempt: int, kind: Kind) -> int | None:
    """Nanoseconds until the next attempt after number `attempt` (1, 2, ...) failed; None: no more.

    Only what passes by itself is tried again; the wait doubles each time.
    """
    if attempt >= ATTEMPTS or kind not in _PASSING:
        return None
    return int(FIRST_WAIT_NS * 2 ** (attempt - 1))


def given_up(failed_in_a_row: int) -> bool:
    """Whether a run goes on without an output."""
    return failed_in_a_row >= GIVEN_UP_AFTER
