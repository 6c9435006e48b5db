"""Annotated pictures in a folder, one JPEG for each image and model, named after the image.

photos/cat.png -> cat.jpg, more/cat.jpg -> cat-2.jpg, frame 7 of clip.mp4 -> clip-000007.jpg, with several models
cat.MODEL.jpg
"""

from __future__ import annotations

from pathlib import Path

from vedette.adapters.sinks.pictures import PictureNames, write_picture
from vedette.flows.inference.postprocess import Delivery
from vedette.values.result import Result


class ImagesSink:
    """Writes each picture under a name of its own; `several_models` puts the model into the name."""

    def __init__(self, folder: Path, *, several_models: bool) -> None:
        self._folder = folder
        self._names = PictureNames(several_models=several_models)

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`; failures have no picture.

        Raises:
            ConflictError: the picture would take the place of the image itself.
        """
        if delivery.picture is None or not isinstance(delivery.outcome, Result):
            return
        target = self._folder / f"{self._names.of(delivery.outcome)}.jpg"
        write_picture(target, delivery.picture, delivery.outcome.source, kind="annotated picture")

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`; every picture is whole already."""
