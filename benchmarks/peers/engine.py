"""What every hand-written peer does with an image: decode, crop, resize, infer, softmax, top-5.

    JPEG -> simplejpeg -> centre crop -> OpenCV cubic -> uint8 (1, side, side, 3) -> engine -> logits -> top-5

The graph holds the normalisation, as Vedette's image plan does, so that only the way of serving differs. This file
knows nothing of Vedette and of HTTP: it runs in the environment of each peer.
"""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg

Infer = Callable[[Any], Any]
"""uint8 batch (N, side, side, 3) to logits (N, classes); any thread may call it."""

TOP = 5


@dataclass(frozen=True, slots=True)
class Job:
    """What is served: the graph, how images are made to fit it, and the engine that runs it."""

    graph: str
    side: int
    fraction: float
    runtime: str
    precision: str


@dataclass(frozen=True, slots=True)
class Classifier:
    """From encoded images to their best classes."""

    job: Job
    infer: Infer

    def __call__(self, images: Sequence[bytes]) -> list[list[dict[str, float]]]:
        """The five best classes of each image, as `{"class_id", "score"}`, best first."""
        rows = [self._row(image) for image in images]
        return [top(vector) for vector in self.infer(np.stack(rows) if len(rows) > 1 else rows[0][np.newaxis])]

    def _row(self, image: bytes) -> Any:
        pixels = simplejpeg.decode_jpeg(image, "RGB")
        height, width = pixels.shape[:2]
        side = round(self.job.fraction * min(width, height))
        left, above = (width - side) // 2, (height - side) // 2
        crop = pixels[above : above + side, left : left + side]
        return cv2.resize(crop, (self.job.side, self.job.side), interpolation=cv2.INTER_CUBIC)


def read_job(file: str) -> Job:
    """The job that the benchmark wrote."""
    return Job(**json.loads(Path(file).read_text(encoding="utf-8")))


def classifier(job: Job, streams: int, threads: int, *, pinned: bool = True) -> Classifier:
    """The engine, compiled once for `streams` callers at once with `threads` threads each.

    Args:
        job: what is served.
        streams: inferences that may run at once.
        threads: of one inference.
        pinned: whether OpenVINO binds its threads to cores; two processes that do so share the first core.
    """
    cv2.setNumThreads(1)
    if job.runtime == "onnxruntime":
        return Classifier(job, _onnxruntime(job, threads))
    return Classifier(job, _openvino(job, streams, threads, pinned=pinned))


def top(logits: Any) -> list[dict[str, float]]:
    """The five best classes after softmax."""
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    best = np.argpartition(chances, -TOP)[-TOP:]
    return [{"class_id": int(one), "score": float(chances[one])} for one in best[np.argsort(-chances[best])]]


def _onnxruntime(job: Job, threads: int) -> Infer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(job.graph, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch})[0]


def _openvino(job: Job, streams: int, threads: int, *, pinned: bool) -> Infer:
    import openvino

    properties = {
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": streams * threads,
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}[job.precision],
        "ENABLE_CPU_PINNING": pinned,
    }
    compiled = openvino.Core().compile_model(job.graph, "CPU", properties)
    free: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(streams):
        free.put(compiled.create_infer_request())

    def infer(batch: Any) -> Any:
        request = free.get()
        try:
            request.infer([batch], share_inputs=True)
            return request.get_output_tensor(0).data.copy()
        finally:
            free.put(request)

    return infer
