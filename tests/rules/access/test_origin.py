"""Requests that pages of other sites send to a local server."""

from __future__ import annotations

import pytest

from vedette.errors import ForbiddenError
from vedette.rules.access.origin import demand_own_page


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", None),
        ("localhost:8000", "http://localhost:8000"),
        ("LOCALHOST", "http://localhost"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("vedette.localhost", None),
        (None, None),
    ],
)
def test_the_own_page_and_programs_pass(host, origin):
    """Programs send no Origin, the page of the server sends its own."""
    demand_own_page(host, origin)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8000", "https://evil.example"),
        ("127.0.0.1:8000", "null"),
        ("127.0.0.1:8000", "http://127.0.0.1:9000"),
        ("127.0.0.1:8000", "http://[broken"),
        ("evil.example:8000", "http://evil.example:8000"),
        ("evil.example:8000", None),
        ("127.0.0.1.evil.example", None),
        ("192.168.0.7:8000", None),
        ("", None),
        (None, "https://evil.example"),
    ],
)
def test_other_pages_and_names_pointed_here_are_refused(host, origin):
    """A foreign Origin, and a foreign name that was made to lead to loopback (DNS rebinding), are refused."""
    with pytest.raises(ForbiddenError):
        demand_own_page(host, origin)
