"""What a server tells of its models, held against the messages of Triton's own interface files."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import colour_manifest
from google.protobuf.json_format import ParseDict
from tritonclient.grpc import model_config_pb2, service_pb2

from vedette.rules.batching.policy import BatchPolicy
from vedette.rules.wire import oip_model
from vedette.values.execution import Execution, RuntimeName
from vedette.values.served import IndexEntry, ModelState
from vedette.values.serving import VersionPolicy
from vedette.values.statistics import BUCKETS_MS, BatchCount, Histogram, ModelStatistics
from vedette.values.tensor import Signature, TensorSpec

IMAGES = Signature((TensorSpec("input", "FP32", (-1, 3, 8, 8)),), (TensorSpec("scores", "FP32", (-1, 3)),))
SPEECH = Signature((TensorSpec("audio", "BYTES", (1, -1)),), (TensorSpec("text", "BYTES", (-1,)),))


def described(signature: Signature = IMAGES, **changes: Any) -> oip_model.Described:
    facts = {"execution": Execution(RuntimeName.OPENVINO, streams=4)} | changes
    return oip_model.Described(colour_manifest("models/colour.onnx"), signature=signature, **facts)


def times(*milliseconds: float) -> Histogram:
    return Histogram((len(milliseconds), *[0] * len(BUCKETS_MS)), sum(milliseconds))


def test_metadata_is_that_of_the_original_tensors() -> None:
    """Shapes with the batch; the platform by the engine; valid as Triton's message."""
    told = oip_model.metadata(described(), ["1", "2"])

    assert told == {
        "name": "colour",
        "versions": ["1", "2"],
        "platform": "openvino",
        "inputs": [{"name": "input", "datatype": "FP32", "shape": [-1, 3, 8, 8]}],
        "outputs": [{"name": "scores", "datatype": "FP32", "shape": [-1, 3]}],
    }
    assert ParseDict(told, service_pb2.ModelMetadataResponse()).inputs[0].shape == [-1, 3, 8, 8]


def test_the_configuration_of_a_model_with_batches_leaves_the_batch_out() -> None:
    """`max_batch_size` in its place; batches and streams as they are; valid as Triton's message."""
    told = oip_model.config(described(batching=BatchPolicy(4, 1_500_000)), 64)

    read = ParseDict(told, model_config_pb2.ModelConfig())

    assert (read.max_batch_size, list(read.input[0].dims), list(read.output[0].dims)) == (64, [3, 8, 8], [3])
    assert read.input[0].data_type == model_config_pb2.TYPE_FP32
    assert (list(read.dynamic_batching.preferred_batch_size), read.default_model_filename) == ([4], "colour.onnx")
    assert read.dynamic_batching.max_queue_delay_microseconds == 1500
    assert (read.instance_group[0].count, read.instance_group[0].kind) == (
        4,
        model_config_pb2.ModelInstanceGroup.KIND_CPU,
    )


def test_the_configuration_of_a_model_without_batches_has_all_dimensions() -> None:
    """`max_batch_size` 0, as Triton has it; no batching where there is none; texts are TYPE_STRING."""
    read = ParseDict(oip_model.config(described(SPEECH), 64), model_config_pb2.ModelConfig())

    assert (read.max_batch_size, list(read.input[0].dims), list(read.output[0].dims)) == (0, [1, -1], [-1])
    assert read.output[0].data_type == model_config_pb2.TYPE_STRING
    assert not read.HasField("dynamic_batching")


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (VersionPolicy(), {"latest": {"num_versions": 1}}),
        (VersionPolicy(latest=None), {"all": {}}),
        (VersionPolicy(latest=None, only=("1", "3")), {"specific": {"versions": [1, 3]}}),
    ],
)
def test_the_version_policy_is_told(policy: VersionPolicy, told: dict[str, Any]) -> None:
    """In the words of Triton's configuration."""
    config = oip_model.config(described(policy=policy), 8)

    assert config["version_policy"] == told
    assert ParseDict(config, model_config_pb2.ModelConfig()).version_policy.WhichOneof("policy_choice") == next(
        iter(told)
    )


def test_a_gpu_is_told_by_its_number() -> None:
    """cuda:1 is number 1."""
    config = oip_model.config(described(execution=Execution(RuntimeName.ONNXRUNTIME, device="cuda:1")), 8)

    assert config["instance_group"][0] | {"name": ""} == {"name": "", "kind": "KIND_GPU", "count": 1, "gpus": [1]}
    assert (config["platform"], config["backend"]) == ("onnxruntime_onnx", "onnxruntime")


def test_statistics_are_told_in_nanoseconds() -> None:
    """Two answers, three failures; decode and preprocess are the input; each number is where Triton has it."""
    stages = {"queue": times(1, 1), "decode": times(2, 3), "preprocess": times(0.5, 0.5), "infer": times(4, 4)}
    counted = ModelStatistics(
        2,
        (("invalid", 2), ("timeout", 1)),
        (BatchCount(1, 1, 4_000_000), BatchCount(2, 1, 4_500_000)),
        tuple((stages | {"postprocess": times(1, 1), "total": times(9, 10)}).items()),
    )

    told = oip_model.statistics("colour", "1", counted)

    read = ParseDict({"model_stats": [told]}, service_pb2.ModelStatisticsResponse()).model_stats[0]
    inference = read.inference_stats
    assert (read.inference_count, read.execution_count) == (2, 2)
    assert (inference.success.count, inference.success.ns) == (2, 19_000_000)
    assert (inference.fail.count, inference.queue.ns) == (3, 2_000_000)
    assert (inference.compute_input.count, inference.compute_input.ns) == (2, 6_000_000)
    assert (inference.compute_infer.ns, inference.compute_output.ns) == (8_000_000, 2_000_000)
    assert [(one.batch_size, one.compute_infer.count, one.compute_infer.ns) for one in read.batch_stats] == [
        (1, 1, 4_000_000),
        (2, 1, 4_500_000),
    ]


def test_nothing_counted_is_nothing() -> None:
    """A model that was never asked has zeros."""
    told = oip_model.statistics("colour", "1", ModelStatistics(0, (), (), ()))

    assert told["inference_stats"]["success"] == {"count": 0, "ns": 0}
    assert told["batch_stats"] == []


def test_the_index_may_be_of_what_is_ready_only() -> None:
    """State and reason of each version."""
    entries = (IndexEntry("a", "1", ModelState.READY), IndexEntry("a", "2", ModelState.UNAVAILABLE, "a damaged file"))

    assert oip_model.index(entries) == [
        {"name": "a", "version": "1", "state": "READY", "reason": ""},
        {"name": "a", "version": "2", "state": "UNAVAILABLE", "reason": "a damaged file"},
    ]
    assert [entry["version"] for entry in oip_model.index(entries, ready=True)] == ["1"]


def test_the_server_tells_what_it_offers() -> None:
    """No shared memory and no sequences among the extensions; binary tensors over REST only."""
    told = oip_model.server("1.2", oip_model.REST_EXTENSIONS)

    assert (told["name"], told["version"]) == ("vedette", "1.2")
    assert "binary_tensor_data" in told["extensions"]
    assert not any("shared_memory" in one or "sequence" in one for one in told["extensions"])
    assert "binary_tensor_data" not in oip_model.server("1.2")["extensions"]
