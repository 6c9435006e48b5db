"""The words of a command line become one source."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.sources.files import FileSource
from vedette.adapters.sources.http import HttpSource
from vedette.adapters.sources.inputs import parse_inputs
from vedette.adapters.sources.stdin import StdinSource
from vedette.adapters.sources.synthetic import SyntheticSource
from vedette.errors import UnsupportedError, UsageError
from vedette.values.frame import Reject, Size


def test_each_word_becomes_a_source_of_its_kind() -> None:
    """Schemes are read in capitals or not; everything without one is a path."""
    words = [
        "-",
        "http://h/a.jpg",
        "HTTPS://h/b.jpg",
        "synthetic://4x3",
        "Synthetic://4x3",
        "a.jpg",
        "./-",
        "c:a",
        "http:x",
    ]

    assert parse_inputs(words).parts == (
        StdinSource(),
        HttpSource("http://h/a.jpg"),
        HttpSource("HTTPS://h/b.jpg"),
        SyntheticSource(Size(4, 3), 1, 0),
        SyntheticSource(Size(4, 3), 1, 0),
        FileSource("a.jpg"),
        FileSource("./-"),
        FileSource("c:a"),
        FileSource("http:x"),
    )


def test_the_order_of_the_words_is_kept_and_a_failing_one_stops_nothing(tmp_path: Path) -> None:
    """A missing file, a dead server and a folder between two images leave everything in its place."""
    (tmp_path / "b.jpg").write_bytes(b"b")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.jpg").write_bytes(b"a")
    words = [
        f"{tmp_path}/b.jpg",
        f"{tmp_path}/gone.jpg",
        "http://127.0.0.1:1/x.jpg",
        "synthetic://4x3?count=2",
        f"{tmp_path}/folder",
        f"{tmp_path}/b.jpg",
    ]
    items = list(parse_inputs(words).frames())

    assert [item.source.removeprefix(f"{tmp_path}/") for item in items] == [
        *("b.jpg", "gone.jpg", "http://127.0.0.1:1/x.jpg"),
        *("synthetic://4x3?seed=0", "synthetic://4x3?seed=0", "folder/a.jpg", "b.jpg"),
    ]
    assert [isinstance(item, Reject) for item in items] == [False, True, True, False, False, False, False]


def test_the_count_is_the_sum_over_the_words(tmp_path: Path) -> None:
    """Addresses, standard input, videos and missing files count as one each."""
    for name in ("a.jpg", "b.jpg", "c.mp4"):
        (tmp_path / name).touch()
    words = [str(tmp_path), "-", "http://h/x", "synthetic://4x3?count=10", "gone.jpg"]

    assert parse_inputs(words).count() == 3 + 1 + 1 + 10 + 1


@pytest.mark.parametrize(
    ("word", "scheme"),
    [("ftp://h/x.jpg", "ftp"), ("S3://bucket/x", "s3"), ("git+ssh://h/x", "git+ssh"), ("rtsp://cam:554/1", "rtsp")],
)
def test_an_unknown_scheme_is_refused_with_what_there_is(word: str, scheme: str) -> None:
    """Every kind of source is named in the help."""
    with pytest.raises(UnsupportedError) as caught:
        parse_inputs(["a.jpg", word])

    assert caught.value.message == f"{word}: {scheme} is no source"
    assert all(kind in caught.value.help for kind in ("files", "folders", "patterns", "http(s)://", "synthetic://"))


def test_a_file_address_is_refused_with_what_to_write() -> None:
    """file:// is a path with something before it."""
    with pytest.raises(UnsupportedError) as caught:
        parse_inputs(["file:///tmp/a.jpg"])

    assert caught.value.help == "give the path alone"


def test_a_password_is_not_shown_when_a_scheme_is_refused() -> None:
    """A camera's login stays out of logs."""
    with pytest.raises(UnsupportedError) as caught:
        parse_inputs(["rtsp://admin:secret@cam/1"])

    assert caught.value.message == "rtsp://***@cam/1: rtsp is no source"


def test_an_empty_word_is_refused() -> None:
    """`vedette run "$UNSET"` does not read the folder that it runs in."""
    with pytest.raises(UsageError, match="an input is empty") as caught:
        parse_inputs(["a.jpg", ""])

    assert "variable" in caught.value.help


def test_a_wrong_synthetic_source_is_refused_before_anything_is_read() -> None:
    """Parsing raises, not the first frame."""
    with pytest.raises(UsageError, match="names no size"):
        parse_inputs(["synthetic://"])
