"""`/docs`: Swagger UI over `/openapi.json`, without internet.

The files of Swagger UI (Apache-2.0) come with the Python package mkdocs-swagger-ui-tag, of which nothing is imported.
They are served behind the same key as everything else, so the document at `/docs` fetches them with the key and runs
them from memory (`blob:`); that needs no way in that is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response

from vedette.adapters.http.app import Guard
from vedette.adapters.http.documents import ERROR, path
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.page import html_operation
from vedette.adapters.http.shell import Policy, Shell, fresh
from vedette.errors import NotFoundError, UnavailableError
from vedette.values.serving import Right

_PACKAGE = "mkdocs_swagger_ui_tag"
ASSETS = {
    "swagger-ui-bundle.js": ("swagger-ui/javascripts/swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": ("swagger-ui/stylesheets/swagger-ui.css", "text/css"),
    "LICENSE": ("swagger-ui/LICENSE", "text/plain"),
    "NOTICE": ("swagger-ui/NOTICE", "text/plain"),
}
"""What is served of the package: name in the address, file in the package, media type. Nothing else is."""

_REFUSED = {"description": "The request cannot be served.", "content": {"application/json": {"schema": ERROR}}}


class DocsEndpoints:
    """The endpoints of the documentation.

    Args:
        guard: the server's own.
        table: gives all endpoints of the server, these among them; it is called at the first request.
        version: of Vedette.
        keys: callers need a key.
    """

    def __init__(self, guard: Guard, table: Callable[[], Sequence[Endpoint]], version: str, *, keys: bool) -> None:
        self._guard, self._table, self._version, self._keys = guard, table, version, keys
        self._shell = Shell("docs.html", "docs.css", ("requests.js", "docs.js"), Policy("blob:", "blob:"))
        self._document: bytes | None = None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Their rows of the table. `/docs` asks for the key in its handler, to answer 401 in HTML."""
        return (
            Endpoint(("GET",), "/docs", None, self._page, "This documentation", html_operation("docs")),
            Endpoint(("GET",), "/docs/{asset}", Right.INFER, self._asset, "Files of Swagger UI", _ASSET),
            Endpoint(("GET",), "/openapi.json", Right.INFER, self._openapi, "The OpenAPI document", _OPENAPI),
        )

    async def _page(self, request: Request) -> Response:
        return self._shell.respond(request, self._guard)

    async def _openapi(self, request: Request) -> Response:
        if self._document is None:
            from vedette.adapters.http.openapi import document  # the first answer of a server does without

            self._document = orjson.dumps(document(self._table(), self._version, keys=self._keys))
        return fresh(request, self._document, "application/json")

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["asset"]
        if name not in ASSETS:
            raise NotFoundError(f"there is no file {name[:80]!r} of Swagger UI", help=f"take {', '.join(ASSETS)}")
        file, media_type = ASSETS[name]
        return await asyncio.to_thread(lambda: fresh(request, (_folder() / file).read_bytes(), media_type))


def _folder() -> Path:
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise UnavailableError("Swagger UI is not installed", help="pip install mkdocs-swagger-ui-tag")
    return Path(found.origin).parent


def _operation(name: str, media: Sequence[str], schema: dict[str, str]) -> dict[str, object]:
    return {
        "tags": ["pages"],
        "operationId": name,
        "responses": {
            "200": {"description": "It.", "content": {one: {"schema": schema} for one in media}},
            "304": {"description": "The one that the browser has is the same."},
            "4XX": _REFUSED,
            "503": _REFUSED | {"description": "It is not there, or the key asks too often."},
        },
    }


_OPENAPI = _operation("openapi", ["application/json"], {"type": "object"})
_ASSET = _operation("docs_asset", sorted({media for _, media in ASSETS.values()}), {"type": "string"}) | {
    "parameters": [path("asset", f"One of {', '.join(ASSETS)}.", "swagger-ui.css")]
}
