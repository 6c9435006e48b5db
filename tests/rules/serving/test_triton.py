"""What a Triton configuration means."""

from __future__ import annotations

import pytest
from tritonclient.grpc import model_config_pb2 as triton

from vedette.errors import UnsupportedError, UsageError
from vedette.rules.serving.pbtxt import parse
from vedette.rules.serving.triton import REFUSED, UNUSED, TritonConfig, read_message
from vedette.values.execution import Optimise, RuntimeName
from vedette.values.serving import ModelOptions, VersionPolicy
from vedette.values.tensor import TensorSpec

TENSORS = """
input [{ name: "x" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [3, -1, 8] }]
output [{ name: "y" data_type: TYPE_STRING dims: [5] label_filename: "labels.txt" },
  { name: "z" data_type: TYPE_INT64 dims: 1 }]
"""


def _read(text: str) -> TritonConfig:
    return read_message(parse(text), "Model_A", "config.pbtxt")


def test_a_whole_configuration_maps() -> None:
    """Name, backend, batch size, tensors, labels, versions, device, warm-up, threads and hint are taken over."""
    config = _read(
        'name: "Model_A" platform: "onnxruntime_onnx" max_batch_size: 16 default_model_filename: "net.onnx"'
        + TENSORS
        + "version_policy: { latest: { num_versions: 3 } }"
        + "instance_group [{ kind: KIND_GPU gpus: [1] }]"
        + 'model_warmup [{ name: "w" batch_size: 1 count: 5 }]'
        + 'parameters { key: "intra_op_thread_count" value: { string_value: "4" } }'
        + 'parameters: { key: "PERFORMANCE_HINT" value: { string_value: "LATENCY" } }'
    )

    assert config.options == ModelOptions(
        "Model_A",
        versions=VersionPolicy(latest=3),
        runtime=RuntimeName.ONNXRUNTIME,
        device="cuda:1",
        threads=4,
        optimise=Optimise.LATENCY,
        max_batch=16,
        warm_up=5,
    )
    assert (config.file, config.labels, config.notes) == ("net.onnx", "labels.txt", ())
    assert config.inputs == (TensorSpec("x", "FP32", (-1, 3, -1, 8)),)
    assert config.outputs == (TensorSpec("y", "BYTES", (-1, 5)), TensorSpec("z", "INT64", (-1, 1)))


def test_an_empty_configuration_is_one() -> None:
    """Triton completes it from the file; no batch is made without max_batch_size."""
    assert _read("").options == ModelOptions("Model_A", max_batch=1)


def test_without_max_batch_size_the_dims_are_the_whole_shape() -> None:
    """Only a model with batches has the batch dimension in front."""
    assert _read(f"max_batch_size: 0 {TENSORS}").inputs == (TensorSpec("x", "FP32", (3, -1, 8)),)


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("version_policy { latest {} }", VersionPolicy()),
        ("version_policy { all {} }", VersionPolicy(latest=None)),
        ("version_policy { specific { versions: [1, 3] } }", VersionPolicy(latest=None, only=("1", "3"))),
    ],
)
def test_version_policies_map(text: str, policy: VersionPolicy) -> None:
    """Latest, all and specific."""
    assert _read(text).options.versions == policy


def test_the_openvino_accelerator_is_the_openvino_runtime() -> None:
    """ONNX Runtime with OpenVINO as CPU accelerator runs on OpenVINO."""
    accelerators = 'execution_accelerators { cpu_execution_accelerator [{ name: "openvino" }] }'
    text = f'backend: "onnxruntime" optimization {{ {accelerators} }}'

    assert _read(text).options.runtime is RuntimeName.OPENVINO


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("dynamic_batching { max_queue_delay_microseconds: 100 }", "dynamic_batching.max_queue_delay_microseconds"),
        ("dynamic_batching { preferred_batch_size: [4] }", "dynamic_batching.preferred_batch_size"),
        ("instance_group [{ count: 2 kind: KIND_CPU }]", "instance_group.count"),
        ("instance_group [{ kind: KIND_GPU gpus: [0, 1] }]", "the first of [0, 1]"),
        ("optimization { graph { level: 1 } }", "optimization.graph"),
        ('parameters { key: "other" value { string_value: "1" } }', "parameters[other]"),
        ("response_cache { enable: true }", "response_cache"),
        ('model_warmup { inputs { key: "x" value { zero_data: true } } }', "only its count"),
    ],
)
def test_what_has_no_effect_is_named_with_its_line(text: str, note: str) -> None:
    """Nothing is dropped in silence."""
    (found,) = _read(f"\n\n{text}").notes

    assert found.startswith("line 3: ")
    assert note in found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('ensemble_scheduling { step [{ model_name: "a" }] }', "ensembles are not run"),
        ("sequence_batching {}", "sequences"),
        ('backend: "python"', "code is never loaded"),
        ('platform: "tensorrt_plan"', "known are onnxruntime_onnx"),
        ('platform: "ensemble"', "known are"),
        ("model_transaction_policy { decoupled: True }", "one answer"),
        ('input { name: "x" data_type: TYPE_FP32 dims: 1 reshape { shape: [] } }', "input.reshape"),
        ('input { name: "x" data_type: TYPE_FP32 dims: 1 allow_ragged_batch: true }', "allow_ragged_batch"),
        ("batch_input [{}]", "not made"),
        ('model_operations { op_library_filename: "x.so" }', "code is never loaded"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(text: str, reason: str) -> None:
    """The model is not served otherwise than its configuration means."""
    with pytest.raises(UnsupportedError) as caught:
        _read(text)
    assert "config.pbtxt: line 1: " in caught.value.message
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('name: "other"', "name: other: expected Model_A"),
        ("max_batch_sise: 3", "max_batch_sise: unknown field, did you mean max_batch_size?"),
        ("max_batch_size: true", "max_batch_size: max_batch_size: expected a whole number"),
        ("max_batch_size: 1 max_batch_size: 2", "max_batch_size: it is there twice"),
        ("input { data_type: TYPE_FP32 dims: 1 }", "input: expected a name and a data_type"),
        ('input { name: "x" data_type: TYPE_FLOAT dims: 1 }', "input: expected a name and a data_type"),
        ('input { name: "x" data_type: TYPE_FP32 dims: [0] }', "dims of x: [0]: expected"),
        ('input { name: "x" data_type: TYPE_FP32 }', "dims of x: []: expected"),
        ('input { name: "x" data_type: TYPE_FP32 dims: 1 dim: 3 }', "input.dim: unknown field, did you mean dims?"),
        ('default_model_filename: "../x.onnx"', "expected a file inside the model's folder"),
        (
            'output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "/etc/passwd" }',
            "inside the model's folder",
        ),
        ("version_policy {}", "expected one of latest, all, specific"),
        ("version_policy { specific {} }", "expected versions"),
        ("dynamic_batching: 3", "dynamic_batching: expected { ... }"),
        ("platform: onnx", "platform: expected a text in quotes"),
        ("model_transaction_policy { decoupled: 7 }", "expected true or false"),
        ('parameters { value { string_value: "1" } }', "expected key and value"),
    ],
)
def test_what_is_not_well_formed_is_told(text: str, problem: str) -> None:
    """The message has line, field, value and what is expected."""
    with pytest.raises(UsageError) as caught:
        _read(text)
    assert problem in caught.value.message


def test_all_problems_are_told_at_once() -> None:
    """Refusals and slips stand in one message."""
    with pytest.raises(UnsupportedError, match="3 problems") as caught:
        _read('nam: "x"\nmax_batch_size: "a"\nsequence_batching {}')
    assert len(caught.value.message.splitlines()) == 4


def test_a_list_that_is_not_used_is_named_once() -> None:
    """However many elements stand in its line."""
    notes = _read("dynamic_batching { preferred_batch_size: [ 4, 8, 16 ] }").notes

    assert len(notes) == 1
    assert notes[0].startswith("line 1: dynamic_batching.preferred_batch_size is not used")


def test_every_field_of_tritons_own_definition_is_known() -> None:
    """The table has each field of ModelConfig as Triton's own client defines it, and no other."""
    fields = {field.name for field in triton.ModelConfig.DESCRIPTOR.fields}

    with pytest.raises(UnsupportedError) as caught:
        _read("\n".join(f"{name} {{}}" for name in sorted(fields)))
    assert "unknown field" not in caught.value.message
    assert set(REFUSED) | set(UNUSED) <= fields


def test_every_data_type_of_tritons_own_definition_is_known() -> None:
    """All of them but the invalid one map to a type of the protocol."""
    for name in triton.DataType.DESCRIPTOR.values_by_name:
        if name != "TYPE_INVALID":
            (spec,) = _read(f'input {{ name: "x" data_type: {name} dims: 1 }}').inputs
            assert spec.datatype in (name.removeprefix("TYPE_"), "BYTES")
