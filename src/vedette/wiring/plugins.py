"""The engines by name: the visible list from which loaders are made. Nothing is imported until it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from vedette.flows.inference.runtime import Loader
from vedette.values.execution import RuntimeName

RUNTIMES = {
    RuntimeName.ONNXRUNTIME: "vedette.adapters.runtimes.onnxruntime:OnnxRuntimeLoader",
    RuntimeName.OPENVINO: "vedette.adapters.runtimes.openvino:OpenVinoLoader",
    RuntimeName.TORCHSCRIPT: "vedette.adapters.runtimes.torchscript:TorchScriptLoader",
    RuntimeName.NULL: "vedette.adapters.runtimes.null:NullLoader",
}

_WITH_CACHE = {RuntimeName.ONNXRUNTIME: "graphs", RuntimeName.OPENVINO: "openvino"}


class Loaders(Mapping[RuntimeName, Loader]):
    """A loader for each engine, made when it is asked for.

    Args:
        cache: a folder for what they prepare.
        aside: they load beside models that serve, and leave them the cores where they can.
    """

    def __init__(self, cache: Path, *, aside: bool = False) -> None:
        self._cache, self._aside = cache, aside

    def __getitem__(self, name: RuntimeName) -> Loader:
        module, _, class_name = RUNTIMES[name].partition(":")
        loader_class = getattr(import_module(module), class_name)
        folder = _WITH_CACHE.get(name)
        options = {"side_by_side": False} if self._aside and name is RuntimeName.OPENVINO else {}
        loader: Loader = loader_class(self._cache / folder, **options) if folder else loader_class()
        return loader

    def __iter__(self) -> Iterator[RuntimeName]:
        return iter(RUNTIMES)

    def __len__(self) -> int:
        return len(RUNTIMES)
