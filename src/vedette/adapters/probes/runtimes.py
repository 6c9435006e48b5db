"""Which engines can run a model here, tried with a model of one node; an engine that only claims to work is found out.

    import -> devices it names -> max(x, 0) on the CPU (ONNX Runtime: on each device) -> Engine with its Devices

Whatever an engine throws becomes the reason of its absence.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.values.execution import Precision, RuntimeName

_INPUT = np.array([[-1.0, 0.0, 2.0]], np.float32)
_ANSWER = np.maximum(_INPUT, 0)

_ONNX_DEVICES = {
    "cpu": ("CPUExecutionProvider", (Precision.FP32,), "pip install onnxruntime"),
    "cuda": ("CUDAExecutionProvider", (Precision.FP32,), "pip install onnxruntime-gpu"),
    "tensorrt": ("TensorrtExecutionProvider", tuple(Precision), "pip install onnxruntime-gpu tensorrt"),
}
_NVIDIA = "it needs an NVIDIA GPU, its driver, and the CUDA and cuDNN of this onnxruntime"
_INTEL = "an Intel GPU needs its compute runtime (package intel-opencl-icd) and access to /dev/dri"
_CAPABILITIES = {Precision.FP32: "FP32", Precision.BF16: "BF16", Precision.FP16: "FP16"}


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is not there, why, and what would bring it."""

    name: str
    reason: str
    help: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device that works, as `--device` names it, with the precisions that can be asked for."""

    name: str
    precisions: tuple[Precision, ...]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine, the devices on which it works, and what it lacks: itself, a device, or a precision of a device."""

    name: RuntimeName
    devices: tuple[Device, ...]
    lacks: tuple[Lack, ...]

    @property
    def works(self) -> bool:
        """Whether it runs a model on any device."""
        return bool(self.devices)


Probe = Callable[[], Engine]


def probe_runtimes() -> tuple[Engine, ...]:
    """Try every engine."""
    return (
        guarded(RuntimeName.ONNXRUNTIME, _onnxruntime, pip="onnxruntime"),
        guarded(RuntimeName.OPENVINO, _openvino, pip="openvino"),
        guarded(RuntimeName.TORCHSCRIPT, _torchscript, pip="'vedette[torch]'"),
        Engine(RuntimeName.NULL, (Device("cpu", (Precision.FP32,)),), ()),
    )


def guarded(name: RuntimeName, probe: Probe, *, pip: str) -> Engine:
    """Run a probe; what it throws becomes the reason why the engine is absent."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return probe()
    except ModuleNotFoundError as error:
        return Engine(name, (), (Lack(name, f"the package {error.name} is not installed", f"pip install {pip}"),))
    except Exception as error:  # noqa: BLE001 - an engine may throw anything, and the doctor goes on
        return Engine(name, (), (Lack(name, _reason(error), f"pip install --force-reinstall {pip}"),))


# --- ONNX Runtime -----------------------------------------------------------------------------------------------------


def _onnxruntime() -> Engine:
    import onnxruntime

    offered = onnxruntime.get_available_providers()
    model = _onnx_model()
    devices, lacks = [], []
    for name, (provider, precisions, pip) in _ONNX_DEVICES.items():
        if provider not in offered:
            lacks.append(Lack(name, f"this onnxruntime has no {provider}", pip))
            continue
        reason = _onnx_trial(onnxruntime, model, provider)
        if reason:
            lacks.append(Lack(name, reason, "pip install --force-reinstall onnxruntime" if name == "cpu" else _NVIDIA))
        else:
            devices.append(Device(name, precisions))
    return Engine(RuntimeName.ONNXRUNTIME, tuple(devices), tuple(lacks))


def _onnx_trial(onnxruntime: Any, model: bytes, provider: str) -> str:
    """Why the model does not run on a provider, empty if it does."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model, options, providers=[provider])
        if provider not in session.get_providers():  # it fell back to the CPU without a word
            return f"{provider} does not start"
        return _wrong(session.run(None, {"x": _INPUT})[0])
    except Exception as error:  # noqa: BLE001 - providers throw what they like
        return _reason(error)


def _onnx_model() -> bytes:
    from onnx import TensorProto, helper

    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


# --- OpenVINO ---------------------------------------------------------------------------------------------------------


def _openvino() -> Engine:
    import openvino
    from openvino import opset13

    core = openvino.Core()
    node = opset13.parameter([1, 3], np.float32)
    compiled = core.compile_model(openvino.Model([opset13.relu(node)], [node]), "CPU")
    wrong = _wrong(compiled([_INPUT])[0])
    if wrong:
        raise ArithmeticError(wrong)
    devices, lacks = [], []
    for name in core.available_devices:
        device, missing = _openvino_device(core, name)
        devices += [device] if device else []
        lacks += missing
    if not any(device.name.startswith("gpu") for device in devices):
        lacks.append(Lack("gpu", f"OpenVINO sees {', '.join(core.available_devices)} only", _INTEL))
    return Engine(RuntimeName.OPENVINO, tuple(devices), tuple(lacks))


def _openvino_device(core: Any, name: str) -> tuple[Device | None, list[Lack]]:
    ours = openvino_device_name(name)
    if ours is None:
        return None, [Lack(name.lower(), "Vedette runs OpenVINO on cpu and gpu", "take one of those")]
    offered = core.get_property(name, "OPTIMIZATION_CAPABILITIES")
    device = Device(ours, tuple(precision for precision, key in _CAPABILITIES.items() if key in offered))
    lacks = [
        Lack(f"{ours} {precision}", f"OpenVINO offers no {key} on this device", _precision_help(ours, precision))
        for precision, key in _CAPABILITIES.items()
        if key not in offered
    ]
    return device, lacks


def openvino_device_name(name: str) -> str | None:
    """`CPU` -> `cpu`, `GPU` -> `gpu:0`, `GPU.1` -> `gpu:1`; None for what Vedette does not run on."""
    kind, _, index = name.partition(".")
    if kind == "CPU":
        return "cpu"
    return f"gpu:{index or 0}" if kind == "GPU" else None


def _precision_help(device: str, precision: Precision) -> str:
    if device == "cpu" and precision is Precision.BF16:
        return "bf16 takes a processor with avx512_bf16, amx_bf16 or ARM bf16"
    if device == "cpu" and precision is Precision.FP16:
        return "fp16 takes a processor with avx512_fp16 or ARM"
    return f"no {precision} on this device: take another"


# --- torch ------------------------------------------------------------------------------------------------------------


def _torchscript() -> Engine:
    import torch

    module = torch.jit.trace(torch.nn.ReLU(), torch.from_numpy(_INPUT))
    wrong = _wrong(module(torch.from_numpy(_INPUT)).numpy())
    if wrong:
        raise ArithmeticError(wrong)
    devices = [Device("cpu", (Precision.FP32,))]
    if torch.cuda.is_available():
        devices += [Device(f"cuda:{index}", (Precision.FP32,)) for index in range(torch.cuda.device_count())]
        return Engine(RuntimeName.TORCHSCRIPT, tuple(devices), ())
    built = "this torch is built without CUDA" if torch.version.cuda is None else "torch sees no NVIDIA GPU"
    lack = Lack("cuda", built, "install a CUDA build of torch, on a machine with an NVIDIA GPU and its driver")
    return Engine(RuntimeName.TORCHSCRIPT, tuple(devices), (lack,))


def _wrong(answer: Any) -> str:
    """What is wrong with an answer, empty if nothing is."""
    return "" if np.array_equal(answer, _ANSWER) else f"max(x, 0) of {_INPUT[0]} came out as {np.asarray(answer)[0]}"


def _reason(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
