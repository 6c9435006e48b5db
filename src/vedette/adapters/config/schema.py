"""The keys of `model.yaml`, flat and with OpenVINO's `model_info` names where it has them.

Everything that decides whether one value is well formed lives in this file; it reads no YAML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from vedette.values.frame import Size
from vedette.values.manifest import (
    Activation,
    DetectorSpec,
    InputSpec,
    Interpolation,
    Layout,
    Manifest,
    ModelFormat,
    ModelType,
    Provenance,
    ResizeType,
    Scores,
    Suppression,
)

ASKED = {
    "layout": "NCHW or NHWC",
    "input_name": "the name of the image input in the graph",
    "input_size": "width x height, as 224x224",
}
IMAGE_KEYS = (
    *ASKED,
    "channels",
    "resize_type",
    "interpolation",
    "crop_fraction",
    "pad_value",
    "reverse_input_channels",
    "mean_values",
    "scale_values",
)
CLASSIFIER_KEYS: tuple[str, ...] = ("scores",)
DETECTOR_KEYS: tuple[str, ...] = (
    "nms",
    "iou_threshold",
    "max_candidates",
    "max_detections",
    "strides",
    "anchors",
    "variances",
    "first_class",
    "activation",
)


def _size(value: object) -> Size:
    if isinstance(value, Size):
        return value
    match = re.fullmatch(r"\s*([0-9]{1,5})\s*x\s*([0-9]{1,5})\s*", str(value), re.IGNORECASE)
    if match is None:
        raise ValueError("expected width x height, as 224x224")
    return Size(int(match[1]), int(match[2]))


def _numbers(value: object) -> object:
    """One number, a list, or a text with spaces or commas between, as OpenVINO writes it."""
    if isinstance(value, str):
        return [part for part in re.split(r"[\s,]+", value.strip().strip("[]()")) if part]
    return value if isinstance(value, list | tuple) else [value]


def _labels(value: object, info: ValidationInfo) -> object:
    """A list of names, or the path of a text file beside the manifest with one name a line."""
    if isinstance(value, str):
        return _beside(value, info, "names", read_labels)
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of names, or the path of a text file beside model.yaml")  # noqa: TRY004
    return [_label(index, item) for index, item in enumerate(value)]


def _two_numbers(value: object) -> object:
    numbers = _numbers(value)
    if not isinstance(numbers, list | tuple) or len(numbers) != 2:  # noqa: PLR2004 - of the centre and of the size
        raise ValueError("expected 2 numbers: of the centre and of the size")
    return numbers


def _anchors(value: object, info: ValidationInfo) -> object:
    """Numbers, or the path of a text file beside the manifest that holds them."""
    if not isinstance(value, str) or _NUMBERS.fullmatch(value):
        return _numbers(value)
    return _beside(value, info, "numbers", read_numbers)


def _beside(value: str, info: ValidationInfo, what: str, read: Callable[[Path], object]) -> object:
    """What a text file beside the manifest holds."""
    folder = (info.context or {}).get("folder")
    relative = PurePosixPath(value)
    if folder is None or relative.is_absolute() or ".." in relative.parts:
        raise ValueError(f"expected a list of {what}, or the path of a text file beside model.yaml")
    try:
        return read(Path(folder) / value)
    except OSError as error:
        raise ValueError(f"expected a readable text file beside model.yaml ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError("expected a text file in UTF-8") from None


def _label(index: int, item: object) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    raise ValueError(f"label {index} is {item!r}, which YAML does not read as text: write it in quotes")


def _file(value: object) -> object:
    if isinstance(value, str):
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or not value.strip():
            raise ValueError("expected a path inside the version folder, as model.onnx")
    return value


Numbers = Annotated[tuple[float, ...], BeforeValidator(_numbers)]
_NUMBERS = re.compile(r"[\s\[\](),0-9.eE+-]*")
_SPEC = DetectorSpec()


class ModelFile(BaseModel):
    """One `model.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())

    name: str | None = None
    title: str = ""
    task: str = ""
    model_type: ModelType
    file: Annotated[str | None, BeforeValidator(_file)] = None
    format: ModelFormat | None = None
    labels: Annotated[tuple[str, ...], BeforeValidator(_labels)] = ()
    layout: Layout | None = None
    input_name: str | None = None
    input_size: Annotated[Size | None, BeforeValidator(_size)] = None
    channels: Literal[1, 3] = 3
    resize_type: ResizeType = ResizeType.STANDARD
    interpolation: Interpolation = Interpolation.LINEAR
    crop_fraction: float = Field(default=1.0, gt=0, le=1)
    pad_value: int = Field(default=0, ge=0, le=255)
    reverse_input_channels: bool = True
    mean_values: Numbers = (0.0,)
    scale_values: Numbers = (1.0,)
    scores: Scores = Scores.LOGITS
    confidence_threshold: float = Field(default=0.0, ge=0, le=1)
    nms: Suppression = _SPEC.nms
    iou_threshold: float = Field(default=_SPEC.iou_threshold, ge=0, le=1)
    max_candidates: int = Field(default=_SPEC.max_candidates, ge=1)
    max_detections: int = Field(default=_SPEC.max_detections, ge=1)
    strides: Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_numbers)] = _SPEC.strides
    anchors: Annotated[tuple[float, ...], BeforeValidator(_anchors)] = _SPEC.anchors
    variances: Annotated[tuple[float, float], BeforeValidator(_two_numbers)] = _SPEC.variances
    first_class: int = Field(default=_SPEC.first_class, ge=0)
    activation: Activation | None = _SPEC.activation
    licence: str = ""
    source: str = ""
    parameters: int | None = Field(default=None, ge=0)
    gflops: float | None = Field(default=None, ge=0)
    reported_quality: str = ""
    measured_quality: str = ""
    untrained: bool = False
    sha256: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default_factory=dict)
    size_bytes: dict[str, int] = Field(default_factory=dict)

    @field_validator("channels", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        return int(value) if isinstance(value, str) and value.strip().isdecimal() else value

    @field_validator("mean_values", "scale_values")
    @classmethod
    def _one_per_channel(cls, value: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        channels = info.data.get("channels")
        if channels is not None and len(value) not in (1, channels):
            raise ValueError(f"expected {'1 number' if channels == 1 else f'1 or {channels} numbers'}")
        if info.field_name == "scale_values" and 0 in value:
            raise ValueError("expected numbers other than 0: pixels are divided by them")
        return value

    @field_validator("anchors")
    @classmethod
    def _anchors_in_pairs(cls, value: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        each = 4 if info.data.get("model_type") is ModelType.SSD else 2
        if len(value) % each:
            raise ValueError(f"expected {each} numbers for each anchor")
        return value

    def manifest(self, name: str, version: str, file: str, model_format: ModelFormat) -> Manifest:
        """The value that the rest of Vedette knows."""
        return Manifest(
            name=name,
            version=version,
            file=file,
            format=model_format,
            model_type=self.model_type,
            input=self._input(),
            labels=self.labels,
            scores=self.scores,
            confidence_threshold=self.confidence_threshold,
            detector=self._detector() if self.model_type.is_detector else None,
            provenance=Provenance(
                title=self.title,
                task=self.task,
                licence=self.licence,
                source=self.source,
                parameters=self.parameters,
                gflops=self.gflops,
                reported_quality=self.reported_quality,
                measured_quality=self.measured_quality,
                untrained=self.untrained,
            ),
        )

    def _detector(self) -> DetectorSpec:
        return DetectorSpec(**{key: getattr(self, key) for key in DETECTOR_KEYS})

    def _input(self) -> InputSpec | None:
        if self.input_name is None or self.layout is None or self.input_size is None:
            return None
        return InputSpec(
            name=self.input_name,
            layout=self.layout,
            size=self.input_size,
            channels=self.channels,
            resize_type=self.resize_type,
            interpolation=self.interpolation,
            crop_fraction=self.crop_fraction,
            pad_value=self.pad_value,
            reverse_input_channels=self.reverse_input_channels,
            mean_values=self.mean_values,
            scale_values=self.scale_values,
        )


KEYS = tuple(ModelFile.model_fields)


def read_numbers(path: Path) -> list[str]:
    """Numbers as text, with spaces or new lines between.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: it is no text.
    """
    return path.read_text(encoding="utf-8-sig").split()


def read_labels(path: Path) -> list[str]:
    """One name a line; empty lines at the end do not count.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: it is no text.
    """
    return [line.strip() for line in path.read_text(encoding="utf-8-sig").rstrip().split("\n")]
