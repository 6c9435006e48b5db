"""Finds the outputs of a model by their shapes, and tells what is wrong where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.errors import InvalidError
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.zoo.family import EXPECTED, resembling, shown
from vedette.values.manifest import ModelType


def flat(array: Array, rank: int) -> Array:
    """The array without leading dimensions of length 1 beyond `rank`."""
    while array.ndim > rank and array.shape[0] == 1:
        array = array[0]
    return array


def unreadable(model_type: ModelType, outputs: Sequence[Array], decoding: Decoding) -> InvalidError:
    """The error of outputs whose number or shapes are not those of a family."""
    shapes = [output.shape for output in outputs]
    alike = resembling(shapes, decoding.size, decoding.classes)
    others = [other for other in alike if other is not model_type]
    hint = f"that looks like {' or '.join(others)}: set model_type to it" if others else "correct model_type"
    return InvalidError(
        f"the model answers {shown(shapes)} for one image, which {model_type} does not read with "
        f"{decoding.classes:,} labels: it expects {EXPECTED[model_type]}",
        help=f"{hint} in the model's manifest, with labels, strides and anchors that fit; "
        "`vedette models check NAME` compares them",
    )


def scores_and_classes(first: Array, second: Array, *, scores_first: bool) -> tuple[Array, Array]:
    """Two outputs of one number a box told apart: classes are whole numbers, scores are not.

    Where both or none are whole, `scores_first` tells their usual order.
    """
    first_whole, second_whole = _whole(first), _whole(second)
    if first_whole == second_whole:
        return (first, second) if scores_first else (second, first)
    return (second, first) if first_whole else (first, second)


def _whole(array: Array) -> bool:
    if array.dtype.kind in "iu":
        return True
    finite = array[np.isfinite(array)]
    return bool((finite == np.round(finite)).all())
