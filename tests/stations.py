"""Stations with the colour model, and models that are ready, for tests of the service and of the protocols above it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
from fakes import colour_manifest, write_colour_model

from vedette.adapters.runtimes.onnxruntime import OnnxRuntimeLoader
from vedette.clock import Clock, SystemClock
from vedette.errors import NotFoundError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.flows.inference.station import Loaded, Station
from vedette.rules.batching.policy import BatchPolicy
from vedette.values.execution import Execution, Plan, RuntimeName
from vedette.values.manifest import Manifest
from vedette.values.served import ModelRef
from vedette.values.tensor import Signature, TensorSpec

ONE = Execution(RuntimeName.ONNXRUNTIME)


def colour_station(folder: Path, clock: Clock | None = None, *, streams: int = 1, **changes: object) -> ImageStation:
    """The colour model on ONNX Runtime; `changes` go to `Loaded`."""
    file = write_colour_model(folder / "colour.onnx")
    manifest = colour_manifest(file)
    loader = OnnxRuntimeLoader(folder / "cache")
    execution = replace(ONE, streams=streams)
    instance = Instance(manifest, loader.load(manifest, execution))
    loaded = Loaded(instance, lambda: loader.load(manifest, execution, Plan.TENSOR), **changes)  # type: ignore[arg-type]
    return Station(loaded, clock or SystemClock())


class GatedRuntime:
    """Answers the mean colour of each row when it is let; remembers the sizes of its batches."""

    def __init__(self, streams: int = 1) -> None:
        self.execution = replace(ONE, streams=streams)
        self.signature = Signature((TensorSpec("input", "UINT8", (-1, 8, 8, 3)),), (TensorSpec("s", "FP32", (-1, 3)),))
        self.batches: list[int] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.open = False

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        (batch,) = tensors
        self.batches.append(len(batch))
        self.entered.release()
        if not self.open:
            assert self.gate.acquire(timeout=30)
        return (batch.mean((1, 2)).astype(np.float32) / 255,)

    def close(self) -> None:
        self.open = True


def gated_station(clock: Clock, policy: BatchPolicy | None = None, runtime: GatedRuntime | None = None) -> ImageStation:
    """A station whose inferences wait until the test lets them go."""
    own = runtime or GatedRuntime()
    manifest: Manifest = colour_manifest()
    return Station(Loaded(Instance(manifest, own), lambda: own, policy or BatchPolicy()), clock)


class ReadyModels:
    """Models that are ready, by name."""

    def __init__(self, **stations: ImageStation) -> None:
        self.stations = stations

    def station(self, ref: ModelRef) -> ImageStation:
        if ref.name not in self.stations or ref.version not in (None, "1"):
            raise NotFoundError(f"there is no model {ref}", help="take another")
        return self.stations[ref.name]
