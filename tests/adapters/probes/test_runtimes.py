"""Engines are tried, and what they throw becomes a reason."""

from __future__ import annotations

import sys

import onnxruntime
import openvino
import pytest

from vedette.adapters.probes.runtimes import Engine, guarded, openvino_device_name, probe_runtimes
from vedette.values.execution import Precision, RuntimeName


def engine(name: RuntimeName) -> Engine:
    return next(one for one in probe_runtimes() if one.name is name)


def test_every_engine_is_reported() -> None:
    """The report holds each RuntimeName once, working or not."""
    assert [one.name for one in probe_runtimes()] == list(RuntimeName)


def test_onnxruntime_names_its_providers_as_devices() -> None:
    """A device is there if ONNX Runtime has its provider, and is explained if not."""
    found = engine(RuntimeName.ONNXRUNTIME)

    assert "cpu" in [device.name for device in found.devices]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        (cuda,) = [lack for lack in found.lacks if lack.name == "cuda"]
        assert cuda.reason == "this onnxruntime has no CUDAExecutionProvider"
        assert cuda.help == "pip install onnxruntime-gpu"


def test_openvino_precisions_are_those_of_the_device() -> None:
    """bf16 is offered exactly where OpenVINO says that the CPU has it."""
    found = engine(RuntimeName.OPENVINO)
    (cpu,) = [device for device in found.devices if device.name == "cpu"]
    capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")

    assert Precision.FP32 in cpu.precisions
    assert (Precision.BF16 in cpu.precisions) == ("BF16" in capabilities)
    assert ("cpu bf16" in [lack.name for lack in found.lacks]) == ("BF16" not in capabilities)


@pytest.mark.parametrize(("name", "ours"), [("CPU", "cpu"), ("GPU", "gpu:0"), ("GPU.1", "gpu:1"), ("NPU", None)])
def test_openvino_devices_get_our_names(name: str, ours: str | None) -> None:
    """OpenVINO's device names become those that --device takes."""
    assert openvino_device_name(name) == ours


def test_the_null_runtime_always_works() -> None:
    """It needs no package."""
    assert engine(RuntimeName.NULL).works


@pytest.mark.parametrize("package", ["onnxruntime", "openvino"])
def test_a_missing_engine_is_a_reason_with_its_pip_line(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose package is not installed does not work, and says how to get it."""
    monkeypatch.setitem(sys.modules, package, None)
    found = engine(RuntimeName(package))

    assert not found.works
    assert found.lacks[0].reason == f"the package {package} is not installed"
    assert found.lacks[0].help == f"pip install {package}"


def test_a_probe_that_throws_becomes_a_reason() -> None:
    """Whatever an engine throws, the first line of it is told and nothing is raised."""

    def broken() -> Engine:
        raise RuntimeError("libcuda.so.1: cannot open\nlong story")

    found = guarded(RuntimeName.OPENVINO, broken, pip="openvino")

    assert not found.works
    assert found.lacks[0].reason == "RuntimeError: libcuda.so.1: cannot open"
    assert found.lacks[0].help == "pip install --force-reinstall openvino"


def test_an_engine_that_computes_nonsense_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is not max(x, 0) is a reason."""

    class Liar:
        def __init__(self, *_args: object, **_options: object) -> None: ...
        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

        def run(self, _names: None, inputs: dict[str, object]) -> list[object]:
            return list(inputs.values())

    monkeypatch.setattr(onnxruntime, "InferenceSession", Liar)
    found = engine(RuntimeName.ONNXRUNTIME)

    assert not found.works
    assert "came out as" in next(lack for lack in found.lacks if lack.name == "cpu").reason
