"""An event as one line of text or JSON, without secrets."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ended import ended
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.logs.line import LINES, MOST_LETTERS, Event, clean
from vedette.adapters.logs.log import fields_of

AT = datetime(2026, 11, 23, 8, 44, 47, 123_999, UTC)


def line(form: str, **fields: object) -> str:
    return LINES[form](Event(AT, "INFO", "request", fields)).decode()  # type: ignore[arg-type]


def test_the_documentation_shows_lines_as_they_are() -> None:
    """The example of each format is what a request gives."""
    event = Event(AT, "INFO", "request", fields_of(ended(request_id="c1", path="/infer/colour")))
    text = (Path(__file__).parents[3] / "docs/operating.md").read_text()

    assert all(LINES[form](event).decode() in text for form in LINES)


def test_json_is_read_back() -> None:
    """By the standard library, each value as it was."""
    told = json.loads(line("json", a="x\ny", b=1.5, c=None, d=True))

    assert told == {
        "time": "2026-11-23T08:44:47.123Z",
        "level": "INFO",
        "event": "request",
        "a": "x\ny",
        "b": 1.5,
        "c": None,
        "d": True,
    }


def test_text_quotes_what_has_blanks() -> None:
    """So that a value cannot pass for a field."""
    told = line("text", path='/a b="c', model="", n=3)

    assert told == '2026-11-23T08:44:47.123Z INFO request path="/a b=\\"c" model="" n=3\n'
    assert shlex.split(told)[3:] == ['path=/a b="c', "model=", "n=3"]


@pytest.mark.parametrize("form", LINES)
@given(value=st.text(st.characters(), max_size=200) | st.text("\x00\n\r\x1b\x85\x9b\u2028\u202e\ud800a="))
def test_whatever_a_client_sends_stays_one_line(form: str, value: str) -> None:
    """No line break of any kind, no escape sequence, valid UTF-8."""
    told = line(form, path=value)

    assert told.endswith("\n")
    assert told[:-1].isprintable()
    assert len(told.splitlines()) == 1
    assert form == "text" or set(json.loads(told)) == {"time", "level", "event", "path"}


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("cannot reach rtsp://admin:hunter2@cam/1 now", "hunter2"),
        ("POST https://hooks.example/x?token=abcdef&y=1 failed", "abcdef"),
        ("the key vdt_Zm9vYmFyYmF6 is not known", "Zm9vYmFyYmF6"),
        ("Authorization: Bearer c2VjcmV0c2VjcmV0", "c2VjcmV0"),
        ("('https://u:p4ss@h/', 3)", "p4ss"),
    ],
)
@pytest.mark.parametrize("form", LINES)
def test_no_secret_is_written(written: str, secret: str, form: str) -> None:
    """Neither of addresses nor keys; the rest stays."""
    told = line(form, message=written)

    assert secret not in told
    assert "***" in told
    assert re.match(r"[A-Za-z]*", written)[0] in told


def test_a_value_is_cut() -> None:
    """A client cannot fill the disk with one line; long ones are read once."""
    assert len(clean("a" * 10 * MOST_LETTERS)) == MOST_LETTERS + 3
    assert clean("a." * MOST_LETTERS + "://x") == "a." * (MOST_LETTERS // 2) + "..."
