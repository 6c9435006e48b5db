"""Files below allowed folders."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from fakes import jpeg
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.sources.allowed import AllowedFiles
from vedette.errors import ForbiddenError, NotFoundError, UnsupportedError
from vedette.values.frame import Frame, Reject

RED = jpeg((255, 0, 0))


def planted(top: Path) -> Path:
    """in/a.jpg, in/sub/b.jpg, in/deep -> in/sub, in/out -> private, private/c.jpg, alias -> in."""
    for name in ("in/sub", "private", "in-more"):
        (top / name).mkdir(parents=True)
    for name in ("in/a.jpg", "in/sub/b.jpg", "private/c.jpg", "in-more/d.jpg"):
        (top / name).write_bytes(RED)
    (top / "in/out").symlink_to(top / "private")
    (top / "in/deep").symlink_to(top / "in/sub")
    (top / "alias").symlink_to(top / "in")
    return top


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return planted(tmp_path)


@pytest.fixture(scope="module")
def same_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted(tmp_path_factory.mktemp("tree"))


def names(files: AllowedFiles, path: str) -> tuple[list[str], list[str]]:
    """The names of the images, and of what was rejected."""
    given = list(files.open(path)[0].frames())
    frames = [Path(one.source).name for one in given if isinstance(one, Frame)]
    return frames, [Path(one.source).name for one in given if isinstance(one, Reject)]


def test_single_and_many(tree: Path) -> None:
    """A file is one image; a folder, a pattern and a video are many."""
    files = AllowedFiles([f"{tree}/in"])
    (tree / "in/film.mp4").write_bytes(b"x")

    assert files.open(f"{tree}/in/a.jpg")[1] is True
    assert [files.open(f"{tree}/in{rest}")[1] for rest in ("", "/*.jpg", "/film.mp4")] == [False] * 3


def test_a_folder_without_what_leads_out(tree: Path) -> None:
    """Links within the root are followed, one that leads out is told of by its own name only."""
    frames, rejected = names(AllowedFiles([f"{tree}/in"]), f"{tree}/in")

    assert (frames, rejected) == (["a.jpg", "b.jpg"], ["out"])
    assert names(AllowedFiles([f"{tree}/in"]), f"{tree}/in/**/*.jpg") == (["a.jpg", "b.jpg"], ["out"])


def test_a_root_may_be_a_link(tree: Path) -> None:
    """Root and path are compared as they are once links are resolved."""
    assert names(AllowedFiles([f"{tree}/alias"]), f"{tree}/in/a.jpg")[0] == ["a.jpg"]
    assert names(AllowedFiles([f"{tree}/in"]), f"{tree}/alias/sub")[0] == ["b.jpg"]


@pytest.mark.parametrize("path", ["in/out", "in/out/c.jpg", "in/out/*.jpg", "in-more/d.jpg", "", "*/a.jpg", "i*/a.jpg"])
def test_refused(tree: Path, path: str) -> None:
    """What is not below a root, be it there or not, is forbidden with the same words."""
    files = AllowedFiles([f"{tree}/in"])
    for one in (f"{tree}/{path}", f"{tree}/{path}/missing"):
        with pytest.raises(ForbiddenError, match=r"files\.inputs"):
            files.open(one)


def test_without_roots(tree: Path) -> None:
    """Nothing may be read."""
    with pytest.raises(ForbiddenError):
        AllowedFiles([]).check(f"{tree}/in/a.jpg")


def test_what_cannot_be_read(tree: Path) -> None:
    """What is missing is not found; what is no file and no folder could block."""
    os.mkfifo(tree / "in/pipe")
    files = AllowedFiles([f"{tree}/in"])

    with pytest.raises(NotFoundError):
        files.open(f"{tree}/in/missing.jpg")
    with pytest.raises(UnsupportedError):
        files.open(f"{tree}/in/pipe")


@given(st.lists(st.sampled_from(["in", "sub", "out", "deep", "private", "a.jpg", "c.jpg", "*", "**"]), max_size=5))
def test_nothing_private_is_ever_read(same_tree: Path, parts: list[str]) -> None:
    """Whatever path or pattern is named: what comes lies below the root, and no name behind a link that leads out."""
    files, inside = AllowedFiles([f"{same_tree}/in"]), (same_tree / "in").resolve()
    with suppress(ForbiddenError, NotFoundError, UnsupportedError):
        source, _ = files.open("/".join([str(same_tree), *parts]))
        for one in source.frames():
            assert isinstance(one, Reject) or Path(one.source).resolve().is_relative_to(inside)
            assert "c.jpg" not in one.source or "c.jpg" in parts
