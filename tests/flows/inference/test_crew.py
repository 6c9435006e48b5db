"""The worker threads of a server."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator

import pytest

from vedette.clock import SystemClock
from vedette.flows.inference.crew import Crew, Rank


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew(1, SystemClock())
    yield made
    made.close()


def test_the_most_urgent_task_comes_first_then_the_oldest(crew: Crew) -> None:
    """By rank, then by order, then by age."""
    begun, gate, done = threading.Event(), threading.Event(), queue.SimpleQueue[str]()
    crew.put(Rank(0), lambda: (begun.set(), gate.wait(10)))
    assert begun.wait(10)

    for name, rank in (
        ("late", Rank(3)),
        ("soft", Rank(2)),
        ("soft2", Rank(2)),
        ("far", Rank(1, 9)),
        ("near", Rank(1, 5)),
    ):
        crew.put(rank, lambda name=name: done.put(name))
    gate.set()

    assert [done.get(timeout=10) for _ in range(5)] == ["near", "far", "soft", "soft2", "late"]


def test_a_task_that_fails_costs_no_worker(crew: Crew, caplog: pytest.LogCaptureFixture) -> None:
    """It is told in the log, and the next task runs."""
    done = threading.Event()
    with caplog.at_level(logging.ERROR):
        crew.put(Rank(0), lambda: 1 / 0)
        crew.put(Rank(0), done.set)

        assert done.wait(10)
    assert "ZeroDivisionError" in caplog.text


def test_a_task_for_later_runs_at_its_time_before_what_is_new(crew: Crew) -> None:
    """It wakes a worker that has nothing to do."""
    clock, ran = SystemClock(), queue.SimpleQueue[int]()
    due = clock.now_ns() + 20_000_000

    crew.put_at(due, lambda: ran.put(clock.now_ns()))

    assert ran.get(timeout=10) >= due


def test_closing_ends_what_runs_and_forgets_the_rest() -> None:
    """Tasks that nobody has begun are not run."""
    crew, begun, gate, ran = Crew(1, SystemClock()), threading.Event(), threading.Event(), []
    crew.put(Rank(0), lambda: (begun.set(), gate.wait(10), ran.append("first")))
    assert begun.wait(10)
    crew.put(Rank(0), lambda: ran.append("second"))
    crew.put_at(0, lambda: ran.append("third"))

    closing = threading.Thread(target=crew.close)
    closing.start()
    while crew.waiting:
        threading.Event().wait(0.001)
    gate.set()
    closing.join(10)

    assert ran == ["first"]


def test_idle_workers_and_waiting_tasks_are_told() -> None:
    """Both are readings, for those who decide where to run a batch."""
    crew, begun, gate = Crew(2, SystemClock()), threading.Semaphore(0), threading.Event()
    for _ in range(2):
        crew.put(Rank(0), lambda: (begun.release(), gate.wait(10)))
    assert begun.acquire(timeout=10)
    assert begun.acquire(timeout=10)
    crew.put(Rank(0), lambda: None)

    assert (crew.idle, crew.waiting) == (0, 1)
    gate.set()
    crew.close()
