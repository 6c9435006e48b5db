"""The runtime that answers zeros at once: what is left of the time is everything but inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.errors import UnsupportedError
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.execution import Execution, Plan
from vedette.values.manifest import Manifest, ModelType


class NullLoader:
    """Loads nothing."""

    def load(self, manifest: Manifest, execution: Execution, plan: Plan = Plan.IMAGE) -> Runtime:
        """See `Loader.load`; the file is not opened and the plan makes no difference."""
        del plan
        if manifest.model_type is not ModelType.CLASSIFIER:
            raise UnsupportedError(
                f"the runtime null knows the answers of classifiers only, {manifest.name} is a {manifest.model_type}",
                help="take another runtime",
            )
        return NullRuntime(execution, len(manifest.labels))


@dataclass(frozen=True, slots=True)
class NullRuntime:
    """Zeros for every class."""

    execution: Execution
    classes: int

    def infer(self, batch: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`."""
        return (np.zeros((len(batch), self.classes), np.float32),)

    def close(self) -> None:
        """See `Runtime.close`."""
