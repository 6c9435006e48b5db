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
    SSD = "ssd"
    TF_OD = "tf-od"
    YOLOV3 = "yolov3"
    YOLOV4 = "yolov4"
    YOLOV5 = "yolov5"
    YOLOV8 = "yolov8"
    YOLO_END2END = "yolo-end2end"
    YOLOX = "yolox"
    NANODET = "nanodet"
    NANODET_PLUS = "nanodet-plus"
    CENTERNET = "centernet"
    DETR = "detr"
    RTDETR = "rtdetr"
    BOXES = "boxes"
    TENSOR = "tensor"

    @property
    def is_detector(self) -> bool:
        """Whether the answers are boxes."""
        return self not in (ModelType.CLASSIFIER, ModelType.TENSOR)


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


class Suppression(StrEnum):
    """Which boxes that overlap suppress each other: those of one class, all (`agnostic`), or `none`."""

    CLASS = "class"
    AGNOSTIC = "agnostic"
    NONE = "none"


class Activation(StrEnum):
    """What still has to be done to the class scores that a detector gives out."""

    NONE = "none"
    SIGMOID = "sigmoid"
    SOFTMAX = "softmax"


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
class DetectorSpec:
    """What the boxes of a detector need beside its `model_type`.

    Attributes:
        nms: which boxes suppress each other; `none` where the graph has done it.
        iou_threshold: boxes that overlap more than this suppress each other.
        max_candidates: boxes kept before that, the best first.
        max_detections: boxes kept after that, the best first, in one model input.
        strides: input pixels of a cell of each feature map; empty takes those of the family.
        anchors: for the YOLO families width and height of each anchor box in input pixels, stride by stride; for `ssd`
            centre x, centre y, width, height of every anchor as shares of the input; empty where the family has none.
        variances: by which `ssd` multiplies what it learnt for the centre and for the size.
        first_class: the place in the outputs that holds the first label: 1 where 0 is the background.
        activation: of the class scores; None takes that of the family.
    """

    nms: Suppression = Suppression.CLASS
    iou_threshold: float = 0.5
    max_candidates: int = 1000
    max_detections: int = 300
    strides: tuple[int, ...] = ()
    anchors: tuple[float, ...] = ()
    variances: tuple[float, float] = (0.1, 0.2)
    first_class: int = 0
    activation: Activation | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.iou_threshold <= 1:
            raise ValueError(f"iou_threshold must lie in 0..1, got {self.iou_threshold}")
        if self.max_candidates < 1 or self.max_detections < 1:
            raise ValueError(
                f"max_candidates and max_detections start at 1, got {self.max_candidates} and {self.max_detections}"
            )
        if any(stride < 1 for stride in self.strides):
            raise ValueError(f"strides start at 1, got {self.strides}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a model comes from and what is known of its quality; an empty text or None means: not known.

    `untrained`: the weights are random, so the answers mean nothing and only its cost does.
    """

    title: str = ""
    task: str = ""
    licence: str = ""
    source: str = ""
    parameters: int | None = None
    gflops: float | None = None
    reported_quality: str = ""
    measured_quality: str = ""
    untrained: bool = False


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
        detector: how its boxes are read; None for a model that gives none.
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
    detector: DetectorSpec | None = None
    provenance: Provenance = field(default_factory=Provenance)
