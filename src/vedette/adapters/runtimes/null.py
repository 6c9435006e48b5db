"""The runtime that answers zeros at once: what is left of the time is everything but inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.adapters.runtimes.signature import check_count, original, pixels
from vedette.errors import UnsupportedError
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.execution import Execution, Plan
from vedette.values.manifest import Manifest, ModelType
from vedette.values.tensor import Signature, TensorSpec


class NullLoader:
    """Loads nothing."""

    def load(self, manifest: Manifest, execution: Execution, plan: Plan = Plan.IMAGE) -> Runtime:
        """See `Loader.load`; the file is not opened."""
        if manifest.model_type is not ModelType.CLASSIFIER or manifest.input is None:
            raise UnsupportedError(
                f"the runtime null knows the answers of classifiers only, {manifest.name} is a {manifest.model_type}",
                help="take another runtime",
            )
        taken = pixels(manifest.input) if plan is Plan.IMAGE else original(manifest.input)
        classes = len(manifest.labels)
        return NullRuntime(execution, Signature((taken,), (TensorSpec("scores", "FP32", (-1, classes)),)), classes)


@dataclass(frozen=True, slots=True)
class NullRuntime:
    """Zeros for every class."""

    execution: Execution
    signature: Signature
    classes: int

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`."""
        check_count(self.signature, tensors)
        return (np.zeros((len(tensors[0]), self.classes), np.float32),)

    def close(self) -> None:
        """See `Runtime.close`."""
