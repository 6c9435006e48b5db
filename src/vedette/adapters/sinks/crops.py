"""Objects cut out of their images, one JPEG each, in a folder for each label.

    two persons and a bus in photos/street.png -> person/street-01.jpg, person/street-02.jpg, bus/street-03.jpg

The number is that of the object in its image, counting from 1 in the order of the detections. The names of images and
labels follow the rules of `pictures`. Every image that was cut takes a name, also one without objects, so that a
picture and the crops of the same image carry the same name.
"""

from __future__ import annotations

from pathlib import Path

from vedette.adapters.sinks.pictures import PictureNames, plain_name, write_picture
from vedette.flows.inference.postprocess import Delivery
from vedette.values.result import Result

_NO_LABEL = "object"


class CropsSink:
    """Writes each object under a name of its own; `several_models` puts the model into the name."""

    def __init__(self, folder: Path, *, several_models: bool) -> None:
        self._folder = folder
        self._names = PictureNames(several_models=several_models)

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`; failures have no objects.

        Raises:
            ConflictError: a crop would take the place of the image itself.
        """
        if not isinstance(delivery.outcome, Result):
            return
        name = self._names.of(delivery.outcome)
        for number, (label, crop) in enumerate(delivery.crops, 1):
            target = self._folder / (plain_name(label) or _NO_LABEL) / f"{name}-{number:02d}.jpg"
            write_picture(target, crop, delivery.outcome.source, kind="crop")

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`; every crop is whole already."""
