"""Which form of an answer a client wants: `Accept` (RFC 9110, section 12.5.1) or the query parameter `format`."""

from __future__ import annotations

from enum import StrEnum

from vedette.errors import InvalidError, UnsupportedError


class NotAcceptableError(UnsupportedError):
    """The answer has no form that the header Accept takes: status 406 (RFC 9110, section 15.5.7)."""


class Form(StrEnum):
    """What an answer can be."""

    JSON = "json"
    JPEG = "jpeg"
    PNG = "png"
    NDJSON = "ndjson"


_MEDIA = {
    "application/json": Form.JSON,
    "image/jpeg": Form.JPEG,
    "image/png": Form.PNG,
    "application/x-ndjson": Form.NDJSON,
    "application/ndjson": Form.NDJSON,
    "application/jsonl": Form.NDJSON,
}
MEDIA_OF = {
    Form.JSON: "application/json",
    Form.JPEG: "image/jpeg",
    Form.PNG: "image/png",
    Form.NDJSON: "application/x-ndjson",
}
_RANGES = {"*/*": Form.JSON, "application/*": Form.JSON, "image/*": Form.JPEG}


def wanted_form(accept: str | None, asked: str | None = None) -> Form:
    """The form that is wanted most; JSON where any will do. `asked` is the query parameter, which goes first.

    Raises:
        InvalidError: no such `format`.
        NotAcceptableError: nothing that is accepted can be given.
    """
    if asked is not None:
        try:
            return Form(asked.lower())
        except ValueError:
            raise InvalidError(f"format {asked[:40]!r} is not known", help=f"take {', '.join(Form)}") from None
    if accept is None or accept in ("*/*", "application/json"):
        return Form.JSON
    best, form = 0.0, None
    for part in accept.split(","):
        media, *parameters = (word.strip().lower() for word in part.split(";"))
        found = _MEDIA.get(media) or _RANGES.get(media)
        quality = _quality(parameters)
        if found is not None and quality > best:
            best, form = quality, found
    if form is None:
        raise NotAcceptableError(
            f"nothing of what is accepted can be given: {accept[:80]}", help=f"accept {_offered()}"
        )
    return form


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _offered() -> str:
    return ", ".join(MEDIA_OF.values())
