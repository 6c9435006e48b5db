"""Which family of detectors answers in such shapes.

    shapes of one image's outputs + size of the input (+ number of labels) -> Fit: model_type, classes, whether usual

How each family is told is in `looks`. Values are not looked at: what several families share, such as the (K, 4) and
(K, C) of `detr` and `rtdetr`, stays ambiguous.
"""

from __future__ import annotations

from collections.abc import Mapping

from vedette.rules.zoo.looks import LOOKS, Fit, Shapes, stripped
from vedette.rules.zoo.signature import Signature
from vedette.values.frame import Size
from vedette.values.manifest import ModelType

EXPECTED: Mapping[ModelType, str] = {
    ModelType.SSD: "deltas (N, 4) and scores (N, first_class + labels) with N anchors, or (N, 7) of a DetectionOutput",
    ModelType.TF_OD: "boxes (K, 4), scores (K), classes (K) and a count",
    ModelType.YOLOV3: "a map (h, w, anchors x (5 + labels)) of each stride, channels first or last",
    ModelType.YOLOV4: "a map (h, w, anchors x (5 + labels)) of each stride, or boxes (N, 1, 4) and scores (N, labels)",
    ModelType.YOLOV5: "(N, 5 + labels)",
    ModelType.YOLOV8: "(4 + labels, N)",
    ModelType.YOLO_END2END: "(K, 6)",
    ModelType.YOLOX: "(N, 5 + labels) with N cells of the strides",
    ModelType.NANODET: "scores (N, labels) and distances (N, 4 x bins) for N cells, joined or one a stride",
    ModelType.NANODET_PLUS: "(N, labels + 4 x bins) with N cells of the strides",
    ModelType.CENTERNET: "maps of one size: heat (labels, h, w), sizes (2 or 4, h, w) and maybe offsets (2, h, w)",
    ModelType.DETR: "boxes (K, 4) and logits (K, labels + 1)",
    ModelType.RTDETR: "boxes (K, 4) and logits (K, labels), or (K, 4 + labels)",
    ModelType.BOXES: "boxes (K, 4), scores (K) and classes (K), or boxes (K, 5) and classes (K)",
}
"""What each family reads, of one image."""


def fitting(shapes: Shapes, size: Size, labels: int | None = None) -> tuple[Fit, ...]:
    """The families that read such shapes of one image.

    Args:
        shapes: of the outputs, without the batch dimension.
        size: of the model's input.
        labels: their number where it is known; families that would read another one are left out.

    Returns:
        Those of which the shapes are usual, else those that allow them; none if nothing fits.
    """
    plain = [stripped(shape) for shape in shapes]
    found = [fit for look in LOOKS if (fit := look(plain, size, labels)) is not None]
    if labels is not None:
        found = [fit for fit in found if fit.classes in (None, labels)]
    return tuple(fit for fit in found if fit.usual) or tuple(found)


def fit_of(model_type: ModelType, shapes: Shapes, size: Size, labels: int | None = None) -> Fit | None:
    """How one family reads such shapes; None if it does not.

    With `labels` the reading with so many classes is preferred where the shapes allow several.
    """
    plain = [stripped(shape) for shape in shapes]
    found = [fit for look in LOOKS if (fit := look(plain, size, labels)) and fit.model_type is model_type]
    return found[0] if found else None


def resembling(shapes: Shapes, size: Size, labels: int) -> tuple[ModelType, ...]:
    """The families that read such shapes with so many labels; if none does, those that read them with others."""
    fits = fitting(shapes, size, labels) or fitting(shapes, size)
    return tuple(dict.fromkeys(fit.model_type for fit in fits))


def rows_of(shapes: Shapes, batch: int = 1) -> Shapes:
    """Shapes of one image out of those of a batch; if an output has no batch dimension none has."""
    return [shape[1:] for shape in shapes] if all(shape[:1] == (batch,) for shape in shapes) else list(shapes)


def batch_of(signature: Signature) -> int:
    """How many images one run takes when a model is tried."""
    shape = signature.inputs[0].shape if signature.inputs else None
    return shape[0] or 1 if shape else 1


def shown(shapes: Shapes) -> str:
    """Shapes as a message has them."""
    return ", ".join("(" + ", ".join(str(side) for side in shape) + ")" for shape in shapes) or "nothing"
