"""How long a server waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.access.patience import LEAVING_S, Phase, Verdict, Waiting, sweep_s, verdict
from vedette.values.serving import Limits

LIMITS = Limits(head_s=10.0, idle_s=75.0, body_bytes_per_s=1000)
S = 1_000_000_000


@pytest.mark.parametrize(
    ("phase", "limit_s", "end"),
    [
        (Phase.IDLE, 75.0, Verdict.CLOSE),
        (Phase.HEAD, 10.0, Verdict.REFUSE),
        (Phase.BODY, 10.0, Verdict.REFUSE),
        (Phase.STUCK, 75.0, Verdict.CUT),
        (Phase.LEAVING, LEAVING_S, Verdict.CUT),
    ],
)
def test_each_phase_ends_at_its_limit(phase, limit_s, end):
    """Until the limit the server waits, behind it the connection ends in its own way."""
    waiting = Waiting(phase, since_ns=5 * S)

    assert verdict(waiting, LIMITS, 5 * S + round(limit_s * S)) is Verdict.WAIT
    assert verdict(waiting, LIMITS, 5 * S + round(limit_s * S) + S // 100) is end


@given(st.integers(0, 10**18))
def test_the_servers_own_work_has_no_limit_here(later_ns):
    """A request that is being answered is never ended by its connection: deadlines are the service's."""
    assert verdict(Waiting(Phase.WORKING, 0), LIMITS, later_ns) is Verdict.WAIT


@given(st.integers(0, 20_000))
def test_a_body_is_kept_exactly_if_it_keeps_the_pace(came):
    """Over 10 s at 1000 bytes a second, 10,000 bytes renew the time and one fewer does not."""
    expected = Verdict.RENEW if came >= 10_000 else Verdict.REFUSE

    assert verdict(Waiting(Phase.BODY, 0, came), LIMITS, 10 * S + 1) is expected


@given(st.floats(0.001, 1e4), st.floats(0.001, 1e4))
def test_looks_are_often_enough_and_not_more(head_s, idle_s):
    """Between 20 ms and 1 s, and a quarter of the shorter limit in between."""
    assert 0.02 <= sweep_s(Limits(head_s=head_s, idle_s=idle_s)) <= 1.0
