"""What a Triton `config.pbtxt` means here: what maps is mapped, what does not is named or refused.

    Message -> TritonConfig(options, file, labels, inputs, outputs, notes)

Fields and their meaning: `ModelConfig` of Triton's model_config.proto. This file owns the table of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from vedette.errors import UnsupportedError, UsageError
from vedette.rules.serving.pbtxt import Field, Message
from vedette.rules.serving.triton_fields import (
    BadField,
    entry_of,
    inner_path,
    message_of,
    text_of,
    truth_of,
    whole_of,
    word_of,
)
from vedette.rules.zoo.names import nearest
from vedette.values.execution import Optimise, RuntimeName
from vedette.values.serving import ModelOptions, VersionPolicy
from vedette.values.tensor import TensorSpec

BACKENDS = {
    "onnxruntime_onnx": RuntimeName.ONNXRUNTIME,
    "onnxruntime": RuntimeName.ONNXRUNTIME,
    "openvino": RuntimeName.OPENVINO,
}
"""Values of `platform` and `backend`, and the runtime that each is."""

REFUSED = {
    "ensemble_scheduling": "ensembles are not run; ask for each model, or make a pipeline in vedette.yaml",
    "sequence_batching": "sequences with a state between requests are not run",
    "batch_input": "inputs that the server itself would make are not made",
    "batch_output": "outputs that the server itself would cut are not cut",
    "model_operations": "code is never loaded from a model folder",
    "model_repository_agents": "agents that change a model before it is loaded are not run",
    "cc_model_filenames": "a file for each compute capability of a GPU is not read",
}

UNUSED = {
    "runtime": "the engines are those that come with Vedette",
    "metric_tags": "metrics carry the model's name and version only",
    "response_cache": "answers are not cached",
    "model_metrics": "metrics are the same for all models",
}

DATATYPES = ("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64")
_TYPES = {f"TYPE_{name}": name for name in (*DATATYPES, "BF16")} | {"TYPE_STRING": "BYTES"}
_THREADS = ("intra_op_thread_count", "INFERENCE_NUM_THREADS", "CPU_THREADS_NUM")
_TENSOR_FIELDS = {
    "name",
    "data_type",
    "dims",
    "format",
    "label_filename",
    "reshape",
    "is_shape_tensor",
    "allow_ragged_batch",
    "optional",
    "is_non_linear_format_io",
}
_STEP = "correct config.pbtxt, or describe the model in a model.yaml of its own"


@dataclass(frozen=True, slots=True)
class TritonConfig:
    """What was read.

    Attributes:
        options: how the model is served.
        file: name of the model file in its version folder; empty: the usual one.
        labels: name of the file beside `config.pbtxt` with a class name a line; empty without one.
        inputs, outputs: as declared, with the batch dimension in front where the model has one.
        notes: what is taken otherwise than it says, a sentence each.
    """

    options: ModelOptions
    file: str = ""
    labels: str = ""
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    notes: tuple[str, ...] = ()


def read_message(message: Message, folder: str, where: str) -> TritonConfig:
    """What a configuration means.

    Args:
        message: the whole `config.pbtxt`.
        folder: name of the model's folder, which is the model's name.
        where: what messages call the file.

    Raises:
        UnsupportedError: it asks for what Vedette does not do; all reasons are in the message.
        UsageError: it is not well formed; all problems are in the message.
    """
    reading = _Reading(TritonConfig(ModelOptions(folder)), folder)
    reading.read(message)
    problems = [f"{where}: {problem}" for problem in (*reading.refused, *reading.wrong)]
    if problems:
        text = problems[0] if len(problems) == 1 else "\n  ".join([f"{len(problems)} problems", *problems])
        raise (UnsupportedError if reading.refused else UsageError)(text, help=_STEP)
    return replace(reading.config, notes=tuple(dict.fromkeys(reading.notes)))  # a list names its field at each element


@dataclass(slots=True)
class _Reading:
    """One pass over the fields, with all that is found to say."""

    config: TritonConfig
    folder: str
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, message: Message) -> None:
        seen: set[str] = set()
        batched = any(each.value not in (0, "") for each in message.all("max_batch_size"))
        for each in message.fields:
            if each.name in _SINGLE and each.name in seen:
                self.wrong.append(f"line {each.line}: {each.name}: it is there twice")
            seen.add(each.name)
            try:
                self._field(each, batched=batched)
            except BadField as error:
                self.wrong.append(f"line {each.line}: {each.name}: {error}")
        if not batched:
            self._options(max_batch=1)

    def _field(self, each: Field, *, batched: bool) -> None:
        if each.name in REFUSED:
            self.refused.append(f"line {each.line}: {each.name}: refused: {REFUSED[each.name]}")
        elif each.name in UNUSED:
            self._note(each, UNUSED[each.name])
        elif each.name in ("input", "output"):
            self._tensor(each, batched=batched)
        elif each.name in _MAPPED:
            _MAPPED[each.name](self, each)
        else:
            near = nearest(each.name, (*_MAPPED, *REFUSED, *UNUSED, "input", "output"))
            raise BadField(f"unknown field, {f'did you mean {near[0]}?' if near else 'no field is like it'}")

    def _note(self, each: Field, why: str) -> None:
        self.notes.append(f"line {each.line}: {each.name} is not used: {why}")

    def _options(self, **changes: object) -> None:
        self.config = replace(self.config, options=replace(self.config.options, **changes))  # type: ignore[arg-type]

    def name(self, each: Field) -> None:
        if text_of(each) not in (self.folder, ""):
            raise BadField(f"{text_of(each)}: expected {self.folder}, the name of its folder")

    def backend(self, each: Field) -> None:
        name = text_of(each)
        if name in BACKENDS:
            self._options(runtime=BACKENDS[name])
        elif name:
            why = "code is never loaded from a model folder" if name == "python" else f"known are {', '.join(BACKENDS)}"
            self.refused.append(f"line {each.line}: {each.name}: {name}: refused: {why}")

    def max_batch_size(self, each: Field) -> None:
        size = whole_of(each)
        if size > 0:
            self._options(max_batch=size)

    def version_policy(self, each: Field) -> None:
        inner = message_of(each).fields
        if len(inner) != 1:
            raise BadField("expected one of latest, all, specific")
        self._options(versions=_policy(inner[0]))

    def default_model_filename(self, each: Field) -> None:
        self.config = replace(self.config, file=inner_path(each))

    def dynamic_batching(self, each: Field) -> None:
        for inner in message_of(each).fields:
            why = "rows wait only as the measured batch curve and target_latency_ms allow"
            self.notes.append(f"line {inner.line}: dynamic_batching.{inner.name} is not used: {why}")

    def instance_group(self, each: Field) -> None:
        group = message_of(each)
        kinds = [word_of(kind) for kind in group.all("kind")]
        devices = [whole_of(gpu) for gpu in group.all("gpus")]
        if "KIND_GPU" in kinds:
            self._options(device=f"cuda:{devices[0] if devices else 0}")
        if len(devices) > 1:
            self.notes.append(f"line {each.line}: instance_group.gpus: the first of {devices} is used")
        for inner in group.fields:
            if inner.name not in ("kind", "gpus", "name"):
                self.notes.append(f"line {inner.line}: instance_group.{inner.name} is not used: {_STREAMS}")

    def model_warmup(self, each: Field) -> None:
        message = message_of(each)
        count = max(1, *(whole_of(inner) for inner in message.all("count")), 1)
        self._options(warm_up=max(count, self.config.options.warm_up))
        if message.all("inputs"):
            self._note(each, "only its count is: Vedette makes the inputs of a warm-up itself")

    def optimization(self, each: Field) -> None:
        for inner in message_of(each).fields:
            if inner.name == "execution_accelerators":
                self._accelerators(inner)
            else:
                self.notes.append(f"line {inner.line}: optimization.{inner.name} is not used: {_TUNED}")

    def _accelerators(self, each: Field) -> None:
        for inner in message_of(each).fields:
            names = [text_of(name) for name in message_of(inner).all("name")]
            if inner.name == "cpu_execution_accelerator" and names == ["openvino"]:
                self._options(runtime=RuntimeName.OPENVINO)
            else:
                self.notes.append(f"line {inner.line}: {inner.name} {' '.join(names)} is not used: {_TUNED}")

    def parameters(self, each: Field) -> None:
        key, value = entry_of(each)
        if key in _THREADS and value.isdecimal() and int(value) > 0:
            self._options(threads=int(value))
        elif key == "PERFORMANCE_HINT" and value.lower() in tuple(Optimise):
            self._options(optimise=Optimise(value.lower()))
        else:
            self.notes.append(f"line {each.line}: parameters[{key}] is not used: {_TUNED}")

    def model_transaction_policy(self, each: Field) -> None:
        if any(truth_of(inner) for inner in message_of(each).all("decoupled")):
            why = "a request has one answer, not several or none"
            self.refused.append(f"line {each.line}: {each.name}.decoupled: refused: {why}")

    def _tensor(self, each: Field, *, batched: bool) -> None:
        message = message_of(each)
        self._tensor_fields(each, message)
        names = [text_of(inner) for inner in message.all("name")]
        types = [word_of(inner) for inner in message.all("data_type")]
        if len(names) != 1 or len(types) != 1 or types[0] not in _TYPES:
            raise BadField(f"expected a name and a data_type, one of {', '.join(_TYPES)}")
        dims = tuple(whole_of(inner) for inner in message.all("dims"))
        if not dims or any(side < -1 or side == 0 for side in dims):
            raise BadField(f"dims of {names[0]}: {list(dims)}: expected whole numbers from 1, or -1 for any")
        spec = TensorSpec(names[0], _TYPES[types[0]], ((-1, *dims) if batched else dims))
        if each.name == "input":
            self.config = replace(self.config, inputs=(*self.config.inputs, spec))
        else:
            self.config = replace(self.config, outputs=(*self.config.outputs, spec))
            self._labels(message)

    def _tensor_fields(self, each: Field, message: Message) -> None:
        for inner in message.fields:
            if inner.name == "reshape":
                why = "tensors are given to the graph as they are"
                self.refused.append(f"line {inner.line}: {each.name}.reshape: refused: {why}")
            elif inner.name not in _TENSOR_FIELDS:
                near = nearest(inner.name, _TENSOR_FIELDS)
                hint = f", did you mean {near[0]}?" if near else ""
                self.wrong.append(f"line {inner.line}: {each.name}.{inner.name}: unknown field{hint}")
            elif inner.name in ("is_shape_tensor", "allow_ragged_batch", "optional") and truth_of(inner):
                self.refused.append(f"line {inner.line}: {each.name}.{inner.name}: refused: it is not offered")

    def _labels(self, message: Message) -> None:
        for inner in message.all("label_filename"):
            if self.config.labels and text_of(inner):
                self._note(inner, f"labels are taken from {self.config.labels}, of the first output that names a file")
            elif text_of(inner):
                self.config = replace(self.config, labels=inner_path(inner))


_STREAMS = "streams and threads follow the CPU quota; set threads and optimise in vedette.yaml"
_TUNED = "engines are tuned by vedette.yaml: runtime, precision, threads, optimise"

_MAPPED: Mapping[str, Callable[[_Reading, Field], None]] = {
    "name": _Reading.name,
    "platform": _Reading.backend,
    "backend": _Reading.backend,
    "max_batch_size": _Reading.max_batch_size,
    "version_policy": _Reading.version_policy,
    "default_model_filename": _Reading.default_model_filename,
    "dynamic_batching": _Reading.dynamic_batching,
    "instance_group": _Reading.instance_group,
    "model_warmup": _Reading.model_warmup,
    "optimization": _Reading.optimization,
    "parameters": _Reading.parameters,
    "model_transaction_policy": _Reading.model_transaction_policy,
}
_SINGLE = set(_MAPPED) - {"instance_group", "model_warmup", "parameters"}


def _policy(kind: Field) -> VersionPolicy:
    inner = message_of(kind)
    if kind.name == "all":
        return VersionPolicy(latest=None)
    if kind.name == "specific":
        versions = tuple(str(whole_of(version)) for version in inner.all("versions"))
        if not versions:
            raise BadField("specific: expected versions: [1, 2]")
        return VersionPolicy(latest=None, only=versions)
    if kind.name == "latest":
        counts = [whole_of(count) for count in inner.all("num_versions")]
        return VersionPolicy(latest=max(1, counts[0]) if counts else 1)
    raise BadField(f"{kind.name}: expected one of latest, all, specific")
