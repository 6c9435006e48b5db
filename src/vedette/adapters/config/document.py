"""`model.yaml` as text: read and checked, or written.

    YAML text --read--> raw mapping --parse--> ModelFile
    Manifest --write--> YAML text

All problems of a file are told at once, each as `where: key: value: what is expected`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pydantic import ValidationError

from vedette.adapters.config.layout import MANIFEST_FILE
from vedette.adapters.config.schema import ASKED, CLASSIFIER_KEYS, DETECTOR_KEYS, IMAGE_KEYS, KEYS, ModelFile
from vedette.errors import UsageError
from vedette.rules.zoo.names import nearest
from vedette.values.manifest import DetectorSpec, InputSpec, Manifest, ModelType

FILE_NAME = MANIFEST_FILE
NEXT_STEP = "correct these keys; `vedette models check NAME` tells whether all is well then"


def read(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    help_text = f"write it as `key: value` lines; the keys are: {', '.join(KEYS)}"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", help="check the path and its rights") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not YAML: {_yaml_reason(error)}", help=help_text) from None
    if not isinstance(raw, dict):
        raise UsageError(f"{path} holds {type(raw).__name__}, not keys and values", help=help_text)
    return {str(key): value for key, value in raw.items()}


def parse(
    raw: Mapping[str, Any],
    where: str,
    *,
    folder: Path | None = None,
    name: str | None = None,
    next_step: str = NEXT_STEP,
) -> ModelFile:
    """Check a raw mapping and give it its types.

    Args:
        raw: keys and values as YAML or the command line has them.
        where: what the messages call the place, such as the path of the file.
        folder: where a text file of labels is looked for; None: labels are a list only.
        name: the name that the folder gives to the model.
        next_step: what the error advises.

    Raises:
        UsageError: one or more problems, all of them in the message.
    """
    problems = [*_missing(raw), *_misplaced(raw), *_misnamed(raw, name)]
    try:
        model = ModelFile.model_validate(dict(raw), context={"folder": folder})
    except ValidationError as error:
        problems += _problems(error)
    else:
        if not problems:
            return model
    lines = [f"{where}: {problem}" for problem in dict.fromkeys(problems)]
    message = lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} problems", *lines])
    raise UsageError(message, help=next_step)


def write(
    manifest: Manifest,
    *,
    labels_file: str = "",
    anchors_file: str = "",
    sha256: str = "",
    size_bytes: int | None = None,
) -> str:
    """The YAML text of a manifest; `labels_file` and `anchors_file` are written in place of what they hold."""
    spec = manifest.input
    values: dict[str, Any] = {
        "name": manifest.name,
        "title": manifest.provenance.title,
        "task": manifest.provenance.task,
        "model_type": manifest.model_type.value,
        "file": PurePosixPath(manifest.file).name,
        "format": manifest.format.value,
        "labels": labels_file or list(manifest.labels),
    }
    if spec is not None:
        values |= _input_values(spec)
    if manifest.model_type is ModelType.CLASSIFIER:
        values |= {"scores": manifest.scores.value, "confidence_threshold": manifest.confidence_threshold}
    if manifest.detector is not None:
        values["confidence_threshold"] = manifest.confidence_threshold
        values |= _detector_values(manifest.detector, anchors_file)
    source = manifest.provenance
    values |= {key: getattr(source, key) for key in ("licence", "source", "parameters", "gflops")}
    values |= {key: getattr(source, key) for key in ("reported_quality", "measured_quality")}
    values["untrained"] = True if source.untrained else None
    values["sha256"] = {manifest.version: sha256} if sha256 else None
    values["size_bytes"] = {manifest.version: size_bytes} if size_bytes is not None else None
    kept = {key: value for key, value in values.items() if value is not None and value not in ("", [])}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=110)


def _input_values(spec: InputSpec) -> dict[str, Any]:
    return {
        "layout": spec.layout.value,
        "input_name": spec.name,
        "input_size": str(spec.size),
        "channels": spec.channels,
        "resize_type": spec.resize_type.value,
        "interpolation": spec.interpolation.value,
        "crop_fraction": spec.crop_fraction,
        "pad_value": spec.pad_value,
        "reverse_input_channels": spec.reverse_input_channels,
        "mean_values": list(spec.mean_values),
        "scale_values": list(spec.scale_values),
    }


def _detector_values(spec: DetectorSpec, anchors_file: str) -> dict[str, Any]:
    return {
        "nms": spec.nms.value,
        "iou_threshold": spec.iou_threshold,
        "max_candidates": spec.max_candidates,
        "max_detections": spec.max_detections,
        "strides": list(spec.strides),
        "anchors": anchors_file or list(spec.anchors),
        "variances": list(spec.variances) if spec.variances != DetectorSpec().variances else None,
        "first_class": spec.first_class,
        "activation": None if spec.activation is None else spec.activation.value,
    }


def _missing(raw: Mapping[str, Any]) -> list[str]:
    detector = _is_detector(raw)
    image = detector or raw.get("model_type") == ModelType.CLASSIFIER.value or any(key in raw for key in IMAGE_KEYS)
    problems = [f"{key}: missing: expected {what}" for key, what in ASKED.items() if image and raw.get(key) is None]
    if detector and not raw.get("labels"):
        problems.append("labels: missing: expected the names of the classes, or the path of a text file of them")
    return problems


def _misplaced(raw: Mapping[str, Any]) -> list[str]:
    """Keys that have no effect for this type of model."""
    kind = raw.get("model_type")
    if kind not in tuple(ModelType):
        return []
    if _is_detector(raw):
        keys, why = CLASSIFIER_KEYS, f"a key of classifiers; a {kind} takes activation"
    else:
        keys, why = DETECTOR_KEYS, f"a key of detectors, which a {kind} is not"
    return [f"{key}: {_shown(raw[key])}: {why}" for key in keys if key in raw]


def _is_detector(raw: Mapping[str, Any]) -> bool:
    kind = raw.get("model_type")
    return kind in tuple(ModelType) and ModelType(kind).is_detector


def _misnamed(raw: Mapping[str, Any], name: str | None) -> list[str]:
    if name is None or raw.get("name") in (None, name):
        return []
    return [f"name: {raw['name']}: expected {name}, the name of its folder"]


def _problems(error: ValidationError) -> list[str]:
    return [_problem(one) for one in error.errors(include_url=False)]


def _problem(one: Any) -> str:
    key, *inner = (str(part) for part in one["loc"])
    if one["type"] == "missing":
        return f"{key}: missing: expected one of {', '.join(ModelType)}"
    if one["type"] == "extra_forbidden":
        near = nearest(key, KEYS)
        return (
            f"{key}: {_shown(one['input'])}: unknown key, {f'did you mean {near[0]}?' if near else 'no key is like it'}"
        )
    expected = one["msg"].removeprefix("Value error, ").replace("Input should be", "expected", 1)
    place = "".join(f"[{part}]" for part in inner if part != "function-after")
    return f"{key}{place}: {_shown(one['input'])}: {expected[0].lower()}{expected[1:]}"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    longest = 60
    return text if len(text) <= longest else f"{text[:longest]}..."


def _yaml_reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}, column {mark.column + 1}: {getattr(error, 'problem', '') or error}"
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
