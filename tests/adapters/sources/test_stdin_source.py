"""Standard input is one image, or a reason why there is none."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.adapters.sources.stdin import StdinSource
from vedette.values.frame import Frame, Reject

SCRIPT = (
    "from vedette.adapters.sources.stdin import StdinSource\n"
    "for item in StdinSource().frames(): print(item.source, getattr(item, 'message', None) or bytes(item.payload))"
)


def test_what_is_piped_in_is_one_frame() -> None:
    """All bytes come, under the name stdin."""
    assert list(StdinSource(io.BytesIO(b"picture")).frames()) == [Frame("stdin", b"picture")]


def test_nothing_is_a_refusal_that_shows_how() -> None:
    """An empty pipe is told with an example."""
    (reject,) = StdinSource(io.BytesIO()).frames()

    assert isinstance(reject, Reject)
    assert (reject.kind, reject.message) == ("invalid", "nothing came in on standard input")
    assert "vedette run - --model NAME < photo.jpg" in reject.help


@pytest.mark.parametrize(("size", "taken"), [(10, Frame), (11, Reject)])
def test_the_limit_is_the_largest_size_taken(size: int, taken: type) -> None:
    """One byte more is refused without reading the rest."""
    (item,) = StdinSource(io.BytesIO(bytes(size)), limit=10).frames()

    assert type(item) is taken
    assert taken is Frame or (item.kind, item.message) == (
        "too_large",
        "more than 10 bytes came in, which is the limit",
    )


def test_a_terminal_is_refused_at_once() -> None:
    """Nobody types an image: the run does not wait for one."""
    controller, terminal = os.openpty()
    with os.fdopen(controller, "rb"), os.fdopen(terminal, "rb", buffering=0) as stream:
        (reject,) = StdinSource(stream).frames()

    assert isinstance(reject, Reject)
    assert reject.message == "standard input is a terminal, not an image"


def test_a_stream_that_fails_is_told() -> None:
    """The reason is in the words of the system."""
    with Path("/proc/self/mem").open("rb") as stream:
        (reject,) = StdinSource(stream).frames()

    assert isinstance(reject, Reject)
    assert reject.message == "standard input cannot be read: Input/output error"


@pytest.mark.parametrize(
    ("redirection", "words"),
    [("< photo", "stdin b'picture'"), ("< /dev/null", "nothing came in"), ("<&-", "standard input is closed")],
)
def test_the_real_standard_input_is_read(tmp_path: Path, redirection: str, words: str) -> None:
    """A file, nothing, and a closed standard input, as a shell gives them."""
    (tmp_path / "photo").write_bytes(b"picture")
    command = ["sh", "-c", f'exec "$0" -c "$1" {redirection}', sys.executable, SCRIPT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert words in done.stdout
