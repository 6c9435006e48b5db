"""Lines are written by a thread; what cannot be written is dropped and counted."""

from __future__ import annotations

import os
import re
import select
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vedette.adapters.logs.line import Event, text_line
from vedette.adapters.logs.writer import LineWriter
from vedette.clock import SystemClock

CLOCK = SystemClock()


def event(number: int) -> Event:
    return Event(CLOCK.wall(), "INFO", "tick", {"n": number})


def test_lines_come_in_their_order(tmp_path: Path) -> None:
    """And all of them, before it is closed."""
    with (tmp_path / "log").open("wb") as file:
        writer = LineWriter(file.fileno(), text_line, CLOCK)
        for number in range(2000):
            writer.put(event(number))
        ended = writer.close()

    assert ended
    assert [line.split()[-1] for line in (tmp_path / "log").read_text().splitlines()] == [f"n={n}" for n in range(2000)]
    assert writer.dropped == 0


class Begun:
    """Makes lines, tells when the first is made, does something before the second: the first was written by then."""

    def __init__(self, before_second: Callable[[], object] = lambda: None, padding: int = 0) -> None:
        self.first, self._before_second, self._padding = threading.Event(), before_second, padding

    def __call__(self, given: Event) -> bytes:
        if given.fields.get("n") == 2:
            self._before_second()
        self.first.set()
        return text_line(given)[:-1] + b"." * self._padding + b"\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux offers a device that is always full")
def test_a_full_disk_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    """They are counted, and the first line that can be written again is preceded by how many."""
    full = os.open("/dev/full", os.O_WRONLY)
    with (tmp_path / "log").open("wb") as file:
        line = Begun(lambda: os.dup2(file.fileno(), full))
        writer = LineWriter(full, line, CLOCK)
        writer.put(event(1))
        assert line.first.wait(30)
        writer.put(event(2))
        assert writer.close(30)
    os.close(full)

    lost, second = (tmp_path / "log").read_text().splitlines()
    assert "WARNING lines_dropped count=1" in lost
    assert second.endswith("n=2")
    assert writer.dropped == 1


def test_a_reader_that_stops_reading_holds_nobody_up() -> None:
    """Beyond the bound lines are dropped at once; what waits comes when it reads again."""
    reader, end = os.pipe()
    line = Begun(padding=70_000)
    writer = LineWriter(end, line, CLOCK, most=5)
    writer.put(event(0))
    assert line.first.wait(30)

    for number in range(1, 50):
        writer.put(event(number))
    dropped, ended = writer.dropped, writer.close(timeout_s=0.0)
    read: list[bytes] = []
    reading = threading.Thread(target=lambda: read.extend(iter(lambda: os.read(reader, 1 << 20), b"")))
    reading.start()
    ended_later = writer.close(30)
    os.close(end)
    reading.join(30)
    os.close(reader)

    assert (dropped, ended, ended_later) == (44, False, True)
    assert re.findall(rb" (?:n|count)=(\d+)", b"".join(read)) == [b"0", b"44", b"1", b"2", b"3", b"4", b"5"]


def test_a_line_that_was_torn_is_ended_before_the_next(tmp_path: Path) -> None:
    """A reader of lines does not take two for one."""
    reader, end = os.pipe()
    with (tmp_path / "log").open("wb") as file:
        line = Begun(lambda: os.dup2(file.fileno(), end), padding=100_000)
        writer = LineWriter(end, line, CLOCK)
        writer.put(event(1))
        assert select.select([reader], [], [], 30)[0]
        os.close(reader)
        writer.put(event(2))
        assert writer.close(30)
    os.close(end)

    assert (tmp_path / "log").read_bytes().startswith(b"\n")
    assert writer.dropped == 1


def test_a_descriptor_that_does_not_block_is_waited_for() -> None:
    """Stderr may be one that another process has set so."""
    reader, end = os.pipe()
    os.set_blocking(end, False)
    line = Begun(padding=200_000)
    writer = LineWriter(end, line, CLOCK)
    writer.put(event(1))
    size = 0
    while size < 200_000:
        size += len(os.read(reader, 1 << 20))

    assert writer.close(30)
    os.close(end)
    os.close(reader)
    assert writer.dropped == 0


def test_a_value_that_cannot_be_shown_ends_no_log(tmp_path: Path) -> None:
    """A line tells of it in its place."""
    with (tmp_path / "log").open("wb") as file:
        writer = LineWriter(file.fileno(), text_line, CLOCK)
        writer.put(Event(CLOCK.wall(), "INFO", "odd", {"n": 1 << 70}))
        writer.put(event(2))
        assert writer.close()

    failed, second = (tmp_path / "log").read_text().splitlines()
    assert "ERROR line_failed logged=odd" in failed
    assert second.endswith("n=2")
