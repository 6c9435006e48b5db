"""The bare loop: decode, resize, infer, softmax and top-5 with the libraries alone, and no framework around them.

Threads take images (or batches of them) from one counter; the engine is called directly. Engine, precision, number of
threads and the normalisation inside the graph are those of the Execution under test, so that only the way of calling
differs.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg

from vedette.adapters.runtimes.image_plan import composed_file
from vedette.adapters.runtimes.signature import IMAGE_INPUT
from vedette.values.execution import Execution, RuntimeName
from vedette.values.manifest import Manifest

Infer = Callable[[int, Any], Any]
"""Stream number and uint8 batch (N, height, width, 3) to logits (N, classes)."""


@dataclass(frozen=True, slots=True)
class BareLoop:
    """One way to run the loop."""

    infer: Infer
    side: int
    fraction: float
    batch: int
    streams: int

    def __call__(self, images: Sequence[bytes]) -> list[int]:
        """The top-1 class of every image."""
        answers = [-1] * len(images)
        starts = itertools.count(0, self.batch)

        def work(stream: int) -> None:
            while (start := next(starts)) < len(images):
                part = images[start : start + self.batch]
                rows = [self._row(image) for image in part]
                logits = self.infer(stream, np.stack(rows) if len(rows) > 1 else rows[0][np.newaxis])
                for offset, vector in enumerate(logits):
                    chances = np.exp(vector - vector.max())
                    chances /= chances.sum()
                    top = np.argpartition(chances, -5)[-5:]
                    answers[start + offset] = int(top[chances[top].argmax()])

        threads = [threading.Thread(target=work, args=(stream,)) for stream in range(self.streams)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def _row(self, image: bytes) -> Any:
        pixels = simplejpeg.decode_jpeg(image, "RGB")
        height, width = pixels.shape[:2]
        side = round(self.fraction * min(width, height))
        left, top = (width - side) // 2, (height - side) // 2
        crop = pixels[top : top + side, left : left + side]
        return cv2.resize(crop, (self.side, self.side), interpolation=cv2.INTER_CUBIC)


def bare_infer(manifest: Manifest, execution: Execution, cache: Path) -> Infer:
    """The engine's own call, without anything of ours around it."""
    assert manifest.input is not None, "the bare loop runs models of images"
    model = composed_file(Path(manifest.file), manifest.input, cache)
    if execution.runtime is RuntimeName.ONNXRUNTIME:
        return _onnxruntime(model, execution)
    return _openvino(model, execution)


def _onnxruntime(model: Path, execution: Execution) -> Infer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = execution.threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda _, batch: session.run(None, {IMAGE_INPUT: batch})[0]


def _openvino(model: Path, execution: Execution) -> Infer:
    import openvino

    properties = {
        "NUM_STREAMS": execution.streams,
        "INFERENCE_NUM_THREADS": execution.streams * execution.threads,
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}[execution.precision],
    }
    compiled = openvino.Core().compile_model(str(model), "CPU", properties)
    requests = [compiled.create_infer_request() for _ in range(execution.streams)]

    def infer(stream: int, batch: Any) -> Any:
        requests[stream].infer([batch], share_inputs=True)
        return requests[stream].get_output_tensor(0).data

    return infer
