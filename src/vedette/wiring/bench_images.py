"""The images that a trial sends: files, folders and addresses as they are, or crops of the shipped photos.

Every target is sent the same bytes; their hash is part of the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vedette.adapters.sources.inputs import parse_inputs
from vedette.errors import InvalidError, UsageError, VedetteError
from vedette.rules.vision.encode import encode_jpeg
from vedette.rules.vision.header import read_header
from vedette.values.frame import Frame, Reject, Size
from vedette.values.trial import SHIPPED_CROPS, Inputs
from vedette.values.workload import Load, LoadKind, Order
from vedette.wiring.instances import crops_of, seeded_crops

PHOTO = Size(500, 375)
"""Size of the crops that are sent where no images are named."""
CROPS = 100
SCENARIO_REQUESTS = 1000

_MEDIAN = (420.0, 375.0)
_SPREAD = 0.44
_SHORTEST, _LONGEST = 45, 2000


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is sent, its description, and what could not be read."""

    images: list[bytes]
    inputs: Inputs
    rejected: tuple[Reject, ...]


def choose_images(names: Sequence[str], load: Load, seed: int) -> Chosen:
    """The images of a trial.

    Args:
        names: files, folders, patterns, addresses; empty: crops of the shipped photos, cut and sized by the seed.
        load: scenarios say how many different images of which sizes are needed.
        seed: of the crops.

    Raises:
        InvalidError: no image can be read.
        UsageError: a scenario needs more, or other, images than there are.
    """
    images, sources, rejected = _read(names) if names else (_crops(load, seed), SHIPPED_CROPS, ())
    if not images:
        first = rejected[0] if rejected else None
        why = f"{first.source}: {first.message}" if first else f"{', '.join(names)} holds no image"
        raise InvalidError(f"no image can be sent: {why}", help="name others with --input")
    sizes = _sizes(images)
    _check(load, images, sizes)
    digest = hashlib.sha256(b"".join(hashlib.sha256(image).digest() for image in images)).hexdigest()
    different = tuple(sorted(set(sizes)))
    inputs = Inputs(sources, len(images), different, sum(map(len, images)), digest)
    return Chosen(images, inputs, rejected)


def _read(names: Sequence[str]) -> tuple[list[bytes], tuple[str, ...], tuple[Reject, ...]]:
    images: list[bytes] = []
    rejected: list[Reject] = []
    for frame in parse_inputs(names).frames():
        if isinstance(frame, Reject):
            rejected.append(frame)
            continue
        try:
            images.append(_encoded(frame))
        except VedetteError as error:
            rejected.append(Reject(frame.source, error.kind, error.message, error.help))
    return images, tuple(names), tuple(rejected)


def _encoded(frame: Frame) -> bytes:
    """The bytes of a frame: a file's as they are, once its header could be read; frames of a video as JPEG."""
    if isinstance(frame.payload, np.ndarray):
        return encode_jpeg(frame.payload)
    data = bytes(frame.payload)
    read_header(data)
    return data


def _crops(load: Load, seed: int) -> list[bytes]:
    count = _needed(load)
    if load.kind is not LoadKind.SCENARIO_4:
        return seeded_crops(count, PHOTO, seed)
    rng = np.random.default_rng(seed)
    factors = np.exp(rng.normal(0.0, _SPREAD, (count, 2)))
    sides = np.clip(np.rint(factors * _MEDIAN), _SHORTEST, _LONGEST).astype(int).tolist()
    return crops_of([Size(width, height) for width, height in sides], seed)


def _needed(load: Load) -> int:
    """How many different images a load is about."""
    if load.order is Order.SAME:
        return 1
    if load.kind in (LoadKind.SCENARIO_3, LoadKind.SCENARIO_4):
        return load.requests or SCENARIO_REQUESTS
    return CROPS


def _check(load: Load, images: Sequence[bytes], sizes: Sequence[tuple[int, int]]) -> None:
    if load.kind not in (LoadKind.SCENARIO_3, LoadKind.SCENARIO_4):
        return
    different, needed = len(set(images)), _needed(load)
    if different < needed:
        raise UsageError(
            f"{load.kind} sends {needed} different images, {different} were found",
            help=f"name more with --input, ask for --requests {different}, or leave --input out for crops of photos",
        )
    one_size = len(set(sizes[:needed])) == 1
    if load.kind is LoadKind.SCENARIO_3 and not one_size:
        raise UsageError(
            f"scenario-3 sends images of one size, {len(set(sizes))} sizes were found",
            help="make them one size with `vedette data resize`, or take scenario-4",
        )
    if load.kind is LoadKind.SCENARIO_4 and one_size:
        raise UsageError(
            f"scenario-4 sends images of different sizes, all are {sizes[0][0]}x{sizes[0][1]}",
            help="name images of different sizes, or take scenario-3",
        )


def _sizes(images: Sequence[bytes]) -> list[tuple[int, int]]:
    headers = [read_header(image) for image in images]
    return [(header.size.width, header.size.height) for header in headers]
