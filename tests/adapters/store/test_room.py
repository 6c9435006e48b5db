"""What is said when there is no room."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from vedette.adapters.store.room import NO_ROOM, lack_of_room, note_lack, stopped_for_room, write_error, write_whole
from vedette.errors import ExhaustedError, UnavailableError


def test_errors_that_mean_no_room_are_known_by_number_and_by_text() -> None:
    """A full disk is known from Python's error, and from one of a library that only has the words."""
    assert lack_of_room(OSError(errno.ENOSPC, "No space left on device")) == "disk was full"
    assert lack_of_room(OSError("IOError: writing failed. Detail: [errno 28] No space left on device")) is not None
    assert lack_of_room(OSError(errno.EACCES, "Permission denied")) is None


def test_kind_of_the_error_says_whose_turn_it_is() -> None:
    """No room is exhausted, anything else is unavailable, and both name the file and what was kept."""
    full = write_error(Path("a/run.json"), OSError(errno.ENOSPC, "No space left on device"), "5 were kept")
    refused = write_error(Path("a/run.json"), OSError(errno.EACCES, "Permission denied"), "5 were kept")

    assert isinstance(full, ExhaustedError)
    assert full.message == "a/run.json cannot be written: disk was full; 5 were kept"
    assert isinstance(refused, UnavailableError)
    assert refused.message == "a/run.json cannot be written: Permission denied; 5 were kept"


def test_word_is_left_only_where_there_was_no_room(tmp_path: Path) -> None:
    """A folder tells later that there was no room; other errors leave nothing."""
    note_lack(tmp_path, OSError(errno.EACCES, "Permission denied"))
    assert stopped_for_room(tmp_path) is None

    note_lack(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert stopped_for_room(tmp_path) == "disk was full"


def test_empty_word_means_a_full_disk(tmp_path: Path) -> None:
    """Where the word itself found no room, its file still says it."""
    (tmp_path / NO_ROOM).touch()

    assert stopped_for_room(tmp_path) == "disk was full"


def test_file_that_fails_halfway_is_not_there(tmp_path: Path) -> None:
    """A writer that fails leaves neither its file nor a part of it, and the old file as it was."""
    (tmp_path / "run.json").write_text("old")

    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ExhaustedError):
        write_whole(tmp_path / "run.json", fail)
    assert (tmp_path / "run.json").read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == [NO_ROOM, "run.json"]
