"""Vedette: serve your vision model, find the cheapest set-up that meets your deadline, and see it proved.

    import vedette
    model = vedette.load_model("efficientnet-lite0")
    print(model("cat.jpg").classes[0].label)

The names in `__all__` are the whole of the library's door; everything else may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.errors import VedetteError
    from vedette.rules.vision.fit_input import fit_input
    from vedette.values.frame import Size
    from vedette.values.manifest import InputSpec
    from vedette.values.result import Class, Detection, Failure, Result
    from vedette.wiring.door import Model, load_model
    from vedette.wiring.plan_door import plan

__all__ = [
    "Class",
    "Detection",
    "Failure",
    "InputSpec",
    "Model",
    "Result",
    "Size",
    "VedetteError",
    "fit_input",
    "load_model",
    "plan",
]

_HOMES = {
    "Class": "vedette.values.result",
    "Detection": "vedette.values.result",
    "Failure": "vedette.values.result",
    "InputSpec": "vedette.values.manifest",
    "Model": "vedette.wiring.door",
    "Result": "vedette.values.result",
    "Size": "vedette.values.frame",
    "VedetteError": "vedette.errors",
    "fit_input": "vedette.rules.vision.fit_input",
    "load_model": "vedette.wiring.door",
    "plan": "vedette.wiring.plan_door",
}


def __getattr__(name: str) -> object:
    """Import what is behind the door when it is first asked for, so that `import vedette` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'vedette' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
