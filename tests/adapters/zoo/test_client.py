"""Running a client of a registry."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from vedette.adapters.zoo import client
from vedette.adapters.zoo.package import Package, Registry
from vedette.errors import ExhaustedError, UnavailableError

PACKAGE = Package("@scope/tiny", "1.0.0", "0" * 64, 3.5, Registry.NPM)


def test_all_that_it_wrote_is_kept(tmp_path: Path) -> None:
    """Both streams, the folder it runs in, and how it ended; bytes that are no text are replaced."""
    code = "import os, sys; print(os.getcwd()); sys.stdout.flush(); os.write(2, b'\\xff end'); sys.exit(3)"
    done = client.run([sys.executable, "-c", code], PACKAGE, 30, tmp_path)

    assert done.returncode == 3
    assert done.output.splitlines() == [str(tmp_path.resolve()), "\ufffd end"]


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    """A child that holds the output open does not keep the caller waiting, and does not live on."""
    pipe = tmp_path / "child"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    child = f"exec 3>{pipe}; echo x >&3; exec tail -f /dev/null"

    with pytest.raises(UnavailableError, match=r"npm had not fetched @scope/tiny 1\.0\.0 after 1 s"):
        client.run(["sh", "-c", f"({child}) & wait"], PACKAGE, 1)
    os.set_blocking(reader, True)
    assert os.read(reader, 2) == b"x\n"
    assert os.read(reader, 1) == b""  # the end: whoever could write is gone
    os.close(reader)


def test_a_program_that_is_not_there_is_told() -> None:
    """Its name is in the message."""
    with pytest.raises(UnavailableError, match="/no/npm cannot be started: No such file"):
        client.run(["/no/npm"], PACKAGE, 1)


def test_a_scoped_name_makes_one_folder(tmp_path: Path) -> None:
    """The slash of a scope leads to no folder of its own."""
    folder = client.empty_folder(PACKAGE, tmp_path)

    assert folder.parent == tmp_path
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_not_a_closed_one(tmp_path: Path) -> None:
    """No room: the size is told; no right: the folder."""
    full = client.unwritable(PACKAGE, tmp_path, OSError(28, "No space left on device"))
    closed = client.unwritable(PACKAGE, tmp_path, OSError(13, "Permission denied"))

    assert isinstance(full, ExhaustedError)
    assert "3.5 MB" in full.message
    assert isinstance(closed, UnavailableError)
    assert closed.message == f"{tmp_path} cannot be written: Permission denied"


@pytest.mark.parametrize(
    ("output", "words"),
    [("a\nERROR: first\nERROR: last\nb\n", "last"), ("only\nthis \n", "this"), ("\n", "it gave no reason")],
)
def test_last_words(output: str, words: str) -> None:
    """A marked line goes before the last one."""
    assert client.last_words(output, "ERROR: ") == words
