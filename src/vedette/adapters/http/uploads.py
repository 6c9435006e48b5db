"""How the body of a request becomes images: raw bytes, files in a form, or an address to fetch.

image/*, application/octet-stream, none    the body is one encoded image
multipart/form-data                        each file is one
application/json                           {"url": "https://..."}: fetched, if the operator allows it
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vedette.adapters.http.form import files_of
from vedette.adapters.http.strict_json import read_json
from vedette.errors import InvalidError
from vedette.values.frame import Frame
from vedette.values.serving import Limits

_SHOWN = 200


class Fetch(Protocol):
    """Fetches what the operator allows; blocks."""

    def __call__(self, url: str) -> tuple[str, bytes]:
        """How an address is shown, without its login, and the bytes that are there.

        Raises:
            ForbiddenError: the operator does not allow it.
            VedetteError: it cannot be had.
        """


@dataclass(frozen=True, slots=True)
class Uploads:
    """Makes frames of bodies."""

    fetch: Fetch
    limits: Limits

    async def frames(self, body: bytes, content_type: str) -> tuple[Frame, ...]:
        """The images of one request.

        Raises:
            InvalidError: there is none, or the form or JSON is not well formed.
            TooLargeError: there are too many.
            ForbiddenError: an address that the operator does not allow.
        """
        media = content_type.partition(";")[0].strip().lower()
        if media == "multipart/form-data":
            files = files_of(body, content_type, self.limits.images)
            return tuple(Frame(_shown(file.filename) or "file", _filled(file.data)) for file in files)
        if media == "application/json":
            url = url_of(read_json(body, self.limits.json_depth))
            name, data = await asyncio.get_running_loop().run_in_executor(None, self.fetch, url)
            return (Frame(name, _filled(data)),)
        return (Frame("body", _filled(body)),)


def url_of(value: Any) -> str:
    """The address in `{"url": "..."}`.

    Raises:
        InvalidError: the JSON is something else.
    """
    if isinstance(value, Mapping) and set(value) == {"url"} and isinstance(value["url"], str) and value["url"]:
        return str(value["url"])
    raise InvalidError('the JSON is not {"url": "https://..."}', help="send that, or the bytes of the image itself")


def _filled(data: bytes) -> bytes:
    if not data:
        raise InvalidError("the image is empty", help="send its bytes: curl --data-binary @photo.jpg URL")
    return data


def _shown(name: str) -> str:
    """A file name as the client says it, printable and short: it is shown, never opened."""
    return "".join(character for character in name if character.isprintable())[:_SHOWN]
