"""The images that a profile is measured with, as files that its devices read.

nothing named: crops of the shipped photos, of each size     named: as they are, or resized to each size
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from vedette.adapters.sources.inputs import parse_inputs
from vedette.errors import InvalidError, VedetteError
from vedette.rules.vision.decode import decode
from vedette.rules.vision.encode import encode_jpeg
from vedette.rules.vision.header import read_header
from vedette.rules.vision.resize import resize
from vedette.values.frame import Frame, Reject, Size
from vedette.values.manifest import ResizeType
from vedette.wiring.bench_images import CROPS, PHOTO
from vedette.wiring.instances import seeded_crops

MOST_PIXELS = 100_000_000
"""Of all crops of one size: a device holds their files in its memory, and large images are alike in time."""

_FEWEST_CROPS = 8


@contextmanager
def image_files(
    names: Sequence[str], sizes: Sequence[Size], seed: int
) -> Iterator[Mapping[Size | None, tuple[str, ...]]]:
    """Files by the size under which they are profiled; those that are made are gone afterwards.

    Args:
        names: files, folders, patterns; empty: crops of the shipped photos, 500x375 unless sizes are asked for.
        sizes: that are asked for; empty: the images as they come.
        seed: of the crops.

    Raises:
        InvalidError: no image can be read.
    """
    images = _read(names) if names else ()
    with TemporaryDirectory(prefix="vedette-profile-") as scratch:
        folder = Path(scratch)
        if sizes:
            yield {size: _written(folder, str(size), _of_size(images, size, seed)) for size in sizes}
        else:
            yield {None: _written(folder, "as-they-come", images or seeded_crops(CROPS, PHOTO, seed))}


def _of_size(images: Sequence[bytes], size: Size, seed: int) -> Sequence[bytes]:
    count = max(_FEWEST_CROPS, min(CROPS, MOST_PIXELS // size.pixels))
    if not images:
        return seeded_crops(count, size, seed)
    return [encode_jpeg(resize(decode(image).pixels, size, ResizeType.STANDARD)) for image in images[:count]]


def _read(names: Sequence[str]) -> tuple[bytes, ...]:
    """The encoded bytes of every image whose header can be read."""
    images: list[bytes] = []
    problem: str | None = None
    for frame in parse_inputs(names).frames():
        try:
            images.append(_encoded(frame))
        except VedetteError as error:
            problem = problem or f"{frame.source}: {error.message}"
    if not images:
        told = ", ".join(names)
        raise InvalidError(
            f"no image can be profiled with: {problem or f'{told} holds none'}",
            help="name others with --images, or leave it out for crops of the shipped photos",
        )
    return tuple(images)


def _encoded(frame: Frame | Reject) -> bytes:
    if isinstance(frame, Reject):
        raise InvalidError(frame.message, help=frame.help)
    if not isinstance(frame.payload, bytes | memoryview):
        return encode_jpeg(frame.payload)
    data = bytes(frame.payload)
    read_header(data)
    return data


def _written(folder: Path, name: str, images: Sequence[bytes]) -> tuple[str, ...]:
    inside = folder / name
    inside.mkdir()
    files = [inside / f"{number:04}" for number in range(len(images))]
    for file, image in zip(files, images, strict=True):
        file.write_bytes(image)
    return tuple(map(str, files))
