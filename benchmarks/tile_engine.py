"""What the bare tile loop and the peers share: the engine's own call, and a tile that becomes boxes.

The interpreter of the peers runs this too, so it imports the engines, OpenCV and Vedette's rules, and nothing else.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vedette.rules.vision.detect import detect
from vedette.values.detection import Detections, detections
from vedette.values.manifest import Manifest

Engine = Callable[[int, Any], tuple[Any, ...]]
"""Stream number and uint8 batch (N, side, side, 3) to the outputs; a stream's next call may overwrite them."""

_OPENCV = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}


@dataclass(frozen=True, slots=True)
class Task:
    """What all contestants do alike.

    Attributes:
        graph: for ONNX Runtime the ONNX file with the normalisation inside, uint8 NHWC in.
        runtime: `openvino` or `onnxruntime`, at fp32 on the CPU.
        manifest: the model's own file, its input, and how its outputs are read.
        tile: side of a tile in pixels of the image.
        threshold: lowest score of a box.
    """

    graph: Path
    runtime: str
    manifest: Manifest
    tile: int
    threshold: float

    @property
    def side(self) -> int:
        """Side of the model's input; square tiles fill it in every resize mode but `crop`."""
        assert self.manifest.input is not None, "a model of images"
        size = self.manifest.input.size
        assert size.width == size.height, "tiles and input are squares here"
        return size.width

    @property
    def iou_threshold(self) -> float:
        """Boxes of one class that overlap more suppress each other, in a tile and in the image."""
        assert self.manifest.detector is not None, "a detector"
        return self.manifest.detector.iou_threshold

    def row(self, tile: Any) -> Any:
        """A tile as the model takes it."""
        assert self.manifest.input is not None, "a model of images"
        return cv2.resize(tile, (self.side, self.side), interpolation=_OPENCV[self.manifest.input.interpolation])

    def boxes(self, outputs: Sequence[Any], number: int) -> Detections:
        """What was found in tile `number` of a batch, in pixels of the tile, clipped to it."""
        found = detect([output[number] for output in outputs], self.manifest, self.threshold)
        inside = np.clip(found.boxes * (self.tile / self.side), 0, self.tile)
        sound: NDArray[np.bool_] = np.all(inside[:, 2:] > inside[:, :2], axis=1)
        return detections(inside, found.scores, found.class_ids).take(sound)


def save(task: Task, file: Path) -> None:
    """Write a task for the interpreter of a peer."""
    file.write_bytes(pickle.dumps(task))


def load(file: Path) -> Task:
    """Read what `save` wrote."""
    task = pickle.loads(file.read_bytes())  # noqa: S301 - written by the parent process
    assert isinstance(task, Task)
    return task


def start_engine(task: Task, streams: int, threads: int) -> Engine:
    """The engine's own call for `streams` batches at a time with `threads` threads each."""
    if task.runtime == "openvino":
        return _openvino(task.manifest, streams, threads)
    return _onnxruntime(task.graph, threads)


def _openvino(manifest: Manifest, streams: int, threads: int) -> Engine:
    import openvino

    properties = {
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": streams * threads,
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }
    core = openvino.Core()
    compiled = core.compile_model(_with_normalisation(core.read_model(manifest.file), manifest), "CPU", properties)
    requests = [compiled.create_infer_request() for _ in range(streams)]

    def infer(stream: int, batch: Any) -> tuple[Any, ...]:
        requests[stream].infer([batch], share_inputs=True)
        return tuple(requests[stream].get_output_tensor(index).data for index in range(len(compiled.outputs)))

    return infer


def _with_normalisation(model: Any, manifest: Manifest) -> Any:
    """The model with uint8 NHWC in front, by OpenVINO's own means: a Gather of channels in the graph costs more."""
    import openvino
    from openvino.preprocess import PrePostProcessor

    spec = manifest.input
    assert spec is not None, "a model of images"
    assert spec.layout == "NCHW", "the detectors measured here take NCHW"
    model.reshape({spec.name: [-1, 3, spec.size.height, spec.size.width]})
    builder = PrePostProcessor(model)
    entry = builder.input(spec.name)
    entry.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    entry.model().set_layout(openvino.Layout(spec.layout))
    steps = entry.preprocess()
    if not spec.reverse_input_channels:
        steps.reverse_channels()
    steps.convert_element_type(openvino.Type.f32)
    steps.mean(list(spec.mean_values) * (3 // len(spec.mean_values)))
    steps.scale(list(spec.scale_values) * (3 // len(spec.scale_values)))
    return builder.build()


def _onnxruntime(graph: Path, threads: int) -> Engine:
    """A session takes as many callers as there are."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda _, batch: tuple(session.run(None, {name: batch}))
