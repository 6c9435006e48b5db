"""ONNX Runtime: one session, run by as many threads at once as the Execution has streams.

On the CPU it computes in the precision of the file. CUDA and TensorRT need the package onnxruntime-gpu.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vedette.adapters.runtimes.device import Device, parse_device
from vedette.adapters.runtimes.fixed_batch import run_in_parts
from vedette.adapters.runtimes.image_plan import composed_file
from vedette.adapters.runtimes.signature import BYTES, check_count, tensor_spec, told_of
from vedette.errors import InvalidError, UnavailableError, UnsupportedError
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.execution import Execution, Plan, Precision
from vedette.values.manifest import Manifest, ModelFormat
from vedette.values.tensor import Signature

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
        return OnnxRuntimeRuntime(execution, session)


class OnnxRuntimeRuntime:
    """A session; sessions may be run by several threads at once."""

    def __init__(self, execution: Execution, session: Any) -> None:
        self.execution = execution
        self.signature = _signature(session)
        self._session = session
        self._names = [spec.name for spec in self.signature.inputs]
        self._texts_in = any(spec.datatype == BYTES for spec in self.signature.inputs)
        self._texts_out = any(spec.datatype == BYTES for spec in self.signature.outputs)

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`."""
        check_count(self.signature, tensors)
        return run_in_parts(self.signature, tensors, self._run)

    def close(self) -> None:
        """See `Runtime.close`."""
        self._session = None

    def _run(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        given = tuple(_texts(tensor) for tensor in tensors) if self._texts_in else tensors
        try:
            outputs = self._session.run(None, dict(zip(self._names, given, strict=True)))
        except Exception as error:
            raise InvalidError(
                f"ONNX Runtime refused a batch of {told_of(tensors)}: {_reason(error)}",
                help="compare with the input that `vedette models show` prints",
            ) from error
        return tuple(_encoded(output) for output in outputs) if self._texts_out else tuple(outputs)


def _signature(session: Any) -> Signature:
    """What the graph of a session takes and gives."""
    return Signature(
        tuple(tensor_spec(one.name, one.type, one.shape) for one in session.get_inputs()),
        tuple(tensor_spec(one.name, one.type, one.shape) for one in session.get_outputs()),
    )


def _texts(tensor: Tensor) -> Tensor:
    """Bytes as the text that ONNX Runtime takes: ONNX strings are UTF-8."""
    if tensor.dtype != object:
        return tensor
    try:
        texts = [one.decode() if isinstance(one, bytes) else str(one) for one in tensor.reshape(-1)]
    except UnicodeDecodeError as error:
        raise InvalidError(
            f"an element of a BYTES tensor is no UTF-8 text ({error.reason} at byte {error.start})",
            help="the model takes texts: encode them as UTF-8",
        ) from None
    return np.array(texts, object).reshape(tensor.shape)


def _encoded(output: Any) -> Tensor:
    if not isinstance(output, np.ndarray) or output.dtype.kind not in "OU":
        return np.asarray(output)
    texts = np.empty(output.size, object)
    texts[:] = [one.encode() if isinstance(one, str) else bytes(one) for one in output.reshape(-1)]
    return texts.reshape(output.shape)


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
