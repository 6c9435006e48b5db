"""What a server tells of itself and its models, as plain objects: REST writes them as JSON, gRPC as messages.

The names are those of the Open Inference Protocol 2 and of Triton's extensions "Model Configuration", "Statistics" and
"Model Repository"; only what is true of this server is told. A model whose inputs and outputs all have a first
dimension of any length takes batches: its configuration leaves that dimension out and has `max_batch_size` in its
place. Times are nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from vedette.rules.batching.policy import BatchPolicy
from vedette.values.execution import Execution, RuntimeName
from vedette.values.manifest import Manifest
from vedette.values.served import IndexEntry, ModelState
from vedette.values.serving import VersionPolicy
from vedette.values.statistics import Histogram, ModelStatistics
from vedette.values.tensor import Signature, TensorSpec

SERVER_NAME = "vedette"
EXTENSIONS = (
    "classification",
    "model_configuration",
    "model_repository",
    "model_repository(unload_dependents)",
    "parameters",
    "statistics",
)
"""Extensions that REST and gRPC offer."""

REST_EXTENSIONS = tuple(sorted((*EXTENSIONS, "binary_tensor_data")))
"""Extensions that REST offers."""

_PLATFORMS = {
    RuntimeName.ONNXRUNTIME: ("onnxruntime_onnx", "onnxruntime"),
    RuntimeName.OPENVINO: ("openvino", "openvino"),
    RuntimeName.TORCHSCRIPT: ("pytorch_libtorch", "pytorch"),
    RuntimeName.NULL: ("null", "null"),
}
_INPUT_STAGES = ("decode", "preprocess")


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a model version that is served.

    Attributes:
        manifest: of it.
        execution: how it runs.
        signature: its original inputs and outputs.
        batching: how its rows become batches.
        policy: which of its versions are served.
    """

    manifest: Manifest
    execution: Execution
    signature: Signature
    batching: BatchPolicy = field(default_factory=BatchPolicy)
    policy: VersionPolicy = field(default_factory=VersionPolicy)

    @property
    def takes_batches(self) -> bool:
        """Whether the first dimension of every tensor is the number of rows."""
        return all(spec.shape[:1] == (-1,) for spec in (*self.signature.inputs, *self.signature.outputs))


def server(version: str, extensions: Iterable[str] = EXTENSIONS) -> dict[str, Any]:
    """The server's metadata; `version` is that of Vedette."""
    return {"name": SERVER_NAME, "version": version, "extensions": list(extensions)}


def metadata(model: Described, versions: Iterable[str]) -> dict[str, Any]:
    """A model's metadata: shapes with the batch, -1 for any length; `versions` are those that are ready."""
    return {
        "name": model.manifest.name,
        "versions": list(versions),
        "platform": _PLATFORMS[model.execution.runtime][0],
        "inputs": [_tensor(spec) for spec in model.signature.inputs],
        "outputs": [_tensor(spec) for spec in model.signature.outputs],
    }


def config(model: Described, max_batch: int) -> dict[str, Any]:
    """A model's configuration in the fields of Triton's ModelConfig; `max_batch` rows may come in one request."""
    platform, backend = _PLATFORMS[model.execution.runtime]
    batches = model.takes_batches
    told: dict[str, Any] = {
        "name": model.manifest.name,
        "platform": platform,
        "backend": backend,
        "version_policy": _version_policy(model.policy),
        "max_batch_size": max_batch if batches else 0,
        "input": [_input(spec, batches=batches) for spec in model.signature.inputs],
        "output": [_output(spec, batches=batches) for spec in model.signature.outputs],
        "instance_group": [_instance_group(model.manifest.name, model.execution)],
        "default_model_filename": PurePath(model.manifest.file).name,
    }
    if model.batching.size > 1:
        told["dynamic_batching"] = {
            "preferred_batch_size": [model.batching.size],
            "max_queue_delay_microseconds": model.batching.window_ns // 1000,
        }
    return told


def statistics(name: str, version: str, counted: ModelStatistics) -> dict[str, Any]:
    """Statistics of a model version, one entry of `model_stats`.

    `compute_input` is decoding and preprocessing, `compute_output` postprocessing. A request that failed is counted
    without its time. Of a batch only the inference is timed, so its input and output have a count of 0.
    """
    stages = dict(counted.stages)
    return {
        "name": name,
        "version": version,
        "inference_count": counted.succeeded,
        "execution_count": sum(batch.executions for batch in counted.batches),
        "inference_stats": {
            "success": _together(stages, "total"),
            "fail": _duration(sum(count for _, count in counted.failures), 0),
            "queue": _together(stages, "queue"),
            "compute_input": _together(stages, *_INPUT_STAGES),
            "compute_infer": _together(stages, "infer"),
            "compute_output": _together(stages, "postprocess"),
            "cache_hit": _duration(0, 0),
            "cache_miss": _duration(0, 0),
        },
        "batch_stats": [
            {
                "batch_size": batch.rows,
                "compute_input": _duration(0, 0),
                "compute_infer": _duration(batch.executions, batch.duration_ns),
                "compute_output": _duration(0, 0),
            }
            for batch in counted.batches
        ],
    }


def index(entries: Iterable[IndexEntry], *, ready: bool = False) -> list[dict[str, Any]]:
    """The index of the repository; with `ready` only what is ready."""
    return [
        {"name": entry.name, "version": entry.version, "state": str(entry.state), "reason": entry.reason}
        for entry in entries
        if not ready or entry.state is ModelState.READY
    ]


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": spec.datatype, "shape": list(spec.shape)}


def _input(spec: TensorSpec, *, batches: bool) -> dict[str, Any]:
    told = {"format": "FORMAT_NONE", "is_shape_tensor": False, "allow_ragged_batch": False, "optional": False}
    return _configured(spec, batches=batches) | told


def _output(spec: TensorSpec, *, batches: bool) -> dict[str, Any]:
    return _configured(spec, batches=batches) | {"label_filename": "", "is_shape_tensor": False}


def _configured(spec: TensorSpec, *, batches: bool) -> dict[str, Any]:
    kind = "TYPE_STRING" if spec.datatype == "BYTES" else f"TYPE_{spec.datatype}"
    return {"name": spec.name, "data_type": kind, "dims": list(spec.shape[1:] if batches else spec.shape)}


def _version_policy(policy: VersionPolicy) -> dict[str, Any]:
    if policy.only is not None:
        return {"specific": {"versions": [int(version) for version in policy.only if version.isdecimal()]}}
    return {"all": {}} if policy.latest is None else {"latest": {"num_versions": policy.latest}}


def _instance_group(name: str, execution: Execution) -> dict[str, Any]:
    kind, _, number = execution.device.partition(":")
    gpus = [int(number) if number.isdecimal() else 0] if kind in ("cuda", "gpu") else []
    return {
        "name": f"{name}_0",
        "kind": "KIND_GPU" if gpus else "KIND_CPU",
        "count": execution.streams,
        "gpus": gpus,
    }


def _together(stages: dict[str, Histogram], *names: str) -> dict[str, int]:
    """The time of stages together, and how many requests had one of them."""
    found = [stages[name] for name in names if name in stages]
    milliseconds = sum(one.sum_ms for one in found)
    return _duration(max((one.count for one in found), default=0), round(milliseconds * 1e6))


def _duration(count: int, nanoseconds: int) -> dict[str, int]:
    return {"count": count, "ns": nanoseconds}
