"""How addresses are shown."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.rules.interface.masked import masked, unmasked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:secret@host/x", "https://user:***@host/x"),
        ("https://user:se:cr@et@host/x", "https://user:***@host/x"),
        ("https://token@host/x", "https://***@host/x"),
        ("https://host/x?token=abc&size=3", "https://host/x?token=***&size=3"),
        ("https://host/x?a=1&X-Amz-Signature=ff&b=2", "https://host/x?a=1&X-Amz-Signature=***&b=2"),
        ("https://host/x?key=abc#format=jpeg", "https://host/x?key=***#format=jpeg"),
        ("https://host/a@b?monkey=1", "https://host/a@b?monkey=1"),
        ("/out/user:secret@x.csv", "/out/user:secret@x.csv"),
    ],
)
def test_secrets_are_hidden(address: str, shown: str) -> None:
    """Passwords, lone user names and secrets in the query are three stars; the rest is as it was."""
    assert masked(address) == shown
    assert masked(shown) == shown


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_no_password_is_shown(password: str, token: str) -> None:
    """Whatever a password or a token holds, a second reader of the shown address (urllib) finds none of it."""
    address = f"https://user:{quote(password, safe='')}@host/x?token={quote(token, safe='')}"

    parts = urlsplit(masked(address))

    assert parts.password == "***"
    assert dict(parse_qsl(parts.query))["token"] == "***"
    assert unmasked(masked(address), address) == address


def test_stars_without_an_address_before() -> None:
    """Stars in the place of a secret stand for nothing that is not known."""
    with pytest.raises(InvalidError, match="secret"):
        unmasked("https://user:***@host/x", None)
    assert unmasked("https://host/x", None) == "https://host/x"
