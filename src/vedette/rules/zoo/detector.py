"""The keys of a detector that nobody wrote.

declared types + shapes of one run --> model_type --> labels, first_class, nms, pixels, thresholds of its family
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vedette.errors import UsageError
from vedette.rules.zoo.declared import Declared
from vedette.rules.zoo.defaults import DEFAULTS, MODEL_API, PIXEL_KEYS
from vedette.rules.zoo.family import EXPECTED, batch_of, fit_of, fitting, resembling, rows_of, shown
from vedette.rules.zoo.looks import Fit, Shapes
from vedette.rules.zoo.signature import Origin, Output, Setting, Settings, Signature
from vedette.values.frame import Size
from vedette.values.manifest import ModelType

_DETECTOR_KEYS = (
    "iou_threshold",
    "max_candidates",
    "max_detections",
    "strides",
    "anchors",
    "first_class",
    "activation",
)
_QUERIES = (ModelType.DETR, ModelType.RTDETR)
_WAY_OUT = "add --set model_type=tensor to call it with plain arrays"


def detector_settings(
    signature: Signature,
    given: Mapping[str, str],
    said: Declared,
    outputs: Sequence[Output],
    size: Size,
    labels: tuple[str, ...],
) -> Settings | None:
    """The keys of a detector; None if nobody calls it one and its shapes are those of none.

    Raises:
        UsageError: it may be of several families, or is not of the one that it is called, or its labels are of the
            wrong number or cannot be made up.
    """
    shapes = rows_of([output.shape for output in outputs], batch_of(signature))
    names = labels or said.labels
    kind = _kind(said, shapes, size, len(names) or None)
    if kind is None:
        return None
    model_type = ModelType(str(kind.value))
    fit = fit_of(model_type, shapes, size, len(names) or None)
    if fit is None and "strides" not in given:
        raise _unfit(model_type, shapes, size, len(names))
    named = _labels(names, Origin.GIVEN if labels else Origin.METADATA, _classes(fit, given))
    settings = {"model_type": kind, "labels": named}
    settings.update(_of_family(signature, said, model_type, fit))
    settings.update(_of_metadata(signature))
    return settings


def _kind(said: Declared, shapes: Shapes, size: Size, labels: int | None) -> Setting | None:
    detectors = [model_type for model_type in said.types if model_type.is_detector]
    if len(detectors) == 1:
        return Setting("model_type", detectors[0].value, said.origin)
    if detectors:
        fits = [one for one in detectors if fit_of(one, shapes, size, labels) is not None]
        if not fits:
            raise _unfit(detectors[0], shapes, size, labels or 0)
        return Setting("model_type", fits[0].value, said.origin)
    found = fitting(shapes, size, labels) or fitting(shapes, size)
    if len(found) > 1:
        types = [fit.model_type.value for fit in found]
        raise UsageError(
            f"model_type: the model answers {shown(shapes)} for one image, which {' and '.join(types)} do",
            help=f"add {' or '.join(f'--set model_type={one}' for one in types)}; or {_WAY_OUT}",
        )
    return Setting("model_type", found[0].model_type.value, Origin.RUN) if found else None


def _unfit(model_type: ModelType, shapes: Shapes, size: Size, labels: int) -> UsageError:
    alike = [other for other in resembling(shapes, size, labels) if other is not model_type]
    hint = f"that looks like {' or '.join(alike)}: add --set model_type={alike[0]}; else " if alike else ""
    return UsageError(
        f"model_type: {model_type}: it reads {EXPECTED[model_type]}; the model answers {shown(shapes)} for one image",
        help=f"{hint}{_WAY_OUT}",
    )


def _classes(fit: Fit | None, given: Mapping[str, str]) -> int | None:
    if fit is None or fit.classes is None:
        return None
    first = given.get("first_class", "").strip()
    return fit.classes - int(first) if fit.model_type in _QUERIES and first.isdecimal() else fit.classes


def _labels(names: tuple[str, ...], origin: Origin, classes: int | None) -> Setting:
    if names and classes is not None and len(names) != classes:
        raise UsageError(
            f"labels: {len(names)} names for {classes} classes",
            help=f"give a text file with {classes} lines, one name each in the order of the classes: --labels FILE",
        )
    if names:
        return Setting("labels", names, origin)
    if classes is None or classes < 1:
        raise UsageError(
            "labels: the outputs do not tell how many classes the model knows",
            help="give a text file with one name a line, in the order of the classes: --labels FILE",
        )
    return Setting("labels", tuple(f"class_{index}" for index in range(classes)), Origin.DEFAULT)


def _of_family(signature: Signature, said: Declared, model_type: ModelType, fit: Fit | None) -> Settings:
    """What models of this family usually have."""
    values = dict(DEFAULTS[model_type])
    decoded = model_type is ModelType.SSD and fit is not None and fit.classes is None
    if decoded:
        values["nms"] = "none"
    first = 0 if fit is None or (decoded and said.openvino and said.labels) else fit.first_class
    values["first_class"] = first
    silent = () if not said.openvino or model_type in MODEL_API else PIXEL_KEYS
    if any(port.dtype == "uint8" for port in signature.inputs):
        silent = (*silent, "mean_values", "scale_values")
    return {key: Setting(key, value, Origin.FAMILY) for key, value in values.items() if key not in silent}


def _of_metadata(signature: Signature) -> Settings:
    told = {key: signature.metadata[key] for key in _DETECTOR_KEYS if signature.metadata.get(key, "").strip()}
    if signature.metadata.get("agnostic_nms", "").strip().lower() in ("true", "yes", "1"):
        told["nms"] = "agnostic"
    return {key: Setting(key, value, Origin.METADATA) for key, value in told.items()}
