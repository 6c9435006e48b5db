"""The manifest: all that must be known of a model besides its file.

Keys carry OpenVINO's `model_info` names where it has them, so that what a model says of itself needs no translation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vedette.values.frame import Size


class ModelFormat(StrEnum):
    """The kind of file that holds a model."""

    ONNX = "onnx"
    OPENVINO = "openvino"
    SAVED_MODEL = "saved_model"
    TFLITE = "tflite"
    TORCHSCRIPT = "torchscript"


class ModelType(StrEnum):
    """What the outputs of a model mean."""

    CLASSIFIER = "classifier"
    TENSOR = "tensor"


class ResizeType(StrEnum):
    """How an image of any size becomes the input of a model.

    `standard` stretches, `fit_to_window` keeps the ratio and pads at the right and the bottom,
    `fit_to_window_letterbox` keeps the ratio and pads on all sides, `crop` takes the centre.
    """

    STANDARD = "standard"
    FIT_TO_WINDOW = "fit_to_window"
    LETTERBOX = "fit_to_window_letterbox"
    CROP = "crop"


class Interpolation(StrEnum):
    """How pixels between pixels are made."""

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"
    AREA = "area"


class Scores(StrEnum):
    """What a classifier's output holds: `logits` still need a softmax, `probabilities` do not."""

    LOGITS = "logits"
    PROBABILITIES = "probabilities"


class Layout(StrEnum):
    """Order of the dimensions of an image tensor."""

    NCHW = "NCHW"
    NHWC = "NHWC"


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The image input of a model: its name in the graph, layout, size, channels, and how an image is made to fit.

    A pixel x in 0..255 enters as (x - mean) / scale per channel, in the channel order of the model.
    `crop_fraction` is the share of the tighter side that the centre keeps (`crop` only). `reverse_input_channels`
    counts from BGR pixels, as OpenVINO's key does: true means that the model takes RGB.
    """

    name: str
    layout: Layout
    size: Size
    channels: int = 3
    resize_type: ResizeType = ResizeType.STANDARD
    interpolation: Interpolation = Interpolation.LINEAR
    crop_fraction: float = 1.0
    pad_value: int = 0
    reverse_input_channels: bool = True
    mean_values: tuple[float, ...] = (0.0,)
    scale_values: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ValueError(f"an image input has 1 or 3 channels, got {self.channels}")
        for key, values in (("mean_values", self.mean_values), ("scale_values", self.scale_values)):
            if len(values) not in (1, self.channels):
                raise ValueError(f"{key} needs 1 or {self.channels} numbers, got {len(values)}")
        if any(value == 0 for value in self.scale_values):
            raise ValueError("scale_values must not hold 0: pixels are divided by them")
        if not 0 < self.crop_fraction <= 1:
            raise ValueError(f"crop_fraction must lie in (0, 1], got {self.crop_fraction}")
        if not 0 <= self.pad_value <= 255:  # noqa: PLR2004 - a pixel
            raise ValueError(f"pad_value must lie in 0..255, got {self.pad_value}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a model comes from and what is known of its quality; an empty text or None means: not known."""

    title: str = ""
    task: str = ""
    licence: str = ""
    source: str = ""
    parameters: int | None = None
    gflops: float | None = None
    reported_quality: str = ""
    measured_quality: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of one model.

    Attributes:
        name: the name users type.
        version: a whole number as text; the highest is served.
        file: absolute path of the model file or folder.
        format: what kind of file that is.
        model_type: what its outputs mean.
        input: the image input; None for a model that takes plain tensors.
        labels: class names by class_id.
        scores: what the output of a classifier holds.
        confidence_threshold: answers below it are not reported unless asked for.
        provenance: source, licence, size, quality.
    """

    name: str
    version: str
    file: str
    format: ModelFormat
    model_type: ModelType
    input: InputSpec | None
    labels: tuple[str, ...] = ()
    scores: Scores = Scores.LOGITS
    confidence_threshold: float = 0.0
    provenance: Provenance = field(default_factory=Provenance)
