"""How addresses are shown."""

from __future__ import annotations

import pytest

from vedette.rules.access.masked import masked


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
