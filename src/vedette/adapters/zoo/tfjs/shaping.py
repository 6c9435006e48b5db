"""Operators that move numbers: transpose, reshape, concatenate, split, resize."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from vedette.adapters.zoo.tfjs.call import Call
from vedette.adapters.zoo.tfjs.view import NHWC, Shape, Stored, Value, View


def transpose(call: Call) -> View:
    """Transpose: only the view changes."""
    places = call.integers(1)
    if places[0] != 0:
        raise call.refused("it moves the batch")
    return call.view(0).transposed(places)


def reshape(call: Call) -> Value:
    """Reshape; the batch stays the first dimension."""
    if isinstance(call.inputs[0], np.ndarray):
        return call.inputs[0].reshape(call.integers(1))
    view = call.view(0)
    saved = _completed(call.integers(1), view.saved)
    shape = resized(view.saved, view.shape, saved)
    if saved[0] != 1 or shape is None:
        raise call.refused(f"from {view.saved} to {saved}, for {view.shape}")
    wanted = call.writer.integers(0, *shape[1:])
    return View(
        Stored(call.writer.graph.node("Reshape", call.writer.plain(view), wanted)),
        tuple(range(len(shape))),
        saved,
        shape,
    )


def resized(before: Shape, actual: Shape, after: Shape) -> Shape | None:
    """The shape that a reshape from `before` to `after` gives where the sides of `before` are those of `actual`.

    Dimensions are grouped so that each group of `before` has as many numbers as its group of `after`. A group whose
    sides did not change keeps what it becomes; one that becomes a single side gives the product. None if that does
    not decide it, or if the numbers do not agree.
    """
    if math.prod(before) != math.prod(after):
        return None
    sides: list[int] = []
    for old, new in _groups(before, after):
        if actual[old.start : old.stop] == before[old.start : old.stop]:
            sides += after[new.start : new.stop]
        elif len(new) == 1:
            sides.append(math.prod(actual[old.start : old.stop]))
        else:
            return None
    return tuple(sides)


def _groups(before: Shape, after: Shape) -> Iterator[tuple[range, range]]:
    """The smallest runs of dimensions of equal products; ones at the end join the last run."""
    first, second = 0, 0
    while first < len(before) and second < len(after):
        last, end = first + 1, second + 1
        while (left := math.prod(before[first:last])) != (right := math.prod(after[second:end])):
            last, end = (last + 1, end) if left < right else (last, end + 1)
        if math.prod(before[last:]) == 1 == math.prod(after[end:]) and (last == len(before) or end == len(after)):
            last, end = len(before), len(after)
        yield range(first, last), range(second, end)
        first, second = last, end


def concatenate(call: Call) -> View:
    """ConcatV2: the axis comes last."""
    views = [call.view(place) for place in range(len(call.inputs) - 1)]
    axis = call.integers(len(views))[0] % len(views[0].shape)
    order = views[0].order
    tensors = [call.writer.tensor(view, order) for view in views]
    saved, shape = (
        (*first[:axis], sum(side[axis] for side in all_of), *first[axis + 1 :])
        for first, all_of in (
            (views[0].saved, [view.saved for view in views]),
            (views[0].shape, [view.shape for view in views]),
        )
    )
    return View(Stored(call.writer.graph.node("Concat", *tensors, axis=order[axis])), order, saved, shape)


def split(call: Call) -> tuple[View, ...]:
    """SplitV: parts of given sizes along an axis."""
    view, sizes = call.view(0), call.integers(1)
    axis = call.integers(2)[0] % len(view.shape)
    if sum(sizes) != view.shape[axis]:
        raise call.refused(f"parts {sizes} of {view.shape[axis]}")
    tensor, lengths = call.writer.tensor(view), call.writer.integers(*sizes)
    names = call.writer.graph.nodes("Split", tensor, lengths, outputs=len(sizes), axis=view.order[axis])
    return tuple(
        view.becoming(Stored(name), lambda shape, size=size: (*shape[:axis], size, *shape[axis + 1 :]))  # type: ignore[misc]
        for name, size in zip(names, sizes, strict=True)
    )


def resize_bilinear(call: Call) -> View:
    """ResizeBilinear to a size given in rows and columns; at another input size it keeps its ratio."""
    view = call.view(0)
    saved = (view.saved[0], *call.integers(1), view.saved[3])
    sides = tuple(_scaled(call, view, saved, place) for place in (1, 2))
    scales = np.array([1, 1, *(side / view.shape[place] for place, side in enumerate(sides, 1))], np.float32)
    tensor = call.writer.graph.node(
        "Resize",
        call.writer.tensor(view, NHWC),
        "",
        call.writer.constant(scales),
        mode="linear",
        coordinate_transformation_mode=_coordinates(call),
    )
    return View(Stored(tensor), NHWC, saved, (view.shape[0], *sides, view.shape[3]))


def _scaled(call: Call, view: View, saved: Shape, place: int) -> int:
    """A side after the resize; ONNX cuts off what a ratio leaves beyond whole pixels, so that must be nothing."""
    whole, rest = divmod(saved[place] * view.shape[place], view.saved[place])
    if rest or math.floor(np.float32(whole / view.shape[place]) * np.float32(view.shape[place])) != whole:
        raise call.refused(f"from {view.shape[place]} by {saved[place]}/{view.saved[place]} gives no whole pixels")
    return whole


def _coordinates(call: Call) -> str:
    if call.node.flag("align_corners"):
        return "align_corners"
    return "half_pixel" if call.node.flag("half_pixel_centers") else "asymmetric"


def _completed(wanted: Shape, shape: Shape) -> Shape:
    """The side that is written as -1 is what is left."""
    if -1 not in wanted:
        return wanted
    known = -math.prod(wanted)
    return tuple(math.prod(shape) // known if side == -1 else side for side in wanted)
