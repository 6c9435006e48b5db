"""Folders below which requests may use files, on a real disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.adapters.files.allowed import AllowedFolders
from vedette.errors import ForbiddenError, InvalidError, NotFoundError


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """`open/` with an image and ways out, `secret/` beside it."""
    for name in ("open/deep", "secret", "opened"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "open/a.jpg").write_bytes(b"image")
    (tmp_path / "secret/key").write_bytes(b"key")
    (tmp_path / "opened/b").write_bytes(b"b")
    (tmp_path / "open/out").symlink_to(tmp_path / "secret")
    (tmp_path / "open/out.jpg").symlink_to(tmp_path / "secret/key")
    (tmp_path / "open/dangling").symlink_to(tmp_path / "secret/new")
    (tmp_path / "open/within").symlink_to(tmp_path / "open/a.jpg")
    (tmp_path / "open/circle").symlink_to(tmp_path / "open/circle")
    (tmp_path / "alias").symlink_to(tmp_path / "open")
    os.mkfifo(tmp_path / "open/pipe")
    return tmp_path


@pytest.mark.parametrize("name", ["a.jpg", "within", "deep/../a.jpg", "./a.jpg"])
@pytest.mark.parametrize("root", ["open", "alias"])
def test_files_below_a_root_are_opened(disk, name, root):
    """By their name, by symlinks that stay inside, and where the root is a symlink itself."""
    folders = AllowedFolders((str(disk / root),), "files: inputs")

    with folders.open(f"{disk}/{root}/{name}") as file:
        assert file.read() == b"image"
    assert folders.resolve(f"file://{disk}/{root}/{name}") == disk / "open/a.jpg"


@pytest.mark.parametrize(
    "name",
    [
        "../secret/key",
        "deep/../../secret/key",
        "out/key",
        "out.jpg",
        "dangling",
        "out/none",
        "../opened/b",
        "circle",
        "/",
        "../../../../../../etc/passwd",
    ],
)
def test_ways_out_are_refused(disk, name):
    """`..`, symlinks to files, folders and what is not there yet, and circles are refused, whatever is there."""
    folders = AllowedFolders((str(disk / "open"),), "files: inputs")
    text = f"{disk}/open/{name}" if name != "/" else "/"

    with pytest.raises(ForbiddenError, match="is not below") as error:
        folders.open(text)
    with pytest.raises(ForbiddenError):
        folders.resolve(text)
    assert "files: inputs" in error.value.help
    assert not folders.contains(Path(text))


def test_without_roots_nothing_is_allowed(disk):
    """None by default."""
    with pytest.raises(ForbiddenError):
        AllowedFolders((), "files: inputs").open(f"{disk}/open/a.jpg")


@pytest.mark.parametrize("name", ["pipe", "deep"])
def test_what_is_no_plain_file_is_refused(disk, name):
    """A pipe would never end and a folder is no data: both are told at once."""
    with pytest.raises(InvalidError, match="no plain file"):
        AllowedFolders((str(disk / "open"),), "files: inputs").open(f"{disk}/open/{name}")


def test_what_is_missing_below_a_root_is_not_found(disk):
    """Inside a root a missing file is told as such; for writing, its place is given."""
    folders = AllowedFolders((str(disk / "open"),), "files: outputs")

    with pytest.raises(NotFoundError):
        folders.open(f"{disk}/open/none")
    assert folders.resolve(f"{disk}/open/new/x.jsonl") == disk / "open/new/x.jsonl"
    assert folders.contains(disk / "open/within")
