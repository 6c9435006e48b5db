"""How a target is written."""

from __future__ import annotations

import base64
import dataclasses

import pytest

from vedette.errors import UsageError
from vedette.rules.bench.address import login_header, parse_header, parse_target
from vedette.values.trial import TargetKind, TargetSpec, Wire


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://h:1/p", TargetSpec(TargetKind.IMAGE, "http://h:1/p")),
        ("image:https://h/p?a=1#m", TargetSpec(TargetKind.IMAGE, "https://h/p?a=1", "m")),
        ("http://h", TargetSpec(TargetKind.IMAGE, "http://h/")),
        ("http://[::1]:80/p", TargetSpec(TargetKind.IMAGE, "http://[::1]:80/p")),
        ("OIP:http://h:8000#resnet50", TargetSpec(TargetKind.OIP, "http://h:8000/", "resnet50", Wire.BINARY)),
        ("null", TargetSpec(TargetKind.NULL, "", wire=Wire.NONE)),
        ("null:20ms", TargetSpec(TargetKind.NULL, "", wire=Wire.NONE, service_ms=20.0)),
        ("null:0.5s", TargetSpec(TargetKind.NULL, "", wire=Wire.NONE, service_ms=500.0)),
        ("null:250us", TargetSpec(TargetKind.NULL, "", wire=Wire.NONE, service_ms=0.25)),
        (
            "inprocess:efficientnet-lite0",
            TargetSpec(TargetKind.INPROCESS, "efficientnet-lite0", wire=Wire.NONE),
        ),
    ],
)
def test_each_kind_is_written_its_way(text: str, expected: TargetSpec) -> None:
    """A bare URL is an image target; a kind may be in capitals."""
    assert parse_target(text) == expected


def test_options_of_an_image_target() -> None:
    """Wire, form field, template and method."""
    assert parse_target("http://h/", wire="multipart", field="data").field == "data"
    assert parse_target("http://h/", template="body.json").wire is Wire.TEMPLATE
    assert parse_target("http://h/", method="put").method == "PUT"
    assert parse_target("null", service_ms=3.0).service_ms == 3.0
    assert parse_target("oip:http://h/#m", wire="json").wire is Wire.JSON


def test_a_login_is_sent_and_not_recorded() -> None:
    """Name and password may hold escapes; without a login there is no header."""
    text = "image:http://us%40er:pa:ss@h:8080/p"

    name, value = login_header(text)
    assert (name, base64.b64decode(value.removeprefix("Basic "))) == ("Authorization", b"us@er:pa:ss")
    assert "pa:ss" not in repr(dataclasses.astuple(parse_target(text)))
    assert parse_target(text).address == "http://h:8080/p"
    assert login_header("http://h/p@x") is None
    assert login_header("null") is None


@pytest.mark.parametrize(
    ("text", "next_step"),
    [
        ("imgae:http://h/", "image"),
        ("opi:http://h/#m", "oip"),
        ("nul", "null"),
        ("localhost:8080/predict", "http://localhost:8080/predict"),
        ("example.org/predict", "http://example.org/predict"),
        ("ftp://h/p", "KIND:URL"),
        ("", "kinds are"),
        ("image:h/p", "KIND:URL"),
        ("http://", "KIND:URL"),
        ("http://h:99999/", "KIND:URL"),
        ("http://h:port/", "KIND:URL"),
        ("http://[::1/", "KIND:URL"),
        ("http://h/a b", "KIND:URL"),
        ("oip:http://h:8000", "#resnet50"),
        ("null:soon", "null:20ms"),
        ("null:-5ms", "null:20ms"),
        ("inprocess:", "efficientnet"),
        ("inprocess", "efficientnet"),
    ],
)
def test_a_target_that_cannot_be_says_how_to_write_it(text: str, next_step: str) -> None:
    """The next step holds the nearest kind or the form."""
    with pytest.raises(UsageError) as caught:
        parse_target(text)

    assert next_step in caught.value.help


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("http://h/", {"wire": "binary"}),
        ("http://h/", {"wire": "multipat"}),
        ("http://h/", {"wire": "template"}),
        ("http://h/", {"wire": "raw", "template": "t.json"}),
        ("oip:http://h/#m", {"wire": "raw"}),
        ("null", {"wire": "raw"}),
        ("http://h/", {"method": "GET"}),
        ("oip:http://h/#m", {"method": "PUT"}),
        ("http://h/", {"service_ms": 5.0}),
        ("null:5ms", {"service_ms": 5.0}),
        ("null", {"service_ms": -1.0}),
        ("null", {"service_ms": float("nan")}),
    ],
)
def test_options_that_do_not_fit_are_refused(text: str, options: dict) -> None:
    """No option is silently ignored."""
    with pytest.raises(UsageError):
        parse_target(text, **options)


def test_no_message_shows_a_password() -> None:
    """Not even that of an address which cannot be used."""
    for text in ("imgae:http://me:secret@h/", "http://me:secret@h:port/", "image:x//me:secret@h/"):
        with pytest.raises(UsageError) as caught:
            parse_target(text)

        assert "secret" not in str(caught.value)


def test_headers() -> None:
    """NAME:VALUE, with blanks around; a value may hold colons."""
    assert parse_header("X-Api-Key: a:b ") == ("X-Api-Key", "a:b")
    for text in ("secret", ": secret", "a b: secret", "X: secret\r\nY: 2", "X: sécret", "Content-Length: secret"):
        with pytest.raises(UsageError) as caught:
            parse_header(text)

        assert text == "secret" or "secret" not in str(caught.value)
