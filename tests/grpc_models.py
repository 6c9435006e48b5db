"""The Open Inference Protocol over gRPC on models that are made in the test, with every method of the server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from grpc_rig import CLOCK, GrpcRig, grpc_rig
from onnx import TensorProto, helper
from stations import ONE, GatedRuntime, colour_station, gated_station

from vedette.adapters.grpc.table import every_method
from vedette.adapters.runtimes.onnxruntime import OnnxRuntimeLoader
from vedette.errors import NotFoundError, UnavailableError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.crew import Crew, Rank
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.service import Service
from vedette.flows.inference.station import Loaded, Station
from vedette.values.execution import Plan
from vedette.values.manifest import Manifest, ModelFormat, ModelType
from vedette.values.served import IndexEntry, ModelRef, ModelState
from vedette.values.serving import Limits

ONNX_TYPES = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}
"""Types that NumPy has numbers for."""


def identity_station(folder: Path, datatype: str) -> ImageStation:
    """A model that gives back its one input of a type, of any shape [rows, columns]."""
    file, kind = folder / f"{datatype}.onnx", ONNX_TYPES[datatype]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["in"], ["out"])],
        "identity",
        [helper.make_tensor_value_info("in", kind, ["N", "M"])],
        [helper.make_tensor_value_info("out", kind, ["N", "M"])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    manifest = Manifest(
        name=datatype, version="1", file=str(file), format=ModelFormat.ONNX, model_type=ModelType.TENSOR, input=None
    )
    runtime = OnnxRuntimeLoader(folder / "cache").load(manifest, ONE, Plan.TENSOR)
    return Station(Loaded(Instance(manifest, runtime), lambda: runtime), CLOCK)


@dataclass
class FakeRepository:
    """Models by name that can be loaded and unloaded; version 1 of each, and of `colour` also 2."""

    stations: dict[tuple[str, str], ImageStation]
    unloaded: set[str] = field(default_factory=set)

    def station(self, ref: ModelRef) -> ImageStation:
        known = [version for name, version in self.stations if name == ref.name]
        if not known or (ref.version is not None and ref.version not in known):
            raise NotFoundError(f"there is no model {ref}", help="take another")
        if ref.name in self.unloaded:
            raise UnavailableError(f"{ref} is not ready: unloaded by request", help="load it")
        return self.stations[ref.name, ref.version or max(known)]

    def index(self) -> tuple[IndexEntry, ...]:
        return tuple(
            IndexEntry(name, version, ModelState.UNAVAILABLE, "unloaded")
            if name in self.unloaded
            else IndexEntry(name, version, ModelState.READY)
            for name, version in self.stations
        )

    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, _ in self.stations))

    def versions(self, name: str) -> tuple[str, ...]:
        if name not in self.names():
            raise NotFoundError(f"there is no model {name}", help="take another")
        return () if name in self.unloaded else tuple(version for one, version in self.stations if one == name)

    def ready(self) -> bool:
        return not self.unloaded

    async def load(self, name: str) -> None:
        self.versions(name)
        self.unloaded.discard(name)

    async def unload(self, name: str) -> None:
        self.versions(name)
        self.unloaded.add(name)


@dataclass
class ModelsRig:
    """A server with models, and what is inside it."""

    grpc: GrpcRig
    repository: FakeRepository
    service: Service
    gate: GatedRuntime
    crew: Crew

    @contextmanager
    def holding(self) -> Iterator[GatedRuntime]:
        """The model `gated` lets nothing through meanwhile; afterwards all that waited has been run."""
        self.gate.entered, self.gate.gate, self.gate.open = threading.Semaphore(0), threading.Semaphore(0), False
        try:
            yield self.gate
        finally:
            self.gate.open = True
            self.gate.gate.release(1000)
            meeting = threading.Barrier(self.crew.workers + 1)
            for _ in range(self.crew.workers):
                self.crew.put(Rank(9), meeting.wait)
            meeting.wait(30)

    @property
    def address(self) -> str:
        """Where it listens."""
        return self.grpc.address

    def free(self) -> bool:
        """Whether nothing is under way any more."""

        async def look() -> bool:
            return (self.service.images_under_way, self.service.bytes_under_way) == (0, 0)

        return self.grpc.run(look())


@contextmanager
def models_rig(folder: Path, limits: Limits = Limits(), **more: Any) -> Iterator[ModelsRig]:  # noqa: B008
    """Serves `colour` (an image model), `gated` (see `ModelsRig.holding`) and an identity for every type."""
    crew, gate, made = Crew(2, CLOCK), GatedRuntime(), []
    gate.open = True

    def methods() -> Any:
        colour = colour_station(folder)
        stations = {("colour", "1"): colour, ("colour", "2"): colour, ("gated", "1"): gated_station(CLOCK, None, gate)}
        stations |= {(kind, "1"): identity_station(folder, kind) for kind in ONNX_TYPES}
        repository = FakeRepository(stations)
        service = Service(repository, crew, limits, CLOCK)
        made.extend((repository, service))
        return every_method(service, repository, CLOCK, "9.9")

    try:
        with grpc_rig(methods, limits, **more) as rig:
            yield ModelsRig(rig, *made, gate, crew)
    finally:
        crew.close()


def example(datatype: str, rows: int = 2, columns: int = 3) -> np.ndarray:
    """A tensor of a type with its extremes."""
    if datatype == "BYTES":
        words = [b"", b"a", "\u00fc\u20ac".encode(), b"x" * 1000, b"1", b"2"]
        return np.array((words * rows * columns)[: rows * columns], object).reshape(rows, columns)
    dtype = {"BOOL": np.bool_, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64}.get(datatype)
    if datatype == "BOOL":
        return np.resize([True, False, False], (rows, columns)).astype(bool)
    if dtype is not None:
        return np.resize([0.5, -1.25, np.inf, np.finfo(dtype).max], (rows, columns)).astype(dtype)
    kind = np.dtype(datatype.lower())
    return np.resize(np.array([np.iinfo(kind).min, np.iinfo(kind).max, 7, 8], kind), (rows, columns))
