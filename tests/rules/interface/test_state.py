"""The state machine of the uniform interface."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ConflictError
from vedette.rules.interface.state import Call, Event, after_call, after_event, allowed
from vedette.values.served import PipelineState

S = PipelineState

EXPECTED = {
    S.IDLE: {Call.SET_INPUT: S.READY, Call.SET_OUTPUT: S.IDLE, Call.CARRY: S.IDLE},
    S.READY: {Call.SET_INPUT: S.READY, Call.SET_OUTPUT: S.READY, Call.COMPUTE: S.RUNNING, Call.CARRY: S.READY},
    S.RUNNING: {Call.CARRY: S.RUNNING, Call.STOP: S.STOPPING},
    S.STOPPING: {Call.CARRY: S.STOPPING},
    S.FAILED: {Call.SET_INPUT: S.READY, Call.SET_OUTPUT: S.FAILED, Call.COMPUTE: S.RUNNING, Call.CARRY: S.FAILED},
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("call", Call)
def test_every_cell(state: PipelineState, call: Call) -> None:
    """A call leads where the description says, or is a conflict that names the state and every call that is allowed."""
    if call in EXPECTED[state]:
        assert after_call(state, call) is EXPECTED[state][call]
        return
    with pytest.raises(ConflictError) as refused:
        after_call(state, call)

    assert str(state) in refused.value.message
    assert str(call) in refused.value.message
    assert all(str(one) in refused.value.help for one in EXPECTED[state])
    assert set(allowed(state)) == set(EXPECTED[state])


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (S.RUNNING, Event.ENDED, S.READY),
        (S.RUNNING, Event.BROKE, S.FAILED),
        (S.STOPPING, Event.ENDED, S.READY),
        (S.STOPPING, Event.BROKE, S.READY),
    ],
)
def test_events(state: PipelineState, event: Event, after: PipelineState) -> None:
    """A computation that ends leaves the pipeline ready; one that breaks, failed, unless it was being stopped."""
    assert after_event(state, event) is after


@pytest.mark.parametrize("state", [S.IDLE, S.READY, S.FAILED])
@pytest.mark.parametrize("event", Event)
def test_no_events_without_a_computation(state: PipelineState, event: Event) -> None:
    """Where nothing is under way nothing can end: that would be a bug."""
    with pytest.raises(AssertionError):
        after_event(state, event)


@given(st.lists(st.sampled_from([*Call, *Event])))
def test_no_sequence_leaves_the_table(steps: list[Call | Event]) -> None:
    """Whatever is called in whatever order: the state is one of five, an image changes none, nothing is stuck."""
    state = S.IDLE
    for step in steps:
        before = state
        if isinstance(step, Event):
            if before in (S.RUNNING, S.STOPPING):
                state = after_event(before, step)
        elif step in allowed(before):
            state = after_call(before, step)
        else:
            with pytest.raises(ConflictError):
                after_call(before, step)

        assert state in S
        assert after_call(state, Call.CARRY) is state
        assert (state is S.IDLE) or before is not S.IDLE or step is Call.SET_INPUT
        settled = after_event(state, Event.ENDED) if state in (S.RUNNING, S.STOPPING) else state
        assert Call.SET_INPUT in allowed(settled)
