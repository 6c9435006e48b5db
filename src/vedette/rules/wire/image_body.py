"""An encoded image as the body of an HTTP request: raw, as a file in a form, or as base64 in a JSON template."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass

from vedette.errors import UsageError

PLACE = "{{image}}"
"""Stands for the image in base64 in a template."""

UNKNOWN_TYPE = "application/octet-stream"

_TYPES = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"II\*\0|MM\0\*"), "image/tiff"),
    (re.compile(rb"BM"), "image/bmp"),
    (re.compile(rb"P[1-6]\s"), "image/x-portable-anymap"),
    (re.compile(rb"\0\0\0\x0cjP  \r\n\x87\n"), "image/jp2"),
)


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request and its `Content-Type`."""

    data: bytes
    content_type: str


def content_type(image: bytes) -> str:
    """The media type that the first bytes tell (RFC 6838 names); `application/octet-stream` where they tell none."""
    return next((name for pattern, name in _TYPES if pattern.match(image)), UNKNOWN_TYPE)


def raw(image: bytes) -> Body:
    """The image as it is."""
    return Body(image, content_type(image))


def multipart(image: bytes, field: str) -> Body:
    """The image as a file in a form (RFC 7578); the boundary follows from the bytes: equal images give equal bodies."""
    boundary = hashlib.blake2b(image, digest_size=16).hexdigest()
    kind = content_type(image)
    suffix = "bin" if kind == UNKNOWN_TYPE else kind.rpartition("/")[2].rpartition("-")[2]
    name = field.replace("%", "%25").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{name}"; filename="image.{suffix}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return Body(
        b"".join((head.encode(), image, f"\r\n--{boundary}--\r\n".encode())),
        f"multipart/form-data; boundary={boundary}",
    )


@dataclass(frozen=True, slots=True)
class Template:
    """A JSON body with places for the image; made by `parse_template`."""

    parts: tuple[bytes, ...]

    def fill(self, image: bytes) -> Body:
        """The body for one image."""
        return Body(b64encode(image).join(self.parts), "application/json")


def parse_template(text: str) -> Template:
    """A template out of the text of its file.

    Raises:
        UsageError: it has no place for the image, or is no JSON once the image is in it.
    """
    parts = text.split(PLACE)
    if len(parts) == 1:
        raise UsageError(
            f"the template has no {PLACE}", help=f'write it where the image belongs: {{"image": "{PLACE}"}}'
        )
    try:
        json.loads("AAAA".join(parts))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"the template is no JSON once the image is in it: {error}", help=f'put quotes around it: "{PLACE}"'
        ) from None
    return Template(tuple(part.encode() for part in parts))
