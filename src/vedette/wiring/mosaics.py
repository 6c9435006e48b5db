"""The command `vedette data mosaic`: photos joined with the rules that cut them and put them together.

find -> read the headers -> plan -> mosaic.json -> decode, scale, place, encode (a thread a core) -> manifest.json

mosaic.json is what the images are made of: seed, photos, place of each crop. manifest.json proves what was made.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from vedette.adapters.datasets import folder as folders
from vedette.adapters.datasets.folder import Entry, Source
from vedette.adapters.probes.host import probe_host
from vedette.errors import InvalidError, VedetteError
from vedette.rules.dataset.mosaic import Grid, Placement, geometry, paint, plan_mosaic
from vedette.rules.threads import usable_cores
from vedette.rules.vision.decode import JPEG_SHRINKS, decode
from vedette.rules.vision.encode import encode_jpeg
from vedette.rules.vision.resize import shrink_for
from vedette.values.frame import Pixels, Reject, Size
from vedette.values.tiling import Region
from vedette.wiring.data import Made, header_of, reject_of, sealed

MOSAIC = "mosaic.json"
SCHEMA = "vedette.mosaic/1"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a set of mosaics is made: how many, of which grid, share of tiles under spans (0..1), seed, JPEG quality."""

    images: int
    grid: Grid
    spans: float
    seed: int
    quality: int


@dataclass(frozen=True, slots=True)
class Photo:
    """What the crops of mosaics are cut out of: its file, and its size once upright."""

    source: Source
    size: Size


def make(inputs: Sequence[str], recipe: Recipe, *, output: Path, force: bool) -> Made:
    """Make images of many tiles out of crops of photos: `mosaic-0000.jpg` ..., and what they are made of.

    Only one image a core is in memory, however many there are. An image depends on seed, number and photos only.

    Args:
        inputs: photos; none takes those that Vedette ships.
        recipe: what to make.
        output: the folder.
        force: replace a set that is there.

    Raises:
        InvalidError: no photo can be read, one is damaged, or they are too small for the crops of one image.
    """
    photos, rejected = _photos(folders.find_images(inputs or shipped(), outside=output))
    sizes = [photo.size for photo in photos]
    plans = {
        f"mosaic-{number:04}.jpg": plan_mosaic(sizes, recipe.grid, spans=recipe.spans, seed=recipe.seed, number=number)
        for number in range(recipe.images)
    }
    parameters = _parameters(recipe)
    record = json.dumps({"schema": SCHEMA, **parameters, **_made_of(photos, plans)}, separators=(",", ":")).encode()
    claimed = folders.claim(output, [*plans, MOSAIC], force=force)
    folders.write(output, MOSAIC, record)
    with ThreadPoolExecutor(usable_cores(probe_host())) as pool:
        made = partial(_mosaic, output, recipe, photos, sha256(record).hexdigest())
        entries = tuple(pool.map(made, plans, plans.values()))
    return sealed(claimed, "mosaic", {"images": recipe.images, **parameters}, entries, rejected, beside=[MOSAIC])


def _photos(sources: Sequence[Source]) -> tuple[tuple[Photo, ...], tuple[Reject, ...]]:
    """The photos whose header can be read, and the others."""
    photos, rejected = [], []
    for source in sources:
        try:
            photos.append(Photo(source, header_of(source.path).size))
        except VedetteError as error:
            rejected.append(reject_of(source, error))
    if not photos:
        raise InvalidError(
            f"none of {len(rejected)} photos can be read: {rejected[0].source}: {rejected[0].message}",
            help=rejected[0].help,
        )
    return tuple(photos), tuple(rejected)


def _parameters(recipe: Recipe) -> dict[str, Any]:
    return {
        "seed": recipe.seed,
        "size": str(recipe.grid.size),
        "tile": str(recipe.grid.tile),
        "spans": recipe.spans,
        "quality": recipe.quality,
    }


def _made_of(photos: Sequence[Photo], plans: Mapping[str, Sequence[Placement]]) -> dict[str, Any]:
    """The photos that are used, and the crops of each image; `photo` is the place in the list of photos."""
    used = sorted({placement.photo for plan in plans.values() for placement in plan})
    place = {index: number for number, index in enumerate(used)}
    images = [{"file": name, "crops": [_crop(one, place[one.photo]) for one in plan]} for name, plan in plans.items()]
    return {"photos": [_described(photos[index]) for index in used], "images": images}


def _described(photo: Photo) -> dict[str, Any]:
    return {
        "source": photo.source.name,
        "sha256": sha256(folders.read(photo.source.path)).hexdigest(),
        "width": photo.size.width,
        "height": photo.size.height,
    }


def _crop(placement: Placement, photo: int) -> dict[str, Any]:
    """Rectangles are left, top, width and height, in pixels of the photo (`crop`) and of the image (`at`)."""
    return {
        "photo": photo,
        "crop": _rectangle(placement.crop),
        "at": _rectangle(placement.at),
        "mirrored": placement.mirrored,
    }


def _rectangle(region: Region) -> list[int]:
    return [region.left, region.top, region.size.width, region.size.height]


def _mosaic(
    output: Path, recipe: Recipe, photos: Sequence[Photo], plan_sha256: str, name: str, plan: Sequence[Placement]
) -> Entry:
    """Make one image; each of its photos is decoded once, and only one is in memory."""
    size = recipe.grid.size
    canvas = np.zeros((size.height, size.width, 3), np.uint8)
    parts: dict[int, list[Placement]] = defaultdict(list)
    for placement in plan:
        parts[placement.photo].append(placement)
    for index, placements in parts.items():
        photo = photos[index]
        shrink = min(shrink_for(geometry(placement, photo.size), JPEG_SHRINKS) for placement in placements)
        pixels = _decoded(photo.source, shrink)
        for placement in placements:
            paint(canvas, pixels, placement, photo.size)
    data = encode_jpeg(canvas, recipe.quality)
    folders.write(output, name, data)
    return Entry(name, MOSAIC, sha256(data).hexdigest(), plan_sha256, size.width, size.height)


def _decoded(source: Source, shrink: int) -> Pixels:
    try:
        return decode(folders.read(source.path), shrink=shrink).pixels
    except InvalidError as error:
        raise InvalidError(f"{source.path}: {error.message}", help="repair the photo, or leave it out") from error


def shipped() -> list[str]:
    """The folder of the photos that Vedette ships."""
    from vedette.wiring.instances import PHOTOS  # brings the pipeline, which image sets do not need

    return [str(PHOTOS)]
