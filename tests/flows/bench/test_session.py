"""Sessions send when they said they would, and write down everything that happened."""

from __future__ import annotations

import asyncio
from itertools import islice

import numpy as np
import pytest
from simulated_servers import SimulatedServer, fixed
from virtual_time import VirtualClock, run

from vedette.flows.bench.recorder import Recorder
from vedette.flows.bench.session import LEAD_NS, Session, endless
from vedette.values.requests import Requests, Status
from vedette.values.workload import Load, LoadKind, Order

MS = 1_000_000


def measured(server: SimulatedServer, work: str, *arguments: object, timeout_s: float = 30.0) -> Requests:
    recorder = Recorder()
    session = Session(server, recorder, server.clock, timeout_s)

    async def go() -> None:
        await getattr(session, work)(*arguments)

    run(go())
    return recorder.requests()


def test_an_open_loop_sends_at_its_due_times_whatever_the_answers_do() -> None:
    """Each request goes out at start + offset, although every answer takes longer than the gaps."""
    due = np.array([0, 10, 20, 30], np.int64) * MS

    rows = measured(SimulatedServer(VirtualClock(), fixed(100)), "open_loop", 3, due, np.arange(4, dtype=np.int32))

    assert (rows.scheduled - LEAD_NS).tolist() == due.tolist()
    assert rows.sent.tolist() == rows.scheduled.tolist()
    assert rows.latency_ms.tolist() == [100, 190, 280, 370]
    assert rows.repeat.tolist() == [3] * 4
    assert rows.image.tolist() == [0, 1, 2, 3]


def test_a_closed_loop_has_one_request_under_way_for_each_client() -> None:
    """Two clients on one worker: each waits for its own answer, thinks, and sends again."""
    load = Load(LoadKind.CLOSED, clients=2, think_ms=5, requests=6)

    rows = measured(SimulatedServer(VirtualClock(), fixed(10)), "closed_loop", 0, load, iter(range(100)))

    assert len(rows) == 6
    for client in (0, 1):
        mine = rows.where(rows.client == client)
        assert np.all(mine.scheduled[1:] - mine.done[:-1] == 5 * MS)
    assert sorted(rows.image.tolist()) == [0, 1, 2, 3, 4, 5]


def test_a_closed_loop_starts_nothing_after_its_duration() -> None:
    """A duration of 35 ms and answers of 10 ms: requests start at 0, 10, 20 and 30 ms; the last one is waited for."""
    load = Load(LoadKind.CLOSED, duration_s=0.035)

    rows = measured(SimulatedServer(VirtualClock(), fixed(10)), "closed_loop", 0, load, iter(range(100)))

    assert (rows.sent // MS).tolist() == [0, 10, 20, 30]
    assert rows.ok.all()


def test_a_warm_up_is_sent_one_after_the_other_and_marked() -> None:
    """Rows of the warm-up say so, and none overlaps the next."""
    rows = measured(SimulatedServer(VirtualClock(), fixed(10)), "warm_up", 0, [4, 4, 4])

    assert rows.warm_up.all()
    assert rows.service_ms.tolist() == [10, 10, 10]


def test_an_answer_that_takes_too_long_is_a_timeout_at_that_instant() -> None:
    """The row ends when the time is up, not when the server would have answered."""
    load = Load(LoadKind.CLOSED, requests=1)

    rows = measured(SimulatedServer(VirtualClock(), fixed(500)), "closed_loop", 0, load, iter([0]), timeout_s=0.2)

    assert rows.status.tolist() == [Status.TIMEOUT]
    assert rows.service_ms.tolist() == [200]


def test_a_session_that_is_stopped_writes_down_what_was_under_way() -> None:
    """Requests without an answer at the stop are UNFINISHED, none is forgotten, and nothing more is sent."""
    clock, recorder = VirtualClock(), Recorder()
    session = Session(SimulatedServer(clock, fixed(100)), recorder, clock, 30)
    due = np.arange(20, dtype=np.int64) * 50 * MS

    async def go() -> None:
        running = asyncio.ensure_future(session.open_loop(0, due, np.zeros(20, np.int32)))
        await clock.sleep_until(LEAD_NS + 225 * MS)
        session.stop()
        await running

    run(go())

    rows = recorder.requests()
    assert len(rows) == 5
    assert [Status(code).name for code in rows.status] == ["OK", "OK", "UNFINISHED", "UNFINISHED", "UNFINISHED"]


def test_a_request_that_somebody_else_scheduled_keeps_that_time() -> None:
    """A referee's due time is the row's, and its lateness shows."""
    clock, recorder = VirtualClock(), Recorder()
    session = Session(SimulatedServer(clock, fixed(10)), recorder, clock, 30)

    async def go() -> None:
        await clock.sleep_until(7 * MS)
        await session.issue(0, 2, 4 * MS)

    run(go())

    rows = recorder.requests()
    assert rows.lateness_ms.tolist() == [3]
    assert rows.latency_ms.tolist() == [13]


def test_a_target_that_raises_ends_the_session_and_keeps_its_rows() -> None:
    """A bug in a client of ours is raised after everything was written down."""

    class Broken(SimulatedServer):
        async def send(self, image: int) -> object:
            if image == 1:
                raise RuntimeError("a bug")
            return await super().send(image)

    clock, recorder = VirtualClock(), Recorder()
    session = Session(Broken(clock, fixed(1)), recorder, clock, 30)

    with pytest.raises(RuntimeError, match="a bug"):
        run(session.open_loop(0, np.zeros(3, np.int64), np.arange(3, dtype=np.int32)))

    assert len(recorder) == 3


def test_images_without_end_go_round_and_come_equally_often() -> None:
    """A cycle is not broken where one chunk of it ends and the next begins."""
    cycle = list(islice(endless(Order.CYCLE, 7, np.random.default_rng(0)), 10_000))
    shuffled = list(islice(endless(Order.SHUFFLED, 7, np.random.default_rng(0)), 7_000))

    assert cycle == [number % 7 for number in range(10_000)]
    assert set(np.bincount(shuffled).tolist()) == {1000}
