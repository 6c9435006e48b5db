"""Annotated pictures in a folder, one JPEG for each image and model, named after the image.

    photos/cat.png -> cat.jpg, more/cat.jpg -> cat-2.jpg, frame 7 of clip.mp4 -> clip-000007.jpg, with several models
    cat.MODEL.jpg

A name keeps letters, digits, dots and dashes; everything else becomes an underscore, so that no picture leaves the
folder.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path, PurePosixPath

from vedette.adapters.sinks.whole_file import WholeFile
from vedette.errors import ConflictError
from vedette.flows.inference.postprocess import Delivery
from vedette.values.result import Result

_STEM_BYTES = 120
"""Bytes of the image's name that a picture keeps: with model and numbers it fits any file system."""


class ImagesSink:
    """Writes each picture under a name of its own; `several_models` puts the model into the name."""

    def __init__(self, folder: Path, *, several_models: bool) -> None:
        self._folder = folder
        self._several_models = several_models
        self._numbers: Counter[str] = Counter()
        self._used: set[str] = set()

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`; failures have no picture.

        Raises:
            ConflictError: the picture would take the place of the image itself.
        """
        if delivery.picture is None or not isinstance(delivery.outcome, Result):
            return
        target = self._folder / self._name(delivery.outcome)
        if _is_same(target, delivery.outcome.source):
            raise ConflictError(
                f"the annotated picture {target} would replace the image itself", help="choose another folder"
            )
        file = WholeFile(target)
        try:
            file.append(delivery.picture)
        except BaseException:
            file.discard()
            raise
        file.close(complete=True)

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`; every picture is whole already."""

    def _name(self, result: Result) -> str:
        stem = _plain(PurePosixPath(result.source.split("?")[0]).stem) or "image"
        if result.time_s is not None or result.frame > 0:
            stem += f"-{result.frame:06d}"
        if self._several_models:
            stem += f".{_plain(result.model)}"
        while True:
            self._numbers[stem] += 1
            number = self._numbers[stem]
            name = f"{stem}.jpg" if number == 1 else f"{stem}-{number}.jpg"
            if name not in self._used:
                self._used.add(name)
                return name


def _plain(text: str) -> str:
    """A part of a file name: not hidden, not longer than file systems take."""
    plain = re.sub(r"[^\w.-]+", "_", text).lstrip(".")
    return plain.encode("utf-8", "replace")[:_STEM_BYTES].decode("utf-8", "ignore")


def _is_same(target: Path, source: str) -> bool:
    try:
        return os.path.samefile(target, source)  # noqa: PTH121 - the source may be an address
    except (OSError, ValueError):
        return False
