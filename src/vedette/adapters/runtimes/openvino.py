"""OpenVINO: one infer request for each stream.

It reads ONNX, OpenVINO IR, TensorFlow SavedModel and TFLite. The precision is always set: left alone, OpenVINO takes
bf16 on a CPU that has it. Threads are not pinned: two models, or two processes, would be pinned to the same cores.

On a CPU a model of one stream is run by the thread that calls it; one of several streams has threads of its own, and
whoever calls it waits for them: two wake-ups for each inference, and cores that idle meanwhile (decision 014). So each
stream gets a compiled model of its own, while their weights together are small enough.
"""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vedette.adapters.runtimes.compiled import CompiledFolder, Kept, key_of
from vedette.adapters.runtimes.device import Device, parse_device
from vedette.adapters.runtimes.fixed_batch import run_in_parts
from vedette.adapters.runtimes.signature import check_count, tensor_spec, told_of
from vedette.errors import InvalidError, UnavailableError, UnsupportedError
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.execution import Execution, Plan, Precision
from vedette.values.manifest import InputSpec, Layout, Manifest, ModelFormat
from vedette.values.tensor import Signature, TensorSpec

COPIES_BYTES = 256 * 1024 * 1024
"""Weights of all compiled models of one runtime together; where they are more, the streams share one."""

_FIRST = threading.Lock()
_HINTS = {Precision.FP32: "f32", Precision.BF16: "bf16", Precision.FP16: "f16"}
_CAPABILITIES = {Precision.FP32: "FP32", Precision.BF16: "BF16", Precision.FP16: "FP16"}


@dataclass(frozen=True, slots=True)
class OpenVinoLoader:
    """Loads what OpenVINO reads.

    Attributes:
        cache: folder that keeps compiled models.
        side_by_side: the copies of a model are made at the same time; False makes one after the other, so that models
            that serve meanwhile keep their cores.
    """

    cache: Path
    side_by_side: bool = True

    def load(self, manifest: Manifest, execution: Execution, plan: Plan = Plan.IMAGE) -> Runtime:
        """See `Loader.load`."""
        if manifest.format is ModelFormat.TORCHSCRIPT:
            raise UnsupportedError(
                f"OpenVINO does not read TorchScript, which {manifest.name} is", help="take --runtime torchscript"
            )
        core = _core()
        name = _device_name(core, parse_device(execution.device))
        _check_precision(core, name, execution.precision)
        key = key_of(manifest, execution, plan, _engine(core, name)) if name == "CPU" else None
        kept = self._kept(core, key, execution)
        if kept is not None:
            return kept
        try:
            model = core.read_model(manifest.file)
            if plan is Plan.IMAGE:
                model = _image_plan(model, manifest)
            return self._compiled(core, model, execution, name, key)
        except RuntimeError as error:
            raise InvalidError(
                f"OpenVINO cannot load {Path(manifest.file).name}: {_reason(error)}",
                help="`vedette models check NAME` tells more",
            ) from error

    def _kept(self, core: Any, key: str | None, execution: Execution) -> Runtime | None:
        """The runtime of a model that was compiled before; None if there is none that the engine takes."""
        folder = CompiledFolder(self.cache)
        kept = None if key is None else folder.get(key)
        if key is None or kept is None:
            return None
        properties = _properties(execution, "CPU", execution.streams // kept.copies)
        try:
            return OpenVinoRuntime(execution, self._imported(core, kept, properties, kept.copies), kept)
        except RuntimeError:
            folder.drop(key)
            return None

    def _compiled(self, core: Any, model: Any, execution: Execution, name: str, key: str | None) -> Runtime:
        """Compile a model, and keep it; one with large weights lies in OpenVINO's own cache, which needs no copy."""
        weights = _weights_bytes(model)
        copies = execution.streams if name == "CPU" and weights * execution.streams <= COPIES_BYTES else 1
        properties = _properties(execution, name, execution.streams // copies)
        if key is None or weights > COPIES_BYTES:
            cached = properties | {"CACHE_DIR": str(self.cache)}
            return OpenVinoRuntime(execution, [core.compile_model(model, name, cached) for _ in range(copies)])
        first = core.compile_model(model, name, properties)
        kept = CompiledFolder(self.cache).put(key, first.export_model().getbuffer(), copies)
        return OpenVinoRuntime(execution, [first, *self._imported(core, kept, properties, copies - 1)], kept)

    def _imported(self, core: Any, kept: Kept, properties: Mapping[str, Any], count: int) -> list[Any]:
        """As many compiled models of one that was kept.

        Raises:
            RuntimeError: the engine refuses it.
        """
        import openvino

        content = openvino.Tensor(kept.content, shared_memory=True)
        with ThreadPoolExecutor(max(1, count) if self.side_by_side else 1) as threads:
            return list(threads.map(lambda _: core.import_model(content, "CPU", properties), range(count)))


class OpenVinoRuntime:
    """Compiled models, all alike; each caller takes an infer request and gives it back."""

    def __init__(self, execution: Execution, compiled: Sequence[Any], kept: Kept | None = None) -> None:
        self.execution = execution
        self.signature = _signature(compiled[0])
        self._compiled = list(compiled)
        self._outputs = len(compiled[0].outputs)
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for number in range(execution.streams):
            self._requests.put(compiled[number % len(compiled)].create_infer_request())
        self._kept = kept  # goes after all others: weights lie in it

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `Runtime.infer`."""
        check_count(self.signature, tensors)
        request = self._requests.get()
        try:
            return run_in_parts(self.signature, tensors, partial(self._run, request))
        except RuntimeError as error:
            raise InvalidError(
                f"OpenVINO refused a batch of {told_of(tensors)}: {_reason(error)}",
                help="compare with the input that `vedette models show` prints",
            ) from error
        finally:
            self._requests.put(request)

    def _run(self, request: Any, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        request.infer(list(tensors), share_inputs=True)
        return tuple(np.array(request.get_output_tensor(index).data) for index in range(self._outputs))

    def close(self) -> None:
        """See `Runtime.close`."""
        self._compiled.clear()
        with suppress(queue.Empty):
            while True:
                self._requests.get_nowait()
        self._kept = None


def _weights_bytes(model: Any) -> int:
    return sum(one.get_byte_size() for one in model.get_ops() if one.get_type_name() == "Constant")


def _properties(execution: Execution, name: str, streams: int) -> dict[str, Any]:
    properties: dict[str, Any] = {"NUM_STREAMS": streams, "INFERENCE_PRECISION_HINT": _HINTS[execution.precision]}
    if name == "CPU":
        properties["INFERENCE_NUM_THREADS"] = streams * execution.threads
        properties["ENABLE_CPU_PINNING"] = False
    return properties


def _engine(core: Any, name: str) -> str:
    """The version of OpenVINO, and the processor that it sees."""
    import openvino

    return f"{openvino.__version__} {core.get_property(name, 'FULL_DEVICE_NAME')}"


def _signature(compiled: Any) -> Signature:
    """What a compiled model takes and gives; a model that holds texts is refused by its type.

    OpenVINO's own plug-in for the CPU frees texts that it does not own (seen with 2026.4: the process is aborted).
    """
    return Signature(
        tuple(_tensor(port, port.get_node().get_friendly_name()) for port in compiled.inputs),
        tuple(_tensor(port, port.get_node().get_friendly_name()) for port in compiled.outputs),
    )


def _tensor(port: Any, node: str) -> TensorSpec:
    """A tensor may have several names: the one of the graph's own port is taken, if it is among them."""
    own = node.removesuffix("/sink_port_0")
    names = port.get_names()
    name = own if own in names or not names else port.get_any_name()
    told = port.get_element_type().get_type_name()
    sides = [side.get_length() if side.is_static else -1 for side in port.get_partial_shape()]
    return tensor_spec(name, told, sides)


def _core() -> Any:
    with _FIRST:
        return _made()


@functools.cache
def _made() -> Any:
    """OpenVINO's core, and its tables of number types made while nobody else asks for them.

    The binding makes these tables at their first use, in Python code that may hand over the interpreter to a thread
    that then waits for the same table without giving it back: two first inferences at once would stand still for ever.
    """
    import openvino

    table = openvino.Tensor(np.zeros(1, np.uint8), shared_memory=False)
    table.element_type.to_dtype()
    return openvino.Core()


def _device_name(core: Any, device: Device) -> str:
    if device.kind == "cpu":
        return "CPU"
    available = core.available_devices
    names = [name for name in available if name == "GPU" or name.startswith("GPU.")]
    if device.kind != "gpu":
        raise UnsupportedError(f"OpenVINO has no device {device}", help="take cpu or gpu:N, or --runtime onnxruntime")
    if device.index >= len(names):
        raise UnavailableError(
            f"device {device} is not there: OpenVINO sees {', '.join(available)}",
            help="an Intel GPU needs its compute runtime (package intel-opencl-icd) and access to /dev/dri",
        )
    return str(names[device.index])


def _check_precision(core: Any, name: str, precision: Precision) -> None:
    capabilities = core.get_property(name, "OPTIMIZATION_CAPABILITIES")
    if _CAPABILITIES[precision] not in capabilities:
        offered = ", ".join(str(key) for key, value in _CAPABILITIES.items() if value in capabilities)
        raise UnsupportedError(
            f"OpenVINO on this {name} has no {precision}: the processor lacks the instructions",
            help=f"take --precision {offered}, or leave it to auto",
        )


def _image_plan(model: Any, manifest: Manifest) -> Any:
    import openvino
    from openvino.preprocess import PrePostProcessor

    spec = manifest.input
    if spec is None:
        raise UnsupportedError(
            f"{manifest.name} takes plain tensors, not images", help="call it with Model.infer(array)"
        )
    _open_batch(model, spec)
    builder = PrePostProcessor(model)
    entry = builder.input(spec.name)
    entry.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    entry.model().set_layout(openvino.Layout(spec.layout))
    steps = entry.preprocess()
    if spec.channels > 1 and not spec.reverse_input_channels:
        steps.reverse_channels()
    steps.convert_element_type(model.input(spec.name).get_element_type())
    if any(spec.mean_values):
        steps.mean(_per_channel(spec.mean_values, spec.channels))
    if any(scale != 1 for scale in spec.scale_values):
        steps.scale(_per_channel(spec.scale_values, spec.channels))
    return builder.build()


def _open_batch(model: Any, spec: InputSpec) -> None:
    """Let the model take any number of images; a graph that cannot is left as it is.

    A number may be written into the middle of a graph (a reshape to so many rows). Such a graph is opened without an
    error and then answers that many rows whatever it is given, some of them read from memory that is not its own.
    """
    sides = [spec.size.height, spec.size.width]
    shape = [-1, spec.channels, *sides] if spec.layout is Layout.NCHW else [-1, *sides, spec.channels]
    before = model.input(spec.name).get_partial_shape()
    try:
        model.reshape({spec.name: shape})
    except RuntimeError:
        model.reshape({spec.name: before})
        return
    if before[0].is_static and any(_stays(output, before[0].get_length()) for output in model.outputs):
        model.reshape({spec.name: before})


def _stays(output: Any, rows: int) -> bool:
    """Whether an output still has so many rows, now that the input may have any number."""
    shape = output.get_partial_shape()
    return bool(shape.rank.is_static and len(shape) and shape[0].is_static and shape[0].get_length() == rows)


def _per_channel(values: tuple[float, ...], channels: int) -> list[float]:
    return list(values) if len(values) == channels else list(values) * channels


def _reason(error: Exception) -> str:
    """The last telling line of OpenVINO's message; the first ones name its source files."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Exception from", "Check "))]
    return (telling or lines or [type(error).__name__])[-1]
