"""Fakes that implement the ports, and models small enough to be made in a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vedette.flows.inference.postprocess import Delivery
from vedette.flows.inference.runtime import Tensor
from vedette.rules.vision.encode import encode_jpeg
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Frame, Reject, Size
from vedette.values.manifest import DetectorSpec, InputSpec, Layout, Manifest, ModelFormat, ModelType, Scores
from vedette.values.tensor import Signature, TensorSpec

COLOURS = ("red", "green", "blue")
COLOUR_SIGNATURE = Signature(
    (TensorSpec("vedette_image", "UINT8", (-1, 8, 8, 3)),), (TensorSpec("scores", "FP32", (-1, 3)),)
)
BLOB_SIGNATURE = Signature(
    (TensorSpec("vedette_image", "UINT8", (-1, 64, 64, 3)),),
    (
        TensorSpec("boxes", "FP32", (-1, -1, 4)),
        TensorSpec("scores", "FP32", (-1, -1)),
        TensorSpec("classes", "INT64", (-1, -1)),
    ),
)


class StepClock:
    """A clock that goes on by one microsecond at each reading."""

    def __init__(self) -> None:
        self._now = 0
        self._lock = threading.Lock()

    def now_ns(self) -> int:
        with self._lock:
            self._now += 1000
            return self._now


def colour_manifest(file: Path | str = "colour.onnx", side: int = 8, **changes) -> Manifest:
    """A classifier whose scores are the mean red, green and blue of the picture, 0..1."""
    own = {"name", "input_name"}
    spec = {
        "name": changes.pop("input_name", "input"),
        "layout": Layout.NCHW,
        "size": Size(side, side),
        "scale_values": (255.0,),
    }
    spec |= {key: changes.pop(key) for key in list(changes) if key in InputSpec.__dataclass_fields__ and key not in own}
    facts = {
        "name": "colour",
        "version": "1",
        "file": str(file),
        "format": ModelFormat.ONNX,
        "model_type": ModelType.CLASSIFIER,
        "input": InputSpec(**spec),
        "labels": COLOURS,
        "scores": Scores.PROBABILITIES,
    }
    return Manifest(**(facts | changes))


def write_colour_model(file: Path, side: int = 8, *, batch: int | str = "N", kind: int = TensorProto.FLOAT) -> Path:
    """The ONNX model that `colour_manifest` describes: a global average over each channel."""
    nodes = [
        helper.make_node("Cast", ["input"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["as_float"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["scores"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "colour",
        [helper.make_tensor_value_info("input", kind, [batch, 3, side, side])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, file)
    return file


def write_stiff_model(file: Path, batch: int, *, channels: int = 3, side: int = 8) -> Path:
    """The model of `write_colour_model` for `batch` rows only: the number is written into the middle of its graph.

    With -1 `channels` are whatever is left, so that the graph runs with any rows, and answers for `batch` of them.
    """
    shape = numpy_helper.from_array(np.array([batch, channels], np.int64), "shape")
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
            helper.make_node("Reshape", ["mean", "shape"], ["scores"]),
        ],
        "stiff",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, side, side])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, 3])],
        [shape],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, file)
    return file


def write_linear_model(file: Path, weights: np.ndarray) -> Path:
    """An ONNX model without images: float (N, inputs) times weights."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", weights.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", weights.shape[1]])],
        [numpy_helper.from_array(weights.astype(np.float32), "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def plain(colour: tuple[int, int, int], width: int = 32, height: int = 32) -> np.ndarray:
    """A picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def jpeg(colour: tuple[int, int, int], width: int = 32, height: int = 32) -> bytes:
    """The same, encoded."""
    return encode_jpeg(plain(colour, width, height), 95)


@dataclass
class ListSource:
    """A source of what it is given; `taken` counts what was asked for."""

    items: Sequence[Frame | Reject | Exception]
    taken: int = 0

    def frames(self) -> Iterator[Frame | Reject]:
        for item in self.items:
            self.taken += 1
            if isinstance(item, Exception):
                raise item
            yield item


def blob_manifest(side: int = 64, **changes) -> Manifest:
    """A detector of what `BlobRuntime` finds."""
    facts = {
        "name": "blobs",
        "version": "1",
        "file": "blobs.onnx",
        "format": ModelFormat.ONNX,
        "model_type": ModelType.BOXES,
        "input": InputSpec(name="input", layout=Layout.NCHW, size=Size(side, side)),
        "labels": COLOURS,
        "confidence_threshold": 0.25,
        "detector": DetectorSpec(),
    }
    return Manifest(**(facts | changes))


@dataclass
class BlobRuntime:
    """Finds every connected patch of pure red, green or blue, exactly; its score is 0.5 + its share of the input."""

    execution: Execution = field(default_factory=lambda: Execution(RuntimeName.NULL))
    before: Callable[[Tensor], None] = lambda batch: None
    batches: list[int] = field(default_factory=list)
    signature: Signature = BLOB_SIGNATURE

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        (batch,) = tensors
        self.before(batch)
        self.batches.append(len(batch))
        found = [self._blobs(row) for row in batch]
        most = max(len(blobs) for blobs in found)
        padded = np.zeros((len(batch), most, 6), np.float32)
        for row, blobs in zip(padded, found, strict=True):
            row[: len(blobs)] = np.array(blobs, np.float32).reshape(-1, 6)
        return padded[..., :4], padded[..., 4], padded[..., 5].astype(np.int64)

    def _blobs(self, row: Tensor) -> list[tuple[float, ...]]:
        found = []
        for channel in range(3):
            mask = (row[..., channel] > 200) & (np.delete(row, channel, 2) < 50).all(axis=2)
            _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
            for left, top, width, height, pixels in stats[1:]:
                score = 0.5 + pixels / (2 * mask.size)
                found.append((left, top, left + width, top + height, score, channel))
        return found

    def close(self) -> None:
        """Nothing to free."""


def patches(size: Size, *boxes: tuple[int, int, int, int, int]) -> np.ndarray:
    """A black picture with filled boxes: left, top, right, bottom, and 0, 1 or 2 for pure red, green or blue."""
    picture = np.zeros((size.height, size.width, 3), np.uint8)
    for left, top, right, bottom, channel in boxes:
        picture[top:bottom, left:right, channel] = 255
    return picture


@dataclass(eq=False)
class ListSink:
    """A sink that keeps everything; `before` is called with each delivery first."""

    before: Callable[[Delivery], None] = lambda delivery: None
    deliveries: list[Delivery] = field(default_factory=list)
    completed: bool | None = None

    def write(self, delivery: Delivery) -> None:
        self.before(delivery)
        self.deliveries.append(delivery)

    def close(self, *, complete: bool) -> None:
        self.completed = complete


@dataclass
class MeanRuntime:
    """Answers the mean of each channel, as the colour model does; counts its batches."""

    execution: Execution = field(default_factory=lambda: Execution(RuntimeName.NULL))
    before: Callable[[Tensor], None] = lambda batch: None
    batches: list[int] = field(default_factory=list)
    closed: bool = False
    signature: Signature = COLOUR_SIGNATURE

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        (batch,) = tensors
        self.before(batch)
        self.batches.append(len(batch))
        return (batch.mean(axis=(1, 2), dtype=np.float32) / 255,)

    def close(self) -> None:
        self.closed = True
