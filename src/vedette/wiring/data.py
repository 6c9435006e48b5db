"""The commands `vedette data`: image folders joined with the rules that draw, resize and summarise.

sample: find -> draw in the seed's order until N can be read -> copy the bytes -> manifest
resize: find -> decode, resize, encode (a thread a core)     -> write          -> manifest
stats:  find -> read the headers                             -> summary, and what could not be read
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vedette.adapters.datasets import folder as folders
from vedette.adapters.datasets.folder import Claim, Entry, Source
from vedette.adapters.probes.host import probe_host
from vedette.errors import InvalidError, VedetteError
from vedette.rules.dataset.dimensions import ImageFacts, Summary, summarise
from vedette.rules.dataset.sampling import draw_order, flat_names
from vedette.rules.threads import usable_cores
from vedette.rules.vision.decode import decode
from vedette.rules.vision.encode import encode_jpeg, encode_png
from vedette.rules.vision.header import Header, read_header
from vedette.rules.vision.resize import resize as resize_pixels
from vedette.values.frame import Reject, Size
from vedette.values.manifest import ResizeType

_JPEG_START = b"\xff\xd8\xff"
_HEADER_BYTES = 1 << 18
"""Holds the header of nearly every JPEG; the rare other one is read whole."""


class ImageFormat(StrEnum):
    """What a resized image is saved as."""

    JPG = "jpg"
    PNG = "png"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How each image of a resized set is made; `quality` counts for JPEG only."""

    size: Size
    mode: ResizeType
    quality: int
    image_format: ImageFormat


@dataclass(frozen=True, slots=True)
class Made:
    """A set that was written: its folder, images and figure, and the sources that gave none."""

    output: Path
    entries: tuple[Entry, ...]
    rejected: tuple[Reject, ...]
    document: dict[str, Any]


def sample(inputs: Sequence[str], *, count: int, seed: int, output: Path, force: bool) -> Made:
    """Copy `count` images, drawn by the seed without replacement, to a folder.

    Raises:
        InvalidError: there are fewer images, or fewer that can be read, than `count`.
    """
    sources = folders.find_images(inputs, outside=output)
    chosen, rejected = _draw(sources, count, seed)
    names = flat_names([source.name for source in chosen])
    claimed = folders.claim(output, names, force=force)
    entries = tuple(_copy(output, source, name) for source, name in zip(chosen, names, strict=True))
    parameters = {"inputs": list(inputs), "count": count, "seed": seed, "found": len(sources)}
    return sealed(claimed, "sample", parameters, entries, rejected)


def resize(inputs: Sequence[str], recipe: Recipe, *, output: Path, force: bool) -> Made:
    """Write every image at another size to a folder; what cannot be decoded is told and left out."""
    sources = folders.find_images(inputs, outside=output)
    names = flat_names([source.name for source in sources], f".{recipe.image_format}")
    claimed = folders.claim(output, names, force=force)
    with ThreadPoolExecutor(usable_cores(probe_host())) as pool:
        results = tuple(pool.map(partial(_resized, output, recipe), sources, names))
    entries = tuple(result for result in results if isinstance(result, Entry))
    rejected = tuple(result for result in results if isinstance(result, Reject))
    parameters = {
        "inputs": list(inputs),
        "size": str(recipe.size),
        "mode": recipe.mode,
        "quality": recipe.quality if recipe.image_format is ImageFormat.JPG else None,
        "image_format": recipe.image_format,
    }
    return sealed(claimed, "resize", parameters, entries, rejected)


def stats(inputs: Sequence[str]) -> tuple[Summary | None, tuple[Reject, ...]]:
    """Summarise the headers of all images; None if none could be read."""
    facts, rejected = [], []
    for source in folders.find_images(inputs):
        try:
            header = header_of(source.path)
            facts.append(ImageFacts(header.format, header.size, folders.size_bytes(source.path)))
        except VedetteError as error:
            rejected.append(reject_of(source, error))
    return summarise(facts) if facts else None, tuple(rejected)


def _draw(sources: Sequence[Source], count: int, seed: int) -> tuple[list[Source], tuple[Reject, ...]]:
    """The first `count` readable images in the seed's order, sorted by name, and the unreadable ones before them."""
    chosen: list[Source] = []
    rejected: list[Reject] = []
    order: Iterator[int] = draw_order([source.name for source in sources], seed) if count <= len(sources) else iter(())
    for index in order:
        try:
            header_of(sources[index].path)
            chosen.append(sources[index])
        except VedetteError as error:
            rejected.append(reject_of(sources[index], error))
        if len(chosen) == count:
            return sorted(chosen, key=lambda source: source.name), tuple(rejected)
    unreadable = f", {len(rejected)} of them unreadable" if rejected else ""
    raise InvalidError(
        f"{count} images were asked for, {len(sources)} are there{unreadable}",
        help=f"ask for --count {max(1, len(sources) - len(rejected))} or less, or name more INPUT",
    )


def header_of(path: Path) -> Header:
    """What an image file says of itself, from as few of its bytes as give it."""
    start = folders.read(path, _HEADER_BYTES)
    whole = len(start) < _HEADER_BYTES
    if not whole and start.startswith(_JPEG_START):
        try:
            return read_header(start)
        except InvalidError:
            pass  # a header longer than what was read
    return read_header(start if whole else folders.read(path))


def _copy(output: Path, source: Source, name: str) -> Entry:
    data = folders.read(source.path)
    size = read_header(data).size
    folders.write(output, name, data)
    digest = sha256(data).hexdigest()
    return Entry(name, source.name, digest, digest, size.width, size.height)


def _resized(output: Path, recipe: Recipe, source: Source, name: str) -> Entry | Reject:
    try:
        data = folders.read(source.path)
        pixels = resize_pixels(decode(data).pixels, recipe.size, recipe.mode)
    except VedetteError as error:
        return reject_of(source, error)
    made = encode_png(pixels) if recipe.image_format is ImageFormat.PNG else encode_jpeg(pixels, recipe.quality)
    folders.write(output, name, made)
    digests = sha256(made).hexdigest(), sha256(data).hexdigest()
    return Entry(name, source.name, *digests, recipe.size.width, recipe.size.height)


def reject_of(source: Source, error: VedetteError) -> Reject:
    """A source that gave no image, and why."""
    return Reject(source.name, error.kind, error.message, error.help)


def sealed(
    claimed: Claim,
    command: str,
    parameters: dict[str, Any],
    entries: tuple[Entry, ...],
    rejected: tuple[Reject, ...],
    beside: Sequence[str] = (),
) -> Made:
    """Write the manifest of a whole set; `beside` names its files that are no images."""
    document = {
        "command": command,
        "vedette": version("vedette"),
        "parameters": parameters,
        "set_sha256": folders.set_digest(entries),
        "images": [asdict(entry) for entry in entries],
        "beside": [{"file": name} for name in beside],
        "rejected": [asdict(reject) for reject in rejected],
    }
    folders.seal(claimed, document)
    return Made(claimed.folder, entries, rejected, document)
