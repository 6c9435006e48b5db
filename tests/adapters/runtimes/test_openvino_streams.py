"""The streams of a CPU: each has a compiled model of its own, run by its caller, while the weights are small."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from fakes import colour_manifest, write_colour_model

from vedette.adapters.runtimes import openvino
from vedette.adapters.runtimes.openvino import OpenVinoLoader
from vedette.values.execution import Execution, Precision, RuntimeName

SIDE = 512
TWO_STREAMS = Execution(RuntimeName.OPENVINO, Precision.FP32, "cpu", 2, 1)


def loaded(folder: Path):
    model = write_colour_model(folder / "colour.onnx", SIDE)
    return OpenVinoLoader(folder / "compiled").load(colour_manifest(model, SIDE), TWO_STREAMS)


def share_of_the_caller(runtime) -> float:
    """The calling thread's part of the processor time that inferences took."""
    batch = np.zeros((8, SIDE, SIDE, 3), np.uint8)
    runtime.infer(batch)
    everybody, caller = time.process_time(), time.thread_time()
    for _ in range(20):
        runtime.infer(batch)
    return (time.thread_time() - caller) / (time.process_time() - everybody)


def test_an_inference_is_run_by_the_thread_that_calls_it(tmp_path) -> None:
    """No hand-over to a thread of the engine, and none back."""
    assert share_of_the_caller(loaded(tmp_path)) > 0.8


def test_streams_of_a_model_with_large_weights_share_one_compiled_model(tmp_path, monkeypatch) -> None:
    """Memory first: then the engine's own threads run it."""
    monkeypatch.setattr(openvino, "COPIES_BYTES", 1)

    assert share_of_the_caller(loaded(tmp_path)) < 0.5


@pytest.mark.parametrize("bound", [1, openvino.COPIES_BYTES])
def test_every_stream_gives_the_same_answers(bound, tmp_path, monkeypatch) -> None:
    """However the streams are made: requests are taken in turns, so that the calls below meet both."""
    monkeypatch.setattr(openvino, "COPIES_BYTES", bound)
    runtime = loaded(tmp_path)
    batch = np.random.default_rng(3).integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)

    answers = [runtime.infer(batch)[0] for _ in range(4)]

    for scores in answers:
        np.testing.assert_allclose(scores, batch.mean(axis=(1, 2)) / 255, atol=1e-5)
