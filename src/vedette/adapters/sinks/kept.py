"""Annotated pictures in a folder of a server that runs for long: each named after its image and the id of its result.

    photos/cat.png, id 4f1d -> cat-4f1d.jpg, of model lite0 among several -> cat-4f1d.lite0.jpg

Nothing is remembered from one picture to the next. The same image of the same folder has the same id in every run: its
picture is replaced.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from vedette.adapters.sinks.pictures import plain_name, write_picture
from vedette.errors import ForbiddenError
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.interface.pictures import as_jpeg
from vedette.values.result import Result


class KeptPictures:
    """Writes each picture under its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, delivery: Delivery) -> None:
        """See `Destination.write`; failures have no picture.

        Raises:
            ConflictError: the picture would take the place of the image itself.
            ForbiddenError: a link stands in its place.
        """
        result = delivery.outcome
        if delivery.picture is None or not isinstance(result, Result):
            return
        stem = plain_name(PurePosixPath(result.source.split("?")[0]).stem)[:60] or "image"
        target = self._folder / f"{stem}-{plain_name(result.id)[:60]}.{plain_name(result.model)[:60]}.jpg"
        if target.is_symlink():
            raise ForbiddenError(f"{target} is a link", help="remove it")
        write_picture(target, as_jpeg(delivery.picture), result.source, kind="annotated picture")
