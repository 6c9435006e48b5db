"""Runs graphs in both engines, and opens small ones made of single layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import ModelProto

from vedette.adapters.zoo.graph import Graph
from vedette.adapters.zoo.untrained.architectures import IMAGE_NETWORKS, ImageNetwork
from vedette.adapters.zoo.untrained.layers import Features, Layers


def network(name: str) -> ImageNetwork:
    return next(one for one in IMAGE_NETWORKS if one.name == name)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(shape, np.float32)


def in_onnxruntime(model: ModelProto, *feeds: np.ndarray) -> list[np.ndarray]:
    """The first output for each feed, from one session."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return [session.run(None, {name: feed})[0] for feed in feeds]


def in_openvino(model: ModelProto, folder: Path, *feeds: np.ndarray) -> list[np.ndarray]:
    """The first output for each feed, from one compiled model in full precision."""
    file = folder / "model.onnx"
    onnx.save(model, str(file))
    hints = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(str(file), "CPU", hints)
    return [np.array(compiled([feed])[0]) for feed in feeds]


def layered(channels: int, side: int, add) -> tuple[ModelProto, Layers]:
    """The model of what `add(layers, image)` gives back, and the layers it was added to."""
    graph = Graph("layer", "input", (channels, side, side))
    layers = Layers(graph)
    features = add(layers, Features("input", channels))
    model = graph.model(features.tensor, "answer", features.channels)
    model.graph.output[0].type.tensor_type.ClearField("shape")  # a map as well as a row
    return model, layers


def constants(model: ModelProto) -> list[np.ndarray]:
    """Its constants in the order in which they were drawn."""
    return [onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer]
