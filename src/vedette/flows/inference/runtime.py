"""The port to the engines that run models, and an Instance: a model together with the engine that has it loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from vedette.values.execution import Execution, Plan
from vedette.values.manifest import Manifest
from vedette.values.tensor import Signature

Tensor = NDArray[Any]


class Runtime(Protocol):
    """A model loaded into an engine. `infer` may be called by `execution.streams` threads at the same time."""

    @property
    def execution(self) -> Execution:
        """How it runs."""

    @property
    def signature(self) -> Signature:
        """What `infer` takes and gives, in this order, under the names of the graph."""

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Run one batch and return every output; the first dimension of each is the batch.

        A graph that takes a fixed number of rows is run as often as is needed, and filled up: so any number may come.

        Args:
            tensors: for the image plan one of uint8 (N, height, width, channels), RGB or grey; for the tensor plan the
                inputs of `signature`; of type BYTES an array of dtype object that holds `bytes`.

        Raises:
            InvalidError: the model does not take these.
        """

    def close(self) -> None:
        """Free the engine's memory; `infer` must not be called any more."""


class Loader(Protocol):
    """Brings models into engines."""

    def load(self, manifest: Manifest, execution: Execution, plan: Plan = Plan.IMAGE) -> Runtime:
        """Load a model.

        Raises:
            UnsupportedError: this engine cannot offer the device, the precision or the file format.
            UnavailableError: the engine is not installed.
            InvalidError: the file does not hold a model that the engine can run.
        """


@dataclass(frozen=True, slots=True)
class Instance:
    """A model ready to run."""

    manifest: Manifest
    runtime: Runtime
