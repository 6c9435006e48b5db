"""ONNX Runtime: one session, run by as many threads at once as the Execution has streams.

On the CPU it computes in the precision of the file. CUDA and TensorRT need the package onnxruntime-gpu.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vedette.adapters.runtimes.device import Device, parse_device
from vedette.adapters.runtimes.image_plan import IMAGE_INPUT, composed_file
from vedette.errors import InvalidError, UnavailableError, UnsupportedError
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.execution import Execution, Plan, Precision
from vedette.values.manifest import Manifest, ModelFormat

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}


@dataclass(frozen=True, slots=True)
class OnnxRuntimeLoader:
    """Loads ONNX files; `cache` keeps the composed image plans."""

    cache: Path

    def load(self, manifest: Manifest, execution: Execution, plan: Plan = Plan.IMAGE) -> Runtime:
        """See `Loader.load`."""
        if manifest.format is not ModelFormat.ONNX:
            raise UnsupportedError(
                f"ONNX Runtime reads ONNX files, {manifest.name} is {manifest.format}", help="take --runtime openvino"
            )
        providers = _providers(parse_device(execution.device), execution.precision)
        file = Path(manifest.file)
        if plan is Plan.IMAGE:
            if manifest.input is None:
                raise UnsupportedError(
                    f"{manifest.name} takes plain tensors, not images", help="call it with Model.infer(array)"
                )
            file = composed_file(file, manifest.input, self.cache)
        try:
            session = _session(file, providers, execution)
        except InvalidError:
            if plan is Plan.TENSOR:
                raise
            file.unlink(missing_ok=True)  # a composed graph that an interrupted disk damaged is made once more
            session = _session(composed_file(Path(manifest.file), manifest.input, self.cache), providers, execution)  # type: ignore[arg-type]
        return OnnxRuntimeRuntime(execution, session, IMAGE_INPUT if plan is Plan.IMAGE else "")


class OnnxRuntimeRuntime:
    """A session; sessions may be run by several threads at once."""

    def __init__(self, execution: Execution, session: Any, input_name: str) -> None:
        self.execution = execution
        self._session = session
        first = session.get_inputs()[0]
        self._input = input_name or first.name
        self._fixed_batch = first.shape[0] if isinstance(first.shape[0], int) else None

    def infer(self, batch: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`; a model whose batch is fixed is run for each part of that size, the last filled up."""
        fixed = self._fixed_batch
        if fixed is None or fixed == len(batch):
            return self._run(batch)
        missing = -len(batch) % fixed
        full = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
        parts = [self._run(full[start : start + fixed]) for start in range(0, len(full), fixed)]
        return tuple(np.concatenate(outputs)[: len(batch)] for outputs in zip(*parts, strict=True))

    def close(self) -> None:
        """See `Runtime.close`."""
        self._session = None

    def _run(self, batch: Tensor) -> tuple[Tensor, ...]:
        try:
            return tuple(self._session.run(None, {self._input: batch}))
        except Exception as error:
            raise InvalidError(
                f"ONNX Runtime refused a batch of shape {batch.shape}, {batch.dtype}: {_reason(error)}",
                help="compare with the input that `vedette models show` prints",
            ) from error


def _providers(device: Device, precision: Precision) -> list[Any]:
    import onnxruntime

    provider = _PROVIDERS.get(device.kind)
    if provider is None:
        raise UnsupportedError(
            f"ONNX Runtime has no device {device}", help=f"take one of {', '.join(_PROVIDERS)}, or --runtime openvino"
        )
    if provider not in onnxruntime.get_available_providers():
        raise UnavailableError(
            f"device {device} needs ONNX Runtime's {provider}, which this installation does not have",
            help="pip install onnxruntime-gpu in place of onnxruntime, on a machine with an NVIDIA GPU and its driver",
        )
    if device.kind == "tensorrt":
        options = {"device_id": device.index, "trt_fp16_enable": precision is Precision.FP16}
        options["trt_bf16_enable"] = precision is Precision.BF16
        return [(provider, options), (_PROVIDERS["cuda"], {"device_id": device.index})]
    if precision is not Precision.FP32:
        raise UnsupportedError(
            f"ONNX Runtime computes in the precision of the file on {device}, not in {precision}",
            help="take --runtime openvino, or --precision fp32",
        )
    return [provider] if device.kind == "cpu" else [(provider, {"device_id": device.index})]


def _session(file: Path, providers: list[Any], execution: Execution) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = execution.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.force_spinning_stop", "1")  # idle threads leave the cores to decoding
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=providers)
    except Exception as error:
        raise InvalidError(
            f"ONNX Runtime cannot load {file.name}: {_reason(error)}", help="`vedette models check NAME` tells more"
        ) from error


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
