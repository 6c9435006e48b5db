"""The state machine of a pipeline, as a table. Everything that decides which call is allowed when lives in this file.

    idle --set input--> ready --compute--> running --ended--> ready
                                           running --broke--> failed --compute--> running
                                           running --stop---> stopping --ended, broke--> ready
    an input may also be set anew in ready and failed; outputs are set in idle, ready and failed
    a compute that carries its image is allowed in every state and changes none

A pipeline itself is no concern of this table: whoever has one asks here first, and moves it as it is told.
"""

from __future__ import annotations

from enum import StrEnum

from vedette.errors import ConflictError
from vedette.values.served import PipelineState

_IDLE, _READY, _RUNNING = PipelineState.IDLE, PipelineState.READY, PipelineState.RUNNING
_STOPPING, _FAILED = PipelineState.STOPPING, PipelineState.FAILED


class Call(StrEnum):
    """What a client asks of a pipeline; the value is what it is called in a message."""

    SET_INPUT = "PUT /input"
    SET_OUTPUT = "a change of /output"
    COMPUTE = "/compute"
    CARRY = "POST /compute with an image"
    STOP = "DELETE /compute"


class Event(StrEnum):
    """What happens inside a pipeline: the computation came to its end (or was stopped), or it cannot go on."""

    ENDED = "ended"
    BROKE = "broke"


_TABLE: dict[PipelineState, dict[Call | Event, PipelineState]] = {
    _IDLE: {
        Call.SET_INPUT: _READY,
        Call.SET_OUTPUT: _IDLE,
        Call.CARRY: _IDLE,
    },
    _READY: {
        Call.SET_INPUT: _READY,
        Call.SET_OUTPUT: _READY,
        Call.COMPUTE: _RUNNING,
        Call.CARRY: _READY,
    },
    _RUNNING: {
        Call.CARRY: _RUNNING,
        Call.STOP: _STOPPING,
        Event.ENDED: _READY,
        Event.BROKE: _FAILED,
    },
    _STOPPING: {
        Call.CARRY: _STOPPING,
        Event.ENDED: _READY,
        Event.BROKE: _READY,
    },
    _FAILED: {
        Call.SET_INPUT: _READY,
        Call.SET_OUTPUT: _FAILED,
        Call.COMPUTE: _RUNNING,
        Call.CARRY: _FAILED,
    },
}

_WHY = {
    _IDLE: "no input is set",
    _READY: "nothing is running",
    _RUNNING: "a computation is under way",
    _STOPPING: "a computation is being stopped",
    _FAILED: "the last computation failed, and nothing is running",
}


def allowed(state: PipelineState) -> tuple[Call, ...]:
    """The calls that a state allows, in the order of `Call`."""
    return tuple(call for call in Call if call in _TABLE[state])


def after_call(state: PipelineState, call: Call) -> PipelineState:
    """The state after a call.

    Raises:
        ConflictError: the state does not allow it; `help` names what it allows.
    """
    following = _TABLE[state].get(call)
    if following is None:
        raise ConflictError(
            f"{call} is not possible while the pipeline is {state}: {_WHY[state]}",
            help=f"in the state {state} take {', '.join(allowed(state))}",
        )
    return following


def after_event(state: PipelineState, event: Event) -> PipelineState:
    """The state after an event; only a computation that is under way (running or stopping) has any."""
    assert event in _TABLE[state], f"{event} in {state}: nothing was under way"
    return _TABLE[state][event]
