"""The files in a multipart form (RFC 7578), out of a body that is in memory already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vedette.errors import InvalidError, TooLargeError

_HELP = "send it as curl does: curl -F file=@photo.jpg URL"


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file: the name of its field, its file name as the client says, and its bytes."""

    field: str
    filename: str
    data: bytes


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    start: int | None = None
    pieces: list[bytes] = field(default_factory=list)


def files_of(body: bytes, content_type: str, most: int) -> tuple[FilePart, ...]:
    """Every file of the form, in its order.

    Args:
        body: of the request.
        content_type: with the boundary.
        most: files at most.

    Raises:
        InvalidError: it is no form, or holds a field that is no file.
        TooLargeError: it holds more files.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidError("the form has no boundary in its Content-Type", help=_HELP)
    parts = _Parts(most)
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise InvalidError(f"this is no multipart form: {str(error)[:120]}", help=_HELP) from None
    if not parts.ended:
        raise InvalidError("the form is cut short: its last boundary is missing", help=_HELP)
    if not parts.found:
        raise InvalidError("the form holds no file", help=_HELP)
    return tuple(_file(part) for part in parts.found)


class _Parts:
    """What the parser tells, gathered."""

    def __init__(self, most: int) -> None:
        self.found: list[_Part] = []
        self.ended = False
        self._most = most

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.found) == self._most:
            raise TooLargeError(
                f"the form holds more than {self._most} files",
                help="send fewer at a time, or let the operator raise limits.images",
            )
        self.found.append(_Part())

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self.found[-1].name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self.found[-1].value += data[start:end]

    def _header_end(self) -> None:
        part = self.found[-1]
        part.headers[part.name.decode("latin-1").lower()] = bytes(part.value)
        part.name.clear()
        part.value.clear()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.found[-1].pieces.append(data[start:end])

    def _end(self) -> None:
        self.ended = True


def _file(part: _Part) -> FilePart:
    from python_multipart.multipart import parse_options_header

    _, options = parse_options_header(part.headers.get("content-disposition", b""))
    name = options.get(b"name", b"").decode("utf-8", "replace")
    filename = options.get(b"filename")
    if filename is None:
        raise InvalidError(f"the field {name[:40]!r} of the form is no file", help=_HELP)
    return FilePart(name, filename.decode("utf-8", "replace"), b"".join(part.pieces))
