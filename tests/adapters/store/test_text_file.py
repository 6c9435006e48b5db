"""Files that a person named: written whole, and nothing else is touched."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from vedette.adapters.store import text_file
from vedette.adapters.store.text_file import write_text_file
from vedette.errors import ConflictError, ExhaustedError, NotFoundError


def test_file_is_written_alone_and_replaced_with_its_rights(tmp_path: Path) -> None:
    """Nothing is left beside it; who may read it stays as it was."""
    file = tmp_path / "plan.html"
    write_text_file(file, "one")
    file.chmod(0o640)

    write_text_file(file, "grün")

    assert file.read_text(encoding="utf-8") == "grün"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["plan.html"]


def test_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it leads to is replaced."""
    (tmp_path / "real.txt").write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to("real.txt")

    write_text_file(link, "new")

    assert link.is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_pipe_is_written_into_and_stays_there(tmp_path: Path) -> None:
    """So does /dev/null: who runs as root would take it away from everyone."""
    pipe, got = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()

    write_text_file(pipe, "through")
    reader.join(10)

    assert got == ["through"]
    assert pipe.is_fifo()
    write_text_file(Path(os.devnull), "gone")
    assert Path(os.devnull).is_char_device()


def test_what_is_no_place_for_a_file_is_told(tmp_path: Path) -> None:
    """A folder, and one that is not there."""
    with pytest.raises(ConflictError, match="is a folder"):
        write_text_file(tmp_path, "x")
    with pytest.raises(NotFoundError) as caught:
        write_text_file(tmp_path / "none" / "x", "x")
    assert caught.value.help == f"mkdir -p {tmp_path / 'none'}"


def test_full_disk_leaves_what_was_there_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is the person's: no word is left in it."""
    file = tmp_path / "plan.html"
    file.write_text("before")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(text_file.os, "fdopen", full)

    with pytest.raises(ExhaustedError, match="disk was full; what was there before is unchanged"):
        write_text_file(file, "after")
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["plan.html"]
