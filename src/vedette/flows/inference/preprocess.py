"""From one frame to the rows that models take: decoded once, resized for each model. Runs in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vedette.clock import Clock
from vedette.rules.vision.decode import JPEG_SHRINKS, Decoded, decode
from vedette.rules.vision.header import PIXEL_LIMIT, Header, check_pixels, read_header
from vedette.rules.vision.resize import apply, plan_input, shrink_for
from vedette.values.frame import Frame, Pixels, Size, size_of
from vedette.values.manifest import InputSpec
from vedette.values.timeline import Span

Row = NDArray[np.uint8]
"""One image as a model's image plan takes it: uint8 (height, width, channels)."""

Decode = Callable[[bytes | memoryview, Header, int], Decoded]


def decode_at(data: bytes | memoryview, header: Header, shrink: int) -> Decoded:
    """Decode whatever the header announced, at the given shrink."""
    return decode(data, header=header, shrink=shrink)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A frame ready for its models.

    Attributes:
        size: of the original image.
        rows: one for each model, in their order.
        pixels: the whole image, when a picture of it is wanted.
        spans: decode and preprocess.
    """

    size: Size
    rows: tuple[Row, ...]
    pixels: Pixels | None
    spans: tuple[Span, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes held in memory."""
        return sum(row.nbytes for row in self.rows) + (0 if self.pixels is None else self.pixels.nbytes)


@dataclass(frozen=True, slots=True)
class Preprocess:
    """What must be made of every frame.

    Attributes:
        inputs: the image inputs of the models, in their order.
        keep_pixels: whether the whole image is needed later, for a picture.
        clock: for the spans.
        pixel_limit: larger images are refused before they are decoded.
        decode: how bytes become pixels; called once a frame, however many models there are.
    """

    inputs: Sequence[InputSpec]
    keep_pixels: bool
    clock: Clock
    pixel_limit: int = PIXEL_LIMIT
    decode: Decode = decode_at

    def __call__(self, frame: Frame) -> Prepared:
        """Decode and resize one frame.

        Raises:
            VedetteError: as `rules.vision.decode` does.
        """
        started = self.clock.now_ns()
        decoded = self._decoded(frame)
        middle = self.clock.now_ns()
        rows = tuple(_row(decoded, spec) for spec in self.inputs)
        spans = (Span("decode", started, middle), Span("preprocess", middle, self.clock.now_ns()))
        return Prepared(decoded.size, rows, decoded.pixels if self.keep_pixels else None, spans)

    def _decoded(self, frame: Frame) -> Decoded:
        payload = frame.payload
        if isinstance(payload, np.ndarray):
            check_pixels(size_of(payload), self.pixel_limit)
            return Decoded(payload, size_of(payload))
        header = read_header(payload, pixel_limit=self.pixel_limit)
        shrink = 1
        if not self.keep_pixels and header.format == "jpeg":
            shrink = min((shrink_for(plan_input(header.size, spec), JPEG_SHRINKS) for spec in self.inputs), default=1)
        return self.decode(payload, header, shrink)


def _row(decoded: Decoded, spec: InputSpec) -> Row:
    row = apply(decoded.pixels, plan_input(decoded.size, spec), spec.interpolation, spec.pad_value)
    if spec.channels == 1:
        return cv2.cvtColor(row, cv2.COLOR_RGB2GRAY)[:, :, np.newaxis].astype(np.uint8, copy=False)
    return row
