"""Annotated pictures as outputs take them: JPEG, whatever the client asked for."""

from __future__ import annotations

_JPEG = b"\xff\xd8"


def as_jpeg(picture: bytes) -> bytes:
    """The picture as JPEG; one that is JPEG already as it is."""
    if picture.startswith(_JPEG):
        return picture
    from vedette.rules.vision.decode import decode
    from vedette.rules.vision.encode import encode_jpeg

    return encode_jpeg(decode(picture).pixels)
