"""A thread for work that may hang."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from vedette.flows.interface.aside import Aside


def test_works_run_one_after_the_other_in_one_thread() -> None:
    """Each gives its result or raises its error to who asked; the last one is run without anybody."""
    ran, ended = [], threading.Event()

    def work(number: int) -> int:
        ran.append((number, threading.current_thread().name))
        if number == 2:
            raise ValueError(number)
        return number

    async def check() -> None:
        with Aside("vedette-test") as thread:
            found = await asyncio.gather(*(thread.run(work, number) for number in range(4)), return_exceptions=True)
            thread.last(ended.set)

        assert [repr(one) for one in found] == ["0", "1", "ValueError(2)", "3"]
        assert ran == [(number, "vedette-test") for number in range(4)]
        assert await asyncio.to_thread(ended.wait, 30)

    asyncio.run(check())


def test_what_was_not_begun_is_not_run_for_who_has_gone() -> None:
    """What was begun goes on to its end."""
    entered, release, ran = threading.Event(), threading.Event(), []

    def hang() -> None:
        entered.set()
        assert release.wait(30)
        ran.append("begun")

    async def check() -> None:
        with Aside("vedette-test") as thread:
            begun = asyncio.create_task(thread.run(hang))
            other = asyncio.create_task(thread.run(ran.append, "other"))
            assert await asyncio.to_thread(entered.wait, 30)
            begun.cancel()
            other.cancel()
            await asyncio.gather(begun, other, return_exceptions=True)
            release.set()
            await thread.run(ran.append, "last")

    asyncio.run(check())
    assert ran == ["begun", "last"]


def test_it_starts_no_thread_for_nothing() -> None:
    """Neither by itself nor for a last work."""
    before = threading.active_count()
    with Aside("vedette-test") as thread:
        thread.last(lambda: pytest.fail("nothing was run before"))

    assert threading.active_count() == before


def test_a_process_ends_although_it_hangs() -> None:
    """Its end does not wait for the thread, as it would for one of an executor."""
    program = """
import asyncio, threading
from vedette.flows.interface.aside import Aside

async def main():
    entered = threading.Event()
    with Aside("hangs") as thread:
        work = asyncio.create_task(thread.run(lambda: (entered.set(), threading.Event().wait())))
        await asyncio.to_thread(entered.wait)
        work.cancel()
    print("left", flush=True)

asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "left\n", "")
