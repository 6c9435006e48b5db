"""Paths that callers name."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from vedette.errors import InvalidError
from vedette.rules.access.roots import outside, parse_path, root_of


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/data/a.jpg", "/data/a.jpg"),
        ("file:///data/a%20b.jpg", "/data/a b.jpg"),
        ("FILE://localhost/data", "/data"),
        ("file:/data/a", "/data/a"),
    ],
)
def test_paths_and_file_addresses_are_the_same(text, path):
    """A path is taken as it is, an address of scheme file by RFC 8089."""
    assert parse_path(text) == PurePosixPath(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.jpg",
        "../a",
        "/a\0b",
        "file://host/a",
        "file:a",
        "file:///a?b",
        "http://a/b",
        "~/a",
        "file:///a%00b",
        "file://[/a",
    ],
)
def test_other_texts_are_no_paths(text):
    """Relative paths, other machines and schemes, and NUL are refused."""
    with pytest.raises(InvalidError):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "root"),
    [("/data", "/data"), ("/data/x/y", "/data"), ("/database/x", None), ("/", None), ("/more/x", "/more")],
)
def test_a_root_holds_what_is_below_it(path, root):
    """Whole names count, not their beginnings."""
    found = root_of(PurePosixPath(path), [PurePosixPath("/data"), PurePosixPath("/more")])

    assert found == (PurePosixPath(root) if root else None)


def test_the_refusal_names_the_key():
    """What allows the folder is in the help."""
    assert "files.inputs" in outside("/etc/passwd", "files.inputs").help
