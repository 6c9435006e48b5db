"""A generator runs parts from their seeds, keeps rows as they come, and tells how it went."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from simulated_servers import SimulatedServer, fixed
from virtual_time import VirtualClock, run

from vedette.errors import ExhaustedError, UnavailableError
from vedette.flows.bench.generator import Generator, Part, PartReport, Settings
from vedette.values.requests import Requests, Status, joined
from vedette.values.run import RefereeReport
from vedette.values.workload import Load, LoadKind, Order


class Rows:
    """A sink; `room` is how many appends it has room for."""

    def __init__(self, room: int = 10**6) -> None:
        self.tables: list[Requests] = []
        self.room = room

    def append(self, requests: Requests) -> None:
        if len(self.tables) == self.room:
            raise ExhaustedError("the disk is full", help="make room")
        self.tables.append(requests)


class Referee:
    async def run(self, load, images, seed, folder, send):
        for image in range(images):
            await send(image, 0)
        return RefereeReport("a referee", valid=True, reasons=(), figures=(("seed", float(seed)),))


class NoReferee:
    async def run(self, load, images, seed, folder, send):
        raise UnavailableError("the referee is not installed", help="install it")


def generated(part: Part, server: SimulatedServer | None = None, rows: Rows | None = None, referee=Referee):
    target = server or SimulatedServer(VirtualClock(), fixed(10))
    sink, answers = rows or Rows(), []
    generator = Generator(target, referee, sink, lambda kept, before: answers.append((kept, before)), target.clock)

    async def go() -> PartReport:
        await generator.open([b"a", b"b", b"c"], Settings(None, Path()))
        return await generator.run(part)

    report = run(go())
    return report, joined(sink.tables), answers


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    """Everything random of a part comes from its seed."""
    load = Load(LoadKind.POISSON, rate=100, requests=50, order=Order.SHUFFLED)

    one, again, other = (generated(Part(0, seed, load))[1] for seed in (1, 1, 2))

    assert one.scheduled.tolist() == again.scheduled.tolist()
    assert one.image.tolist() == again.image.tolist()
    assert one.scheduled.tolist() != other.scheduled.tolist()


def test_a_report_tells_what_was_planned_and_what_failed() -> None:
    """Requests that were due, and the first reason of each failure."""
    server = SimulatedServer(VirtualClock(), fixed(1), failures={2: Status.RESET})

    report, rows, _ = generated(Part(0, 0, Load(LoadKind.CONSTANT, rate=10, requests=5)), server)

    assert report.planned == 5
    assert report.client.requests == 5
    assert report.reasons == (("reset", "as the simulation wants it"),)
    assert report.fault == ""
    assert np.bincount(rows.status).tolist() == [4, 0, 1]


def test_a_warm_up_comes_first_and_is_not_part_of_what_the_client_cost() -> None:
    """Its rows are marked and not counted among the requests of the client."""
    report, rows, _ = generated(Part(0, 0, Load(LoadKind.CLOSED, requests=4, warm_up=3)))

    assert rows.warm_up.tolist() == [True] * 3 + [False] * 4
    assert report.client.requests == 4


def test_rows_leave_while_the_part_is_running() -> None:
    """A batch a second: a run of three seconds hands on at least three."""
    rows = Rows()

    generated(Part(0, 0, Load(LoadKind.CONSTANT, rate=10, duration_s=3.0)), rows=rows)

    assert len(rows.tables) >= 3


def test_a_full_disk_ends_the_part_and_says_so() -> None:
    """Nothing is sent any more once rows cannot be kept; what was kept stays."""
    report, rows, _ = generated(Part(0, 0, Load(LoadKind.CONSTANT, rate=10, duration_s=30.0)), rows=Rows(room=2))

    assert "the disk is full" in report.fault
    assert 10 <= len(rows) <= 30


def test_answers_come_with_the_number_of_rows_before_them() -> None:
    """So that bodies of several parts find their rows in one table."""
    target, sink, answers = SimulatedServer(VirtualClock(), fixed(1)), Rows(), []
    generator = Generator(target, Referee, sink, lambda kept, before: answers.append((kept, before)), target.clock)

    async def go() -> None:
        await generator.open([b"a"], Settings(None, Path()))
        for repeat in range(2):
            await generator.run(Part(repeat, repeat, Load(LoadKind.CLOSED, requests=3)))

    run(go())

    assert [(sorted(kept), before) for kept, before in answers] == [([0, 1, 2], 0), ([0, 1, 2], 3)]


def test_a_referee_issues_the_requests_of_its_loads_and_its_report_is_kept() -> None:
    """Rows are recorded as for any other load; the referee got the seed."""
    report, rows, _ = generated(Part(0, 9, Load(LoadKind.MLPERF_SINGLE_STREAM)))

    assert len(rows) == 3
    assert report.referee is not None
    assert report.referee.figures == (("seed", 9.0),)


def test_a_referee_that_cannot_run_is_a_fault_in_words() -> None:
    """The message and its next step reach the reader."""
    report, rows, _ = generated(Part(0, 0, Load(LoadKind.MLPERF_SERVER, rate=1, limit_ms=5)), referee=NoReferee)

    assert "not installed" in report.fault
    assert "help: install it" in report.fault
    assert len(rows) == 0


def test_a_referee_is_ended_with_its_part() -> None:
    """A referee that would go on for an hour does not keep a part that was stopped."""

    class Patient:
        async def run(self, load, images, seed, folder, send):
            await send(0, 0)
            await clock.sleep_until(3600 * 10**9)

    clock, sink = VirtualClock(), Rows()
    generator = Generator(SimulatedServer(clock, fixed(1)), Patient, sink, lambda kept, before: None, clock)

    async def go() -> PartReport:
        await generator.open([b"a"], Settings(None, Path()))
        running = asyncio.ensure_future(generator.run(Part(0, 0, Load(LoadKind.MLPERF_SINGLE_STREAM))))
        await clock.sleep_until(10**9)
        generator.stop()
        return await running

    report = run(go())

    assert "ended before the referee was done" in report.fault
    assert len(joined(sink.tables)) == 1
