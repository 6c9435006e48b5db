"""HTML documents of our own: one file each, with style and scripts inside, under a policy that runs nothing else.

    page.html + page.css + *.js -> one document -> 200, or 304 where the browser has it, or 401 where it needs a key

A browser cannot send a key when it opens a page. So the document is the same for every installation, holds nothing of
this one, and is also the body of the 401: its script asks for the key and sends it with each request it makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from vedette.adapters.http.app import Guard
from vedette.errors import UnauthenticatedError
from vedette.values.serving import Right

_STATIC = Path(__file__).parent / "static"
_KEY_HEADERS = ("authorization", "x-api-key")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "private, no-cache",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a document may do beside running its own style and script (Content-Security-Policy, level 3).

    Each is the rest of a source list: of scripts, styles, images and fonts.
    """

    scripts: str = ""
    styles: str = ""
    images: str = "data: blob:"

    def written(self, style: str, script: str) -> str:
        """The header, with the two named by their hashes."""
        parts = (
            "default-src 'none'",
            f"script-src {_hashed(script)} {self.scripts}",
            f"style-src {_hashed(style)} {self.styles}",
            f"img-src {self.images}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
        return "; ".join(part.strip() for part in parts)


class Shell:
    """One document of the package; it is read at its first request."""

    def __init__(self, html: str, style: str, scripts: Sequence[str], policy: Policy) -> None:
        self._files = html, style, tuple(scripts)
        self._policy = policy
        self._made: tuple[bytes, dict[str, str]] | None = None

    def respond(self, request: Request, guard: Guard) -> Response:
        """The document; its status is 401 where a key is needed and was not sent.

        Raises:
            ForbiddenError: the key that was sent has no right to inference.
            OverloadedError: it asks too often.
        """
        if self._made is None:
            self._made = self._make()
        content, headers = self._made
        sent = {name: request.headers[name] for name in _KEY_HEADERS if name in request.headers}
        try:  # where the request comes from was judged already: a link of another page may lead here
            guard.check(sent, request.client.host if request.client else "", Right.INFER)
        except UnauthenticatedError:
            headers = _HEADERS | headers | {"www-authenticate": "Bearer", "cache-control": "no-store"}
            return Response(content, 401, headers, "text/html")
        return fresh(request, content, "text/html", headers)

    def _make(self) -> tuple[bytes, dict[str, str]]:
        html, style, scripts = self._files
        css, script = _read(style), "".join(map(_read, scripts))
        content = _read(html).replace("/* style */", css).replace("/* script */", script).encode()
        return content, {"content-security-policy": self._policy.written(css, script)}


def fresh(request: Request, content: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """A response that browsers keep: 304 where theirs is the same (RFC 9110, section 13.1.2)."""
    from hashlib import sha256  # here and below: the first answer of a server does without

    tag = f'"{sha256(content).hexdigest()[:32]}"'
    sent = _HEADERS | (headers or {}) | {"etag": tag}
    had = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in had or "*" in had:
        return Response(status_code=304, headers=sent)
    return Response(content, 200, sent, media_type)


def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _hashed(text: str) -> str:
    from base64 import b64encode
    from hashlib import sha256

    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
