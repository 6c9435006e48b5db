"""The demo: the shipped photos through a real classifier, with everything that a first look should show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vedette.flows.inference.postprocess import Answering
from vedette.rules.candidates import Wish
from vedette.wiring.instances import PHOTOS
from vedette.wiring.stream import Order, Run, prepare

MODELS = ("efficientnet-lite0",)
_TOP_K = 3


def prepare_demo(folder: Path, say: Callable[[str], None]) -> Run:
    """The run of the demo: results and annotated pictures go to `folder`.

    Raises:
        VedetteError: the model cannot be pulled or run.
    """
    here = Path.cwd()
    photos = PHOTOS.relative_to(here) if PHOTOS.is_relative_to(here) else PHOTOS
    outputs = (str(folder / "results.jsonl"), str(folder / "results.csv"), f"annotated:{folder}")
    return prepare(Order((str(photos),), MODELS, Wish(), 1, Answering(_TOP_K), outputs), say)
