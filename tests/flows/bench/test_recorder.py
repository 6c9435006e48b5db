"""A recorder keeps every row, hands each on once, and bounds the answers it holds."""

from __future__ import annotations

from vedette.flows.bench.recorder import Recorder
from vedette.flows.bench.target import Reply
from vedette.values.requests import Requests, Status


class Kept:
    def __init__(self) -> None:
        self.tables: list[Requests] = []

    def append(self, requests: Requests) -> None:
        self.tables.append(requests)


def note(recorder: Recorder, number: int, reply: Reply) -> None:
    recorder.note(0, 0, number, warm_up=False, scheduled=number, sent=number, done=number + 1, reply=reply)


def test_rows_are_handed_on_once() -> None:
    """A drain gives what came since the last one; nothing new gives nothing."""
    recorder, sink = Recorder(), Kept()

    note(recorder, 0, Reply(Status.OK))
    note(recorder, 1, Reply(Status.OK))
    recorder.drain(sink)
    recorder.drain(sink)
    note(recorder, 2, Reply(Status.OK))
    recorder.drain(sink)

    assert [table.image.tolist() for table in sink.tables] == [[0, 1], [2]]
    assert len(recorder.requests()) == 3


def test_the_first_reason_of_each_failure_is_kept() -> None:
    """A reader needs one example of each, not thousands."""
    recorder = Recorder()

    for number, reason in enumerate(("first", "second")):
        note(recorder, number, Reply(Status.RESET, reason=reason))

    assert recorder.reasons == {Status.RESET: "first"}
    assert recorder.answers() == {}


def test_answers_stay_within_their_bound_and_are_spread_evenly() -> None:
    """Beyond the bound every second is kept, then every fourth: none of the run is left out at one end."""
    recorder = Recorder(answers_bytes=1000)

    for number in range(100):
        note(recorder, number, Reply(Status.OK, body=b"x" * 100))

    kept = recorder.answers()
    assert sum(map(len, kept.values())) <= 1000
    steps = {second - first for first, second in zip(sorted(kept), sorted(kept)[1:], strict=False)}
    assert len(steps) == 1
    assert max(kept) >= 80


def test_one_answer_beyond_the_bound_is_kept() -> None:
    """A single large answer can still be judged."""
    recorder = Recorder(answers_bytes=10)

    note(recorder, 0, Reply(Status.OK, body=b"x" * 100))

    assert list(recorder.answers()) == [0]
