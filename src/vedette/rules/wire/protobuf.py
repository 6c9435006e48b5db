"""How many fields a message of protocol buffers has, before it is parsed.

Two bytes of an empty inner message become a hundred bytes of memory when they are parsed: a message within the limit of
its size could still be parsed into gigabytes. Its fields can be counted without parsing it. Wire format:
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Collection

from vedette.errors import InvalidError, TooLargeError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10


def check_fields(message: bytes, limit: int, nested: Collection[int] = ()) -> None:
    """Count the fields of a message, and those of the inner messages in the fields with the numbers `nested`.

    Raises:
        TooLargeError: there are more than `limit`.
        InvalidError: this is no message of protocol buffers.
    """
    count = _counted(message, 0, len(message), 0, limit, nested)
    assert count <= limit


def _counted(message: bytes, at: int, end: int, count: int, limit: int, nested: Collection[int]) -> int:
    while at < end:
        count += 1
        if count > limit:
            raise TooLargeError(f"the message has more than {limit} fields", help="send fewer tensors at a time")
        tag, at = _varint(message, at, end)
        kind = tag & 7
        if kind == _VARINT:
            _, at = _varint(message, at, end)
        elif kind == _BYTES:
            size, at = _varint(message, at, end)
            if size > end - at:
                raise _broken()
            if tag >> 3 in nested:
                count = _counted(message, at, at + size, count, limit, ())
            at += size
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise _broken()
    if at != end:
        raise _broken()
    return count


def _varint(message: bytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        if at >= end:
            raise _broken()
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            return value, at
    raise _broken()


def _broken() -> InvalidError:
    return InvalidError(
        "the message cannot be read: it is not of the type that the method takes",
        help="make it from the interface file grpc_service.proto",
    )
