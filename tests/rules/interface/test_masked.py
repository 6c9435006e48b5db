"""What addresses mean that were shown without their secrets."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.rules.access.masked import masked
from vedette.rules.interface.masked import unmasked


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
