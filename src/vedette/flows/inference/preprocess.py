"""From one frame to the rows that models take: decoded once, cut and resized for each. Runs in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.clock import Clock
from vedette.rules.vision.decode import JPEG_SHRINKS, Decoded, decode
from vedette.rules.vision.header import PIXEL_LIMIT, Header, check_pixels, read_header
from vedette.rules.vision.places import Place, make_row, part_of, places
from vedette.rules.vision.resize import shrink_for
from vedette.values.frame import Frame, Pixels, Size, size_of
from vedette.values.manifest import InputSpec, Interpolation
from vedette.values.tiling import Region, Tiling
from vedette.values.timeline import Span

Row = NDArray[np.uint8]
"""One row as a model's image plan takes it: uint8 (height, width, channels)."""

Decode = Callable[[bytes | memoryview, Header, int], Decoded]

RegionOf = Callable[[str], Region | None]
"""The region of interest of the images of a source, by its name; None: the whole image."""

Made = dict[tuple[Place, Interpolation, int, int], Row]
"""The rows of one image by all that decides their content."""

_KEPT_PIXELS = 2_000_000
"""A larger image is not kept in memory for its picture but decoded once more when it is drawn."""


def decode_at(data: bytes | memoryview, header: Header, shrink: int) -> Decoded:
    """Decode whatever the header announced, at the given shrink."""
    return decode(data, header=header, shrink=shrink)


def everywhere(source: str) -> Region | None:
    """No region of interest: all of every image."""
    del source
    return None


@dataclass(frozen=True, slots=True)
class Intake:
    """What one model takes of an image.

    Attributes:
        spec: its input.
        tiling: how the image is cut for it, if it is.
        own: its rows are made by other code, out of `Prepared.part`.
    """

    spec: InputSpec
    tiling: Tiling | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A decoded frame, out of which the rows of its models can be made.

    Attributes:
        size: of the original image.
        places: for each model, in their order, where its rows lie in the image.
        pixels: the whole image, when a picture of it is wanted and it is small enough to be kept.
        decode: when it was decoded.
    """

    size: Size
    places: tuple[tuple[Place, ...], ...]
    pixels: Pixels | None
    decode: Span
    _specs: tuple[InputSpec, ...]
    _decoded: Pixels
    _made: Made

    def row(self, model: int, number: int) -> Row:
        """Cut and resize one row; models with the same places share arrays."""
        place, spec = self.places[model][number], self._specs[model]
        if len(self.places) == 1:
            return make_row(self._decoded, place, spec)
        key = (place, spec.interpolation, spec.pad_value, spec.channels)
        row = self._made.get(key)
        if row is None:
            row = self._made[key] = make_row(self._decoded, place, spec)
        return row

    def spec(self, model: int) -> InputSpec:
        """The input of a model."""
        return self._specs[model]

    def part(self, model: int, number: int) -> Pixels:
        """The pixels that one row shows, read-only; in full size where the intake of the model says `own`."""
        pixels = part_of(self._decoded, self.places[model][number], self._specs[model]).view()
        pixels.setflags(write=False)
        return pixels


@dataclass(frozen=True, slots=True)
class Preprocess:
    """What must be made of every frame.

    Attributes:
        intakes: what the models take, in their order.
        keep_pixels: whether the whole image is needed later, for a picture.
        clock: for the spans.
        pixel_limit: larger images are refused before they are decoded.
        region_of: the region of interest of a source's images.
        decode: how bytes become pixels; called once a frame, however many models there are.
    """

    intakes: Sequence[Intake]
    keep_pixels: bool
    clock: Clock
    pixel_limit: int = PIXEL_LIMIT
    region_of: RegionOf = everywhere
    decode: Decode = decode_at

    def __call__(self, frame: Frame) -> Prepared:
        """Decode one frame and plan its rows.

        Raises:
            VedetteError: as `rules.vision.decode` and `rules.vision.places` do.
        """
        started = self.clock.now_ns()
        header, size = self._seen(frame)
        planned = tuple(self._places(intake, size, frame.source) for intake in self.intakes)
        kept = self.keep_pixels and size.pixels <= _KEPT_PIXELS
        whole = kept or any(intake.own for intake in self.intakes)
        decoded = self._pixels(frame, header, 1 if whole else _shrink(planned))
        span = Span("decode", started, self.clock.now_ns())
        specs = tuple(intake.spec for intake in self.intakes)
        return Prepared(size, planned, decoded if kept else None, span, specs, decoded, {})

    def whole(self, frame: Frame) -> Pixels:
        """The whole image in full size, decoded once more: for a picture of an image that was too large to be kept."""
        header, _ = self._seen(frame)
        return self._pixels(frame, header, 1)

    def _seen(self, frame: Frame) -> tuple[Header | None, Size]:
        payload = frame.payload
        if isinstance(payload, np.ndarray):
            check_pixels(size_of(payload), self.pixel_limit)
            return None, size_of(payload)
        header = read_header(payload, pixel_limit=self.pixel_limit)
        return header, header.size

    def _places(self, intake: Intake, size: Size, source: str) -> tuple[Place, ...]:
        return places(size, intake.spec, intake.tiling, self.region_of(source))

    def _pixels(self, frame: Frame, header: Header | None, shrink: int) -> Pixels:
        payload = frame.payload
        if isinstance(payload, np.ndarray):
            return payload
        assert header is not None, "encoded bytes have a header"
        return self.decode(payload, header, shrink if header.format == "jpeg" else 1).pixels


def _shrink(planned: Sequence[Sequence[Place]]) -> int:
    """The largest shrink that leaves no pixel of any row to be invented."""
    every = [place for placed in planned for place in placed]
    if any(place.padded for place in every):
        return 1
    return min((shrink_for(place.geometry, JPEG_SHRINKS) for place in every), default=1)
