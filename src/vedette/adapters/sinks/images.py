"""Annotated pictures in a folder, one JPEG for each image and model, named after the image.

Images of the same name get numbers in the order of the run: cat.jpg, cat-2.jpg. A frame of a video gets its number.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path, PurePosixPath

from vedette.adapters.sinks.whole_file import WholeFile
from vedette.flows.inference.postprocess import Delivery
from vedette.values.result import Result


class ImagesSink:
    """Writes each picture under a name of its own; `several_models` puts the model into the name."""

    def __init__(self, folder: Path, *, several_models: bool) -> None:
        self._folder = folder
        self._several_models = several_models
        self._used: Counter[str] = Counter()

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`; failures have no picture."""
        if delivery.picture is None or not isinstance(delivery.outcome, Result):
            return
        file = WholeFile(self._folder / self._name(delivery.outcome))
        try:
            file.append(delivery.picture)
        except BaseException:
            file.discard()
            raise
        file.close(complete=True)

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`; every picture is whole already."""

    def _name(self, result: Result) -> str:
        stem = re.sub(r"[^\w.-]+", "_", PurePosixPath(result.source.split("?")[0]).stem) or "image"
        if result.time_s is not None or result.frame > 0:
            stem += f"-{result.frame:06d}"
        if self._several_models:
            stem += f".{result.model}"
        self._used[stem] += 1
        number = self._used[stem]
        return f"{stem}.jpg" if number == 1 else f"{stem}-{number}.jpg"
