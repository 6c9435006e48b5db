"""Servers whose behaviour is known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from simulated_servers import RIGHT, WRONG, SimulatedServer, Stall, bimodal, exponential, fixed
from virtual_time import VirtualClock, run

from vedette.flows.bench.target import Reply, Target
from vedette.values.requests import Status
from vedette.values.trial import Scope

MS = 1_000_000


def answered(server: SimulatedServer, arrivals_ms: Sequence[float]) -> list[tuple[float, Reply]]:
    """When each request that comes at these times is answered, in milliseconds, and with what."""
    target: Target = server

    async def one(at_ms: float) -> tuple[float, Reply]:
        await server.clock.sleep_until(round(at_ms * MS))
        reply = await target.send(0)
        return server.clock.now_ns() / MS, reply

    async def every() -> list[tuple[float, Reply]]:
        return await asyncio.gather(*map(one, arrivals_ms))

    return run(every())


def times(server: SimulatedServer, *arrivals_ms: float) -> list[float]:
    return [at for at, _ in answered(server, arrivals_ms)]


def test_requests_wait_in_line_for_a_worker() -> None:
    """One worker takes them one after the other, two take two, and any number takes all."""
    assert times(SimulatedServer(VirtualClock(), fixed(10.0)), 0, 1, 50) == [10, 20, 60]
    assert times(SimulatedServer(VirtualClock(), fixed(10.0), workers=2), 0, 1, 2) == [10, 11, 20]
    assert times(SimulatedServer(VirtualClock(), fixed(10.0), workers=None), 0, 1, 2) == [10, 11, 12]


@pytest.mark.parametrize("workers", [1, None])
def test_a_stall_stops_all_work(workers: int | None) -> None:
    """Work under way is finished after it, what comes in it begins after it, and two stalls add up."""
    stalls = (Stall(5 * MS, 100 * MS), Stall(108 * MS, 10 * MS))
    server = SimulatedServer(VirtualClock(), fixed(10.0), workers=workers, stalls=stalls)

    found = times(server, 0, 50, 200)

    assert found == [120, 130 if workers else 125, 210]


def test_answers_are_as_they_were_ordered() -> None:
    """Failures and wrong answers are those that were named, all others are right."""
    server = SimulatedServer(
        VirtualClock(), fixed(1.0), failures={1: Status.HTTP_ERROR, 2: Status.RESET}, wrong=frozenset({3})
    )

    replies = [reply for _, reply in answered(server, [0, 10, 20, 30])]

    assert [(reply.status, reply.code, reply.body) for reply in replies] == [
        (Status.OK, 200, RIGHT),
        (Status.HTTP_ERROR, 500, b""),
        (Status.RESET, 0, b""),
        (Status.OK, 200, WRONG),
    ]


def test_it_introduces_itself() -> None:
    """It says what is timed, and it can be closed."""

    async def met() -> Scope:
        server = SimulatedServer(VirtualClock(), fixed(1.0))
        introduction = await server.open([b""])
        await server.close()
        return introduction.scope

    assert run(met()) is Scope.HARNESS


def test_service_times_have_their_distribution() -> None:
    """A hundred thousand of each kind have the mean and the deviation that they should."""
    rng = np.random.default_rng(1)
    drawn = {
        "exponential": exponential(10.0)(rng, 100_000),
        "bimodal": bimodal(10.0, 50.0, 0.1)(rng, 100_000),
    }

    assert drawn["exponential"].mean() == pytest.approx(10, rel=0.02)
    assert drawn["exponential"].std() == pytest.approx(10, rel=0.02)
    assert drawn["bimodal"].mean() == pytest.approx(14, rel=0.02)
    assert set(drawn["bimodal"].tolist()) == {10.0, 50.0}
