"""The page at `/`: try an image, see the answer and its times, and how models and pipelines are.

It is one document without a framework (see `shell`), and its script uses the same endpoints as every other client. It
knows no service: with keys in force it answers 401 with the document itself, which asks for the key. The key stays in
the session storage of the browser's tab.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from vedette.adapters.http.app import Guard
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.shell import Policy, Shell

_SCRIPTS = ("requests.js", "answers.js", "state.js", "page.js")


class PageEndpoints:
    """The endpoint of the page; `guard` is the server's own."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._shell = Shell("page.html", "page.css", _SCRIPTS, Policy())

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Its row of the table. No right is asked for there: the handler asks, and answers 401 in HTML."""
        return (Endpoint(("GET",), "/", None, self._page, "The page for browsers", html_operation("page")),)

    async def _page(self, request: Request) -> Response:
        return self._shell.respond(request, self._guard)


def html_operation(name: str) -> dict[str, object]:
    """The OpenAPI operation of an HTML document."""
    content = {"text/html": {"schema": {"type": "string"}}}
    return {
        "tags": ["pages"],
        "operationId": name,
        "responses": {
            "200": {"description": "The document.", "content": content},
            "304": {"description": "The one that the browser has is the same."},
            "401": {"description": "The same document, which asks for the key.", "content": content},
            "4XX": {"description": "The request cannot be served."},
            "503": {"description": "The key asks more often than its rate."},
        },
    }
