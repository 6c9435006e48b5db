"""The gauge of open requests knows nothing of rows, and agrees with them."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_servers import SimulatedServer, exponential, fixed
from virtual_time import VirtualClock, run

from vedette.flows.bench.recorder import Recorder
from vedette.flows.bench.session import Session
from vedette.values.workload import Load, LoadKind


def test_time_under_way_is_that_of_all_rows_without_the_warm_up() -> None:
    """An open loop on one worker, with a warm-up before it: the sum of all service times."""
    clock, recorder = VirtualClock(), Recorder()
    session = Session(SimulatedServer(clock, exponential(10.0)), recorder, clock, 30)

    async def go() -> None:
        await session.warm_up(0, [0] * 5)
        await session.open_loop(0, np.arange(200, dtype=np.int64) * 11_000_000, np.zeros(200, np.int32))

    run(go())

    rows = recorder.requests()
    counted = rows.where(~rows.warm_up)
    assert session.under_way_ns == pytest.approx(float((counted.done - counted.sent).sum()), rel=1e-9)


def test_rows_that_are_lost_show() -> None:
    """Half of the rows gone: the gauge still has the time of all."""
    clock, recorder = VirtualClock(), Recorder()
    session = Session(SimulatedServer(clock, fixed(10.0)), recorder, clock, 30)

    run(session.closed_loop(0, Load(LoadKind.CLOSED, clients=3, requests=90), iter([0] * 90)))

    rows = recorder.requests()
    kept = rows.where(np.arange(90) % 2 == 0)
    assert session.under_way_ns == pytest.approx(2 * float((kept.done - kept.sent).sum()), rel=0.05)
