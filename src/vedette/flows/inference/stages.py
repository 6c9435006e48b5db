"""The ports for the operator's own code: one object each, which is called once an image.

    pixels -> preprocess -> row of the model -> (the engine) -> outputs -> postprocess -> result -> decide -> decision

Each may be called by several threads at once, or says `threads = 1` in its class to be called one at a time. What it
is and where it comes from is the operator's configuration only: nothing here loads code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.runtime import Tensor
from vedette.values.frame import Pixels, Size
from vedette.values.manifest import InputSpec
from vedette.values.result import Class, Detection, Result


class PreprocessStage(Protocol):
    """Makes what the model takes out of pixels."""

    def __call__(self, pixels: Pixels, spec: InputSpec, /) -> Row:
        """One row of the model.

        Args:
            pixels: uint8, shape (height, width, 3), RGB, upright, read-only: the image in full size, or the tile or
                region of it that is looked at.
            spec: the model's input; normalisation and layout come after the row, as the manifest says.

        Returns:
            uint8, shape (spec.size.height, spec.size.width, spec.channels). Boxes of the answer are carried back as if
            the picture had been made to fit as `spec` says (`vedette.fit_input`).
        """


class PostprocessStage(Protocol):
    """Reads the outputs of a model."""

    def __call__(
        self, outputs: tuple[Tensor, ...], size: Size, labels: tuple[str, ...], /
    ) -> Sequence[Class] | Sequence[Detection] | Mapping[str, Any]:
        """What one row shows.

        Args:
            outputs: every output of the graph, in its order, without the batch dimension; floats are not checked.
            size: width and height of the model's input.
            labels: the model's, by class_id.

        Returns:
            Classes; or Detections with boxes in pixels of the model's INPUT, which Vedette carries back to the original
            image, whatever resize, padding, tile or region lies between; or a mapping, which becomes the `answer` of
            the result as it is. An empty list is no detection of a detector, else no class.
        """


class DecideStage(Protocol):
    """Decides on a result: OK or not OK, where to send it, what it is worth."""

    def __call__(self, result: Result, /) -> Mapping[str, Any]:
        """The `decision` of the result: what JSON has words for, with text as keys."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The operator's own code for one model; None keeps Vedette's own, or decides nothing."""

    preprocess: PreprocessStage | None = None
    postprocess: PostprocessStage | None = None
    decide: DecideStage | None = None


def place_of(stage: object) -> str:
    """The `module:Class` of own code, as errors name it."""
    return f"{type(stage).__module__}:{type(stage).__qualname__}"


def threads_of(stage: object) -> int | None:
    """How many threads may be in it at once, as its class says; None: as many as there are.

    Raises:
        ValueError: it says something else than a whole number from 1.
    """
    told: object = getattr(stage, "threads", None)
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int) or told < 1:
        raise ValueError(f"threads must be a whole number from 1, got {told!r}")
    return told
