"""Models in processes of their own: the loader for the server's side, and what such a process runs.

isolated_loader -> `python -m vedette.wiring.children model LANES` -> run_model -> the engine's own loader
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

from vedette.adapters.runtimes.isolated import HANG_S, IsolatedLoader
from vedette.adapters.runtimes.isolated_child import serve
from vedette.adapters.runtimes.lane import opened
from vedette.adapters.store.record import from_data, to_data
from vedette.clock import Clock
from vedette.flows.inference.runtime import Runtime
from vedette.values.execution import Execution, Plan
from vedette.values.manifest import Manifest
from vedette.wiring.plugins import Loaders

_COMMAND = (sys.executable, "-m", "vedette.wiring.children", "model")


def isolated_loader(cache: Path, clock: Clock, hang_s: float = HANG_S) -> IsolatedLoader:
    """A loader for every engine that gives each model a process of its own; `cache` as for `Loaders`."""

    def order(manifest: Manifest, execution: Execution, plan: Plan) -> dict[str, Any]:
        told = {"manifest": to_data(manifest), "execution": to_data(execution)}
        return told | {"plan": plan.value, "cache": str(cache)}

    return IsolatedLoader(_COMMAND, order, clock, hang_s)


def run_model(lanes: str) -> NoReturn:
    """Load the model that the parent orders and answer it, until it is gone."""
    from vedette.wiring.process import own_memory, spare_converter

    own_memory()
    spare_converter()
    serve(opened(lanes), _load)


def _load(order: dict[str, Any]) -> Runtime:
    execution = from_data(Execution, order["execution"])
    loader = Loaders(Path(order["cache"]))[execution.runtime]
    return loader.load(from_data(Manifest, order["manifest"]), execution, Plan(order["plan"]))
