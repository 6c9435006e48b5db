"""Requests that pages of other sites send to a local server."""

from __future__ import annotations

import pytest

from vedette.errors import ForbiddenError
from vedette.rules.access.origin import demand_own_page

VISIT = {"host": "127.0.0.1:8000", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


def sent(**headers: str | None) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items() if value is not None}


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
    demand_own_page(sent(host=host, origin=origin))


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
        demand_own_page(sent(host=host, origin=origin))


@pytest.mark.parametrize("document", [False, True])
@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_the_users_own_hand_and_the_own_page_pass(site: str, document: bool) -> None:  # noqa: FBT001
    """What is typed into the address bar, and what the server's own page asks for, is taken."""
    demand_own_page(sent(host="127.0.0.1:8000", sec_fetch_site=site, sec_fetch_mode="navigate"), document=document)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "new-word"])
def test_what_other_pages_ask_for_without_an_origin_is_refused(site: str) -> None:
    """Images, scripts, frames and links of other sites, and of other ports of this machine, send no Origin."""
    with pytest.raises(ForbiddenError):
        demand_own_page(sent(host="127.0.0.1:8000", sec_fetch_site=site, sec_fetch_mode="no-cors"), document=True)
    with pytest.raises(ForbiddenError):
        demand_own_page(sent(sec_fetch_site=site, **VISIT))


def test_links_of_other_pages_may_lead_to_documents_only() -> None:
    """Somebody who follows a link to the page sees it in a tab; in a frame of the other page it is refused."""
    demand_own_page(sent(sec_fetch_site="cross-site", **VISIT), document=True)

    with pytest.raises(ForbiddenError):
        demand_own_page(sent(sec_fetch_site="cross-site", **VISIT | {"sec_fetch_dest": "iframe"}), document=True)
