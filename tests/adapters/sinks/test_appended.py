"""Records at the end of files."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scarce import room_for

from vedette.adapters.sinks import appended
from vedette.adapters.sinks.appended import AppendedLines, AppendedRows, append
from vedette.errors import ExhaustedError, ForbiddenError, UnavailableError
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import CSV_COLUMNS, to_object
from vedette.values.result import Failure


def failed(number: int) -> Delivery:
    return Delivery(Failure(f"id-{number}", "bär.jpg", 0, "invalid", "no image", "send one"))


def test_lines_are_added_to_what_is_there(tmp_path: Path) -> None:
    """Each write is one line; a second writer goes on where the first ended."""
    for number in range(2):
        AppendedLines(tmp_path / "a.jsonl").write(failed(number))

    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [to_object(failed(number).outcome) for number in range(2)]


def test_rows_have_one_head(tmp_path: Path) -> None:
    """The head line is written where the file is empty, and anew when the file was moved away."""
    sink = AppendedRows(tmp_path / "a.csv")
    sink.write(failed(0))
    sink.write(failed(1))
    (tmp_path / "a.csv").rename(tmp_path / "moved.csv")
    sink.write(failed(2))

    read = [list(csv.DictReader((tmp_path / name).read_text().splitlines())) for name in ("moved.csv", "a.csv")]
    assert [[row["id"] for row in rows] for rows in read] == [["id-0", "id-1"], ["id-2"]]
    assert tuple(read[0][0]) == CSV_COLUMNS


def test_a_full_disk_leaves_whole_records(tmp_path: Path) -> None:
    """What found no room is not there at all, and the next one is whole again when there is room."""
    target = tmp_path / "a.jsonl"
    append(target, lambda _: b"first\n")
    with room_for(10), pytest.raises(ExhaustedError):
        append(target, lambda _: b"second\n")
    append(target, lambda _: b"third\n")

    assert target.read_bytes() == b"first\nthird\n"


def test_writers_at_the_same_time(tmp_path: Path) -> None:
    """Records of many threads are all there and whole."""
    records = [f"{number:04d}".encode() * 5000 + b"\n" for number in range(64)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda record: append(tmp_path / "a", lambda _: record), records))

    assert sorted((tmp_path / "a").read_bytes().splitlines(keepends=True)) == records


def test_what_stands_in_the_place_of_the_file(tmp_path: Path) -> None:
    """A link is not followed, a pipe does not block, a folder that is missing is said."""
    (tmp_path / "link").symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ForbiddenError):
        append(tmp_path / "link", lambda _: b"x")
    with pytest.raises(UnavailableError):
        append(tmp_path / "pipe", lambda _: b"x")
    with pytest.raises(UnavailableError):
        append(tmp_path / "missing" / "a", lambda _: b"x")
    with pytest.raises(UnavailableError):
        append(Path("/dev/null"), lambda _: b"x")
    assert not (tmp_path / "other").exists()


def test_a_file_that_another_program_holds_is_not_waited_for(tmp_path: Path) -> None:
    """It is told so that it can be tried again; nothing is written."""
    with (tmp_path / "a").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match="written to by others"):
            append(tmp_path / "a", lambda _: b"x")
        fcntl.flock(other, fcntl.LOCK_UN)
        append(tmp_path / "a", lambda _: b"y")

    assert (tmp_path / "a").read_bytes() == b"y"


def test_a_thread_that_hangs_is_not_waited_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others give up their turn at the same file, and those of other files never wait."""
    monkeypatch.setattr(appended, "_TURN_S", 0.05)
    entered, release = threading.Event(), threading.Event()

    def hang(empty: bool) -> bytes:  # noqa: FBT001 - as `append` calls it
        entered.set()
        assert release.wait(30)
        return b"late"

    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(append, tmp_path / "a", hang)
        assert entered.wait(30)
        with pytest.raises(UnavailableError, match="written to by others"):
            append(tmp_path / "a", lambda _: b"x")
        append(tmp_path / "b", lambda _: b"y")
        release.set()
        hanging.result(30)

    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"late", b"y")
