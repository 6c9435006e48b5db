"""How the body of a request becomes images: raw bytes, files in a form, or an address to fetch.

image/*, application/octet-stream, none    the body is one encoded image
multipart/form-data                        each file is one
application/json                           {"url": "https://..."}: fetched, if the operator allows it

All bytes that are held for a request are counted: those that it brings, and those that are fetched for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from vedette.adapters.http.body import Grow, read_body, read_small
from vedette.adapters.http.form import files_of
from vedette.adapters.http.strict_json import read_json
from vedette.errors import InvalidError
from vedette.values.frame import Frame
from vedette.values.serving import Limits

_SHOWN = 200
_JSON_HELP = 'send {"url": "https://..."}, or the bytes of the image itself'


class Fetch(Protocol):
    """Fetches what the operator allows."""

    async def __call__(self, url: str, until_ns: int | None) -> tuple[str, bytes]:
        """How an address is shown, without its secrets, and the bytes that are there.

        Args:
            url: the address.
            until_ns: instant of the clock after which nobody wants it; None: there is none.

        Raises:
            ForbiddenError: the operator does not allow it.
            OverloadedError: too many are being fetched.
            VedetteError: it cannot be had.
        """


@dataclass(frozen=True, slots=True)
class Uploads:
    """Makes frames of bodies."""

    fetch: Fetch
    limits: Limits

    async def frames(self, request: Request, grow: Grow, until_ns: int | None) -> list[Frame]:
        """The images of one request, in a list of the caller's own.

        Args:
            request: whose body was not read yet.
            grow: told of all bytes that come, with the request or fetched for it.
            until_ns: instant of the clock after which nobody wants the answer.

        Raises:
            InvalidError: there is none, or the form or JSON is not well formed.
            TooLargeError: they are too large, or too many.
            ForbiddenError: an address that the operator does not allow.
            VedetteError: as `read_body`, `grow` and `Fetch` raise.
        """
        content_type = request.headers.get("content-type", "")
        media = content_type.partition(";")[0].strip().lower()
        if media == "application/json":
            return [await self._fetched(await read_small(request, self.limits, _JSON_HELP, grow), grow, until_ns)]
        body = await read_body(request, self.limits, grow)
        if media == "multipart/form-data":
            files = files_of(body, content_type, self.limits.images)
            return [Frame(_shown(file.filename) or "file", _filled(file.data)) for file in files]
        if media == "application/x-www-form-urlencoded":
            _demand_unchanged(body)
        return [Frame("body", _filled(body))]

    async def _fetched(self, body: bytes, grow: Grow, until_ns: int | None) -> Frame:
        url = url_of(read_json(body, self.limits.json_depth))
        name, data = await self.fetch(url, until_ns)
        grow(len(data))
        return Frame(name, _filled(data))


def url_of(value: Any) -> str:
    """The address in `{"url": "..."}`.

    Raises:
        InvalidError: the JSON is something else.
    """
    if isinstance(value, Mapping) and set(value) == {"url"} and isinstance(value["url"], str) and value["url"]:
        return str(value["url"])
    raise InvalidError('the JSON is not {"url": "https://..."}', help=_JSON_HELP)


def _demand_unchanged(body: bytes) -> None:
    """Refuse what `curl -d @photo.jpg` sends: it takes all NUL, CR and LF out, of which every encoded image has some.

    Raises:
        InvalidError: none of them is there. With `--data-binary` curl says the same Content-Type, and changes nothing.
    """
    if body and not any(sign in body for sign in (b"\0", b"\r", b"\n")):
        raise InvalidError(
            "the body is a form's text, and no image",
            help="curl -d changes the bytes of a file: use --data-binary @photo.jpg; "
            "an address needs -H 'Content-Type: application/json'",
        )


def _filled(data: bytes) -> bytes:
    if not data:
        raise InvalidError("the image is empty", help="send its bytes: curl --data-binary @photo.jpg URL")
    return data


def _shown(name: str) -> str:
    """A file name as the client says it, printable and short: it is shown, never opened."""
    return "".join(character for character in name if character.isprintable())[:_SHOWN]
