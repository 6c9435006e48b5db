"""Decoding, against Pillow."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from vedette.errors import InvalidError, TooLargeError, VedetteError
from vedette.rules.vision.decode import JPEG_SHRINKS, Decoded, decode
from vedette.rules.vision.header import PIXEL_LIMIT, Header, read_header
from vedette.values.frame import Pixels, Size, size_of

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "JPEG2000", "PPM"]
SIZE = (91, 60)


@pytest.fixture(scope="module")
def cat() -> Image.Image:
    """A small photo with an odd width."""
    folder = Path(__file__).parents[3] / "src/vedette/photos"
    return Image.open(folder / "chelsea.jpg").convert("RGB").resize(SIZE)


def encoded(image: Image.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def seen_by_pillow(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def difference(one: Pixels, other: Pixels) -> int:
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def outcome_of(data: bytes) -> Decoded | VedetteError:
    try:
        return decode(data)
    except VedetteError as error:
        return error


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG that announces far more pixels than its few bytes hold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg_bomb(cat: Image.Image, width: int, height: int) -> bytes:
    """A JPEG whose frame header announces other sides than were encoded."""
    data = bytearray(encoded(cat, "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


# Formats and modes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_decodes_to_the_pixels_that_pillow_sees(cat: Image.Image, name: str) -> None:
    """The same encoded bytes give the same pixels, to one step of 255."""
    data = encoded(cat, name)

    decoded = decode(data)

    assert decoded.size == Size(*SIZE)
    assert difference(decoded.pixels, seen_by_pillow(data)) <= 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_header_names_format_size_and_orientation(cat: Image.Image, name: str) -> None:
    """The format is in lower case, the size is width by height, and nothing said means upright."""
    assert read_header(encoded(cat, name)) == Header(name.lower(), Size(*SIZE), 1)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("wrap", [bytes, memoryview], ids=["bytes", "memoryview"])
def test_pixels_are_contiguous_rgb_bytes(cat: Image.Image, name: str, wrap: Any) -> None:
    """Whether bytes or a view come in, uint8 (height, width, 3) comes out."""
    pixels = decode(wrap(encoded(cat, name))).pixels

    assert (pixels.dtype, pixels.shape) == (np.uint8, (60, 91, 3))
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        *(("L", name) for name in FORMATS),
        *(("1", name) for name in ("PNG", "TIFF", "BMP", "GIF", "PPM")),
        *(("P", name) for name in ("PNG", "TIFF", "BMP", "GIF")),
    ],
)
def test_grey_and_palette_images_become_rgb(cat: Image.Image, mode: str, name: str) -> None:
    """One channel, one bit or a table of colours all decode as Pillow converts them."""
    data = encoded(cat.convert(mode), name)

    assert difference(decode(data).pixels, seen_by_pillow(data)) <= 1


@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(cat: Image.Image, name: str) -> None:
    """The inks of print are converted, and Adobe's inverted ones are not taken at face value."""
    data = encoded(cat.convert("CMYK"), name)

    assert difference(decode(data).pixels, seen_by_pillow(data)) <= 2


@pytest.mark.parametrize("name", ["PNG", "WEBP", "BMP", "JPEG2000"])
def test_alpha_is_dropped(cat: Image.Image, name: str) -> None:
    """A picture that fades out keeps its colours: nothing is blended."""
    faded = cat.copy()
    faded.putalpha(Image.linear_gradient("L").resize(SIZE).point(lambda alpha: max(alpha, 1)))
    data = encoded(faded, name, **({"lossless": True, "exact": True} if name == "WEBP" else {}))

    assert difference(decode(data).pixels, seen_by_pillow(data)) <= 1


@pytest.mark.parametrize("name", ["PNG", "TIFF", "JPEG2000", "PPM"])
def test_16_bits_become_8(name: str) -> None:
    """The high byte of each number is kept, to one step."""
    wide = np.linspace(0, 65535, 91 * 60).astype(np.uint16).reshape(60, 91)

    pixels = decode(encoded(Image.fromarray(wide), name)).pixels

    assert np.abs(pixels.astype(int) - (wide >> 8).astype(int)[:, :, np.newaxis]).max() <= 1


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits", "jpeg"])
def test_a_tiff_decodes_however_it_is_compressed(cat: Image.Image, compression: str) -> None:
    """LZW, deflate, run lengths and JPEG inside a TIFF are read."""
    data = encoded(cat, "TIFF", compression=compression)

    assert difference(decode(data).pixels, seen_by_pillow(data)) <= 1


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"subsampling": 1}, {"quality": 5}])
def test_a_jpeg_decodes_however_it_was_made(cat: Image.Image, options: dict[str, Any]) -> None:
    """Progressive files, every chroma subsampling and low quality decode as Pillow does."""
    data = encoded(cat, "JPEG", **options)

    assert difference(decode(data).pixels, seen_by_pillow(data)) <= 1


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_gives_its_first_picture(cat: Image.Image, name: str) -> None:
    """Three pictures in a file decode as the first alone."""
    others = [ImageOps.invert(cat), ImageOps.mirror(cat)]
    data = encoded(cat, name, save_all=True, append_images=others)

    assert difference(decode(data).pixels, seen_by_pillow(data)) <= 1


@pytest.mark.parametrize("name", FORMATS)
def test_one_pixel_is_an_image(name: str) -> None:
    """1x1 decodes in every format."""
    decoded = decode(encoded(Image.new("RGB", (1, 1), (200, 200, 200)), name))

    assert decoded.size == Size(1, 1)
    assert np.abs(decoded.pixels.astype(int) - 200).max() <= 3


# Orientation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_image_is_seen_as_it_was_taken(cat: Image.Image, name: str, orientation: int) -> None:
    """All eight EXIF orientations come out as Pillow's `exif_transpose` turns them, and the header has that size."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(cat, name, exif=exif)
    expected = seen_by_pillow(data)

    decoded = decode(data)

    assert read_header(data).size == decoded.size == size_of(expected)
    assert difference(decoded.pixels, expected) <= 1


@pytest.mark.parametrize("orientation", [0, 9, 65535])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_that_does_not_exist_is_upright(cat: Image.Image, name: str, orientation: int) -> None:
    """A wrong number turns nothing."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(cat, name, exif=exif)

    assert read_header(data) == Header(name.lower(), Size(*SIZE), 1)
    assert decode(data).pixels.shape == (60, 91, 3)


# Decoding at a shrink ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shrink", JPEG_SHRINKS)
@pytest.mark.parametrize("sides", [(1, 1), (3, 5), (7, 9), (16, 17), (91, 60), (451, 300), (1000, 1), (1, 1000)])
def test_a_shrunk_jpeg_has_the_sides_divided_and_rounded_up(shrink: int, sides: tuple[int, int]) -> None:
    """ceil(size / shrink) pixels a side, while the size told stays the original's."""
    decoded = decode(encoded(Image.new("RGB", sides), "JPEG"), shrink=shrink)

    assert decoded.size == Size(*sides)
    assert size_of(decoded.pixels) == Size(-(-sides[0] // shrink), -(-sides[1] // shrink))


@pytest.mark.parametrize("shrink", [2, 4, 8])
@pytest.mark.parametrize("name", ["chelsea.jpg", "astronaut.jpg", "coffee.jpg", "rocket.jpg"])
def test_a_shrunk_jpeg_looks_like_the_whole_one_reduced(photos: Path, name: str, shrink: int) -> None:
    """On whole blocks the mean difference to block averages of the full decode is below 2 of 255."""
    data = (photos / name).read_bytes()
    full, small = decode(data).pixels, decode(data, shrink=shrink).pixels
    rows, columns = full.shape[0] // shrink, full.shape[1] // shrink

    whole = full[: rows * shrink, : columns * shrink].astype(float)
    averages = whole.reshape(rows, shrink, columns, shrink, 3).mean((1, 3))

    assert np.abs(averages - small[:rows, :columns]).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_shrunk_jpeg_is_upright_too(photos: Path, orientation: int) -> None:
    """Turned and decoded at half the size, it looks like the whole one turned and halved."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.open(photos / "chelsea.jpg").resize((400, 240)), "JPEG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).reduce(2)

    decoded = decode(data, shrink=2)

    assert decoded.size == Size(expected.width * 2, expected.height * 2)
    assert np.abs(decoded.pixels.astype(float) - np.asarray(expected)).mean() < 2


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "JPEG"])
def test_other_formats_ignore_the_shrink(cat: Image.Image, name: str) -> None:
    """They come out at their full size."""
    assert decode(encoded(cat, name), shrink=8).pixels.shape == (60, 91, 3)


# Limits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_the_pixel_limit_is_the_last_size_that_is_read(cat: Image.Image, name: str) -> None:
    """As many pixels as the limit are read, one more is refused with size, limit and the way to raise it."""
    data, pixels = encoded(cat, name), SIZE[0] * SIZE[1]

    assert read_header(data, pixel_limit=pixels).size.pixels == pixels
    for read in (read_header, decode):
        with pytest.raises(TooLargeError, match=f"91x60 = {pixels} pixels, the limit is {pixels - 1}") as refused:
            read(data, pixel_limit=pixels - 1)
        assert "--max-pixels" in refused.value.help


def test_a_header_that_was_read_is_not_checked_again(cat: Image.Image) -> None:
    """Who has read the header has set the limit."""
    data = encoded(cat, "PNG")

    assert decode(data, header=read_header(data), pixel_limit=1).size == Size(*SIZE)


def test_a_png_bomb_is_refused_before_it_is_decoded() -> None:
    """50000x50000 pixels announced by a hundred bytes are too large."""
    with pytest.raises(TooLargeError):
        decode(png_bomb(50_000, 50_000))


def test_a_jpeg_bomb_is_refused_before_it_is_decoded(cat: Image.Image) -> None:
    """65000x65000 pixels announced by a small file are too large."""
    with pytest.raises(TooLargeError, match=f"65000x65000 = 4225000000 pixels, the limit is {PIXEL_LIMIT}"):
        decode(jpeg_bomb(cat, 65_000, 65_000))


@pytest.mark.parametrize("side", [10_001, 13_000, 20_000, 50_000])
def test_whatever_its_size_a_bomb_is_told_our_limit(side: int) -> None:
    """The message names the size and the limit of Vedette, not those of a library, and how to raise it."""
    with pytest.raises(TooLargeError, match=f"{side}x{side} = {side * side} pixels, the limit is {PIXEL_LIMIT}") as no:
        read_header(png_bomb(side, side))

    assert "--max-pixels" in no.value.help


@pytest.mark.parametrize("sides", [(10_000, 9_500), (13_000, 13_000), (20_000, 20_000)])
def test_a_raised_limit_is_the_only_one(sides: tuple[int, int]) -> None:
    """Who trusts an image reads its header at any size, without a warning of a library."""
    assert read_header(png_bomb(*sides), pixel_limit=10**9) == Header("png", Size(*sides), 1)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "BMP", "PPM"])
def test_a_header_is_read_without_the_pixels(cat: Image.Image, name: str) -> None:
    """Half a file has a whole header: nothing is decoded to read it."""
    data = encoded(cat, name)

    assert read_header(data[: len(data) // 2]) == Header(name.lower(), Size(*SIZE), 1)


# Bad input -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [read_header, decode])
@pytest.mark.parametrize("data", [b"", memoryview(b"")], ids=["bytes", "memoryview"])
def test_no_bytes_are_no_image(read: Any, data: Any) -> None:
    """An empty file is told as such."""
    with pytest.raises(InvalidError, match=r"empty \(0 bytes\)") as refused:
        read(data)

    assert refused.value.help


@pytest.mark.parametrize(
    "data",
    [b"This is a text and no picture.\n" * 9, b"<!DOCTYPE html><title>404</title>", bytes(1000), b"\0", b"\xff\xd8"],
)
def test_what_is_no_image_is_named_by_its_first_bytes(data: bytes) -> None:
    """A text called .jpg, an error page or zeros are refused with what they start with and what is read."""
    with pytest.raises(InvalidError, match="not an image of a format that is read: the first bytes are") as refused:
        decode(data)

    assert repr(data[:8]) in refused.value.message
    assert "JPEG" in refused.value.help


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_an_image_cut_short_is_invalid(cat: Image.Image, name: str, kept: float) -> None:
    """A part of a file is never taken for the whole."""
    data = encoded(cat, name)

    with pytest.raises(InvalidError) as refused:
        decode(data[: int(len(data) * kept)])

    assert refused.value.help


@pytest.mark.parametrize("length", [3, 4, 10, 100])
def test_the_start_of_a_jpeg_is_a_damaged_header(cat: Image.Image, length: int) -> None:
    """The first bytes tell a JPEG, the rest is missing."""
    with pytest.raises(InvalidError, match="JPEG header is damaged"):
        decode(encoded(cat, "JPEG")[:length])


@pytest.mark.parametrize("name", FORMATS)
def test_flipped_bytes_give_pixels_or_a_reason(cat: Image.Image, name: str) -> None:
    """Five bytes inverted in the middle, fifty times: the announced size or an error of ours."""
    generator = np.random.default_rng(7)
    data = np.frombuffer(encoded(cat, name), np.uint8)

    for _ in range(50):
        damaged = data.copy()
        damaged[generator.integers(len(data) // 4, len(data), 5)] ^= 255
        outcome = outcome_of(damaged.tobytes())
        assert outcome.help if isinstance(outcome, VedetteError) else size_of(outcome.pixels) == outcome.size


@pytest.mark.parametrize("trailing", [1, 64, 100, 5000])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_bytes_after_the_image_are_ignored(cat: Image.Image, name: str, trailing: int) -> None:
    """A whole image with something behind it, as cameras and screenshots leave it, is a whole image."""
    data = encoded(cat, name)

    assert (decode(data + b"x" * trailing).pixels == decode(data).pixels).all()


@pytest.mark.parametrize("name", ["ICO", "PCX"])
def test_a_whole_image_in_a_foreign_format_is_not_called_damaged(cat: Image.Image, name: str) -> None:
    """The error lists the formats that are read."""
    with pytest.raises(InvalidError, match="not an image of a format that is read") as refused:
        decode(encoded(cat, name))

    assert "JPEG, PNG, WebP" in refused.value.help
