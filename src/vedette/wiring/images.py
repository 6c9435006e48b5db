"""Whatever a program calls an image, as frames."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from vedette.adapters.sources.inputs import parse_inputs
from vedette.errors import InvalidError, NotFoundError, TooLargeError, UnavailableError, VedetteError
from vedette.flows.inference.acquire import Source
from vedette.values.frame import Frame, Pixels, Reject

Image = str | os.PathLike[str] | bytes | memoryview | Pixels
"""A path or address, encoded bytes, or uint8 RGB pixels of shape (height, width, 3)."""

_ERRORS: dict[str, type[VedetteError]] = {
    error.kind: error for error in (NotFoundError, TooLargeError, UnavailableError, InvalidError)
}


class _Images:
    """Any iterable of images as a source."""

    def __init__(self, images: Iterable[Image]) -> None:
        self._images = images

    def frames(self) -> Iterator[Frame | Reject]:
        for index, image in enumerate(self._images):
            if isinstance(image, (str, os.PathLike)):  # a folder, a pattern or a video has many
                yield from parse_inputs([os.fspath(image)]).frames()
                continue
            try:
                yield frame_of(image, index)
            except VedetteError as error:
                yield Reject(_name(image, index), error.kind, error.message, error.help)


def source_of(images: Image | Iterable[Image]) -> Source:
    """One image, many of them, or what a path, pattern or address stands for."""
    if isinstance(images, (str, os.PathLike)):
        return parse_inputs([os.fspath(images)])
    if isinstance(images, (bytes, memoryview)) or (isinstance(images, np.ndarray) and images.ndim <= 3):  # noqa: PLR2004
        return _Images([images])
    return _Images(images)


def frame_of(image: Image, index: int = 0) -> Frame:
    """One image as a frame.

    Raises:
        VedetteError: it cannot be had; the kind says why.
    """
    if isinstance(image, (str, os.PathLike)):
        if Path(image).is_dir():
            raise InvalidError(f"{image} is a folder", help="take Model.map(folder) for all its images")
        first = next(parse_inputs([os.fspath(image)]).frames())
        if isinstance(first, Reject):
            message = first.message if first.source in first.message else f"{first.source}: {first.message}"
            raise _ERRORS.get(first.kind, InvalidError)(message, help=first.help)
        return first
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:  # noqa: PLR2004 - height, width, RGB
            raise InvalidError(
                f"pixels are uint8 of shape (height, width, 3), got {image.dtype} of shape {image.shape}",
                help="convert to RGB: cv2.cvtColor(image, cv2.COLOR_BGR2RGB) for what OpenCV read",
            )
        return Frame(_name(image, index), image)
    return Frame(_name(image, index), image)


def _name(image: Image, index: int) -> str:
    if isinstance(image, (str, os.PathLike)):
        return str(Path(image))
    return f"{'pixels' if isinstance(image, np.ndarray) else 'bytes'}[{index}]"
