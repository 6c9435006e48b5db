"""An image as the body of a request."""

from __future__ import annotations

import base64
import json
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import UsageError
from vedette.rules.wire.image_body import UNKNOWN_TYPE, content_type, multipart, parse_template, raw


def test_photos_are_jpegs(photos: Path) -> None:
    """A raw body is the bytes of the file."""
    image = (photos / "coffee.jpg").read_bytes()

    assert (raw(image).data, raw(image).content_type) == (image, "image/jpeg")


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        (".png", "image/png"),
        (".webp", "image/webp"),
        (".bmp", "image/bmp"),
        (".tiff", "image/tiff"),
        (".ppm", "image/x-portable-anymap"),
        (".gif", "image/gif"),
    ],
)
def test_the_first_bytes_tell_the_type(suffix: str, expected: str) -> None:
    """Of files that OpenCV wrote."""
    _, encoded = cv2.imencode(suffix, np.zeros((8, 8, 3), np.uint8))

    assert content_type(encoded.tobytes()) == expected


def test_jpeg_2000_is_told_by_its_signature_box() -> None:
    """The first box of ISO/IEC 15444-1, annex I."""
    assert content_type(bytes.fromhex("0000000c6a5020200d0a870a") + b"rest") == "image/jp2"


def test_other_bytes_have_no_type() -> None:
    """A server may still understand them."""
    assert content_type(b"") == content_type(b"hello") == UNKNOWN_TYPE


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=200))
def test_a_form_is_read_back_by_the_standard_library(image: bytes) -> None:
    """One part, with the name of the field, a file name and the very bytes."""
    body = multipart(image, "data")

    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + body.content_type.encode() + b"\r\n\r\n" + body.data
    )
    (part,) = message.iter_parts()
    assert part.get_param("name", header="content-disposition") == "data"
    assert part.get_filename().startswith("image.")
    start = body.data.index(b"\r\n\r\n") + 4
    assert body.data[start : start + len(image)] == image
    assert body.data[start + len(image) :].startswith(b"\r\n--")


def test_a_field_cannot_break_out_of_its_quotes() -> None:
    """Quotes and line ends are written as RFC 7578's users do."""
    assert b'name="a%22%0D%0Ab"' in multipart(b"x", 'a"\r\nb').data


def test_a_template_holds_the_image_in_base64() -> None:
    """At every place."""
    body = parse_template('{"instances": [{"b64": "{{image}}"}], "again": "x{{image}}"}').fill(b"\xff\xd8\xff")

    assert json.loads(body.data) == {"instances": [{"b64": "/9j/"}], "again": "x/9j/"}
    assert base64.b64decode("/9j/") == b"\xff\xd8\xff"
    assert body.content_type == "application/json"


@pytest.mark.parametrize("text", ["", '{"image": ""}', '{"image": {{image}}', '{"image": "{{image}}"', "[" * 100_000])
def test_a_template_that_cannot_be_is_refused(text: str) -> None:
    """No place, or no JSON."""
    with pytest.raises(UsageError):
        parse_template(text)
