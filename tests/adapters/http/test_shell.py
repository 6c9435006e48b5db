"""Documents of our own: how they are kept by browsers, and what their policy lets them do."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from vedette.adapters.http.shell import Policy, fresh


def asked(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


def test_the_entity_tag_follows_the_content() -> None:
    """Equal bytes have one tag, other bytes another."""
    first, same, other = (fresh(asked(), body, "text/plain").headers["etag"] for body in (b"a", b"a", b"b"))

    assert first == same != other
    assert first.startswith('"')


@pytest.mark.parametrize(("form", "status"), [("{}", 304), ("W/{}", 304), ('"x" , {}', 304), ("*", 304), ('"x"', 200)])
def test_a_tag_that_the_browser_has_is_answered_without_a_body(form: str, status: int) -> None:
    """If-None-Match as RFC 9110 writes it: a list, weak tags, or a star."""
    tag = fresh(asked(), b"a", "text/plain").headers["etag"]

    answer = fresh(asked(if_none_match=form.format(tag)), b"a", "text/plain")

    assert answer.status_code == status
    assert answer.body == (b"" if status == 304 else b"a")
    assert answer.headers["etag"] == tag


def test_a_policy_forbids_what_it_does_not_name() -> None:
    """All sources are closed but those of the document itself; what is opened beside them is at its place."""
    told = Policy("blob:").written("body {}", "run()")

    parts = dict(part.split(" ", 1) for part in told.split("; "))
    assert parts["default-src"] == "'none'"
    # printf 'run()' | openssl dgst -sha256 -binary | base64
    assert parts["script-src"] == "'sha256-AvyuiL0SD1mVY3NNxR+V2uo+lhk6RMFrytWmRt6CrJQ=' blob:"
    assert parts["style-src"].count("'sha256-") == 1
    assert "blob:" not in parts["style-src"]
    assert {"base-uri", "form-action", "frame-ancestors"} <= {
        name for name, value in parts.items() if value == "'none'"
    }
