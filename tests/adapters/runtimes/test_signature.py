"""What a graph takes and gives is told in the words of the Open Inference Protocol, and works as it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from fakes import colour_manifest, write_colour_model
from onnx import TensorProto, helper

from vedette.adapters.runtimes.null import NullLoader
from vedette.adapters.runtimes.onnxruntime import OnnxRuntimeLoader
from vedette.adapters.runtimes.openvino import OpenVinoLoader
from vedette.adapters.runtimes.signature import NUMBERS, tensor_spec
from vedette.adapters.zoo.untrained import lstm_attention, speech_rnn
from vedette.errors import InvalidError, UnsupportedError
from vedette.rules.wire.arrange import arrange
from vedette.values.execution import Execution, Plan, RuntimeName
from vedette.values.tensor import NamedTensor, Signature, TensorSpec

ENGINES = ["onnxruntime", "openvino"]
KINDS = {
    "FP32": (TensorProto.FLOAT, np.float32),
    "FP16": (TensorProto.FLOAT16, np.float16),
    "FP64": (TensorProto.DOUBLE, np.float64),
    "INT64": (TensorProto.INT64, np.int64),
    "INT32": (TensorProto.INT32, np.int32),
    "INT8": (TensorProto.INT8, np.int8),
    "UINT8": (TensorProto.UINT8, np.uint8),
    "BOOL": (TensorProto.BOOL, np.bool_),
}


def write_graph(file: Path, nodes, inputs, outputs) -> Path:
    """A graph of `nodes`; inputs and outputs are (name, type, shape)."""
    told = [[helper.make_tensor_value_info(*one) for one in ports] for ports in (inputs, outputs)]
    graph = helper.make_graph(nodes, "graph", *told)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def loaded(engine: str, file: Path, plan: Plan = Plan.TENSOR, **changes):
    loaders = {
        "onnxruntime": OnnxRuntimeLoader(file.parent / "graphs"),
        "openvino": OpenVinoLoader(file.parent / "compiled"),
        "null": NullLoader(),
    }
    manifest = colour_manifest(file, **changes)
    if plan is Plan.TENSOR and engine != "null":
        manifest = replace(manifest, input=None)
    return loaders[engine].load(manifest, Execution(RuntimeName(engine)), plan)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("datatype", sorted(KINDS))
def test_every_type_of_numbers_is_told_and_comes_back_as_it_went_in(engine, datatype, tmp_path) -> None:
    """The name of the protocol goes with the type that the engine takes and gives."""
    kind, dtype = KINDS[datatype]
    ports = [("x", kind, ["N", 2])], [("y", kind, ["N", 2])]
    runtime = loaded(engine, write_graph(tmp_path / "same.onnx", [helper.make_node("Identity", ["x"], ["y"])], *ports))
    sent = np.array([[0, 1], [1, 1], [1, 0]], dtype)

    (got,) = runtime.infer(sent)

    assert runtime.signature == Signature((TensorSpec("x", datatype, (-1, 2)),), (TensorSpec("y", datatype, (-1, 2)),))
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, sent)


@pytest.mark.parametrize("engine", ENGINES)
def test_several_inputs_and_outputs_keep_the_names_and_the_order_of_the_graph(engine, tmp_path) -> None:
    """Neither the alphabet nor the order of the nodes counts."""
    nodes = [helper.make_node("Cast", ["z"], ["float"], to=TensorProto.FLOAT), helper.make_node("Not", ["flag"], ["b"])]
    nodes += [helper.make_node("Sub", ["float", "a"], ["c"])]
    inputs = [
        ("z", TensorProto.INT64, ["N", "T"]),
        ("a", TensorProto.FLOAT, ["N", "T"]),
        ("flag", TensorProto.BOOL, []),
    ]
    outputs = [("c", TensorProto.FLOAT, ["N", "T"]), ("b", TensorProto.BOOL, [])]
    runtime = loaded(engine, write_graph(tmp_path / "two.onnx", nodes, inputs, outputs))

    difference, flipped = runtime.infer(
        np.array([[5, 7]]),
        np.array([[1.5, 2.0]], np.float32),
        np.array(True),
    )

    assert runtime.signature == Signature(
        (TensorSpec("z", "INT64", (-1, -1)), TensorSpec("a", "FP32", (-1, -1)), TensorSpec("flag", "BOOL", ())),
        (TensorSpec("c", "FP32", (-1, -1)), TensorSpec("b", "BOOL", ())),
    )
    np.testing.assert_array_equal(difference, [[3.5, 5.0]])
    assert not bool(flipped)


@pytest.mark.parametrize("engine", [*ENGINES, "null"])
def test_a_missing_tensor_is_named_with_what_the_model_takes(engine, tmp_path) -> None:
    """No engine is asked with half of what it needs."""
    runtime = loaded(engine, write_colour_model(tmp_path / "colour.onnx"))

    with pytest.raises(InvalidError, match=r"takes 1 input tensors \(input\), 0 came"):
        runtime.infer()
    with pytest.raises(InvalidError, match="2 came"):
        runtime.infer(np.zeros((1, 3, 8, 8), np.float32), np.zeros(1, np.float32))


@pytest.mark.parametrize("engine", [*ENGINES, "null"])
def test_the_image_plan_tells_pixels_and_the_tensor_plan_the_models_own_input(engine, tmp_path) -> None:
    """Both plans of one model give the same outputs."""
    file = write_colour_model(tmp_path / "colour.onnx")
    image, tensor = (loaded(engine, file, plan).signature for plan in (Plan.IMAGE, Plan.TENSOR))

    assert [(one.datatype, one.shape) for one in image.inputs] == [("UINT8", (-1, 8, 8, 3))]
    assert tensor.inputs == (TensorSpec("input", "FP32", (-1, 3, 8, 8)),)
    assert image.outputs == tensor.outputs == (TensorSpec("scores", "FP32", (-1, 3)),)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_shape_that_is_fixed_in_the_file_is_told_as_fixed(engine, tmp_path) -> None:
    """A client can see that it must send one at a time."""
    signature = loaded(engine, write_colour_model(tmp_path / "one.onnx", batch=1)).signature

    assert signature.inputs == (TensorSpec("input", "FP32", (1, 3, 8, 8)),)
    assert signature.outputs == (TensorSpec("scores", "FP32", (1, 3)),)


def test_texts_go_through_onnxruntime_as_bytes(tmp_path) -> None:
    """Zero bytes and other letters too; the elements are bytes on both sides."""
    ports = [("x", TensorProto.STRING, ["N", 2])], [("y", TensorProto.STRING, ["N", 2])]
    file = write_graph(tmp_path / "text.onnx", [helper.make_node("Identity", ["x"], ["y"])], *ports)
    runtime = loaded("onnxruntime", file)
    sent = np.array([[b"bus", "Käse".encode()], [b"", b"a\0b"], [b"x" * 70_000, b"y"]], object)

    (got,) = runtime.infer(sent)

    assert runtime.signature.inputs == (TensorSpec("x", "BYTES", (-1, 2)),)
    assert got.dtype == object
    assert got.tolist() == sent.tolist()


def test_bytes_that_are_no_text_are_refused(tmp_path) -> None:
    """ONNX strings are UTF-8."""
    ports = [("x", TensorProto.STRING, ["N"])], [("y", TensorProto.STRING, ["N"])]
    file = write_graph(tmp_path / "text.onnx", [helper.make_node("Identity", ["x"], ["y"])], *ports)

    with pytest.raises(InvalidError, match="no UTF-8"):
        loaded("onnxruntime", file).infer(np.array([b"\xff\xfe"], object))


@pytest.mark.parametrize(
    ("engine", "kind", "told"),
    [
        ("onnxruntime", TensorProto.BFLOAT16, r"tensor\(bfloat16\)"),
        ("openvino", TensorProto.BFLOAT16, "bf16"),
        ("openvino", TensorProto.STRING, "string"),
    ],
)
def test_a_type_that_cannot_cross_is_refused_when_the_model_is_loaded(engine, kind, told, tmp_path) -> None:
    """Not in the middle of a request."""
    ports = [("x", kind, ["N"])], [("y", kind, ["N"])]
    file = write_graph(tmp_path / "odd.onnx", [helper.make_node("Identity", ["x"], ["y"])], *ports)

    with pytest.raises(UnsupportedError, match=f"'x' of the model holds {told}"):
        loaded(engine, file)


def test_the_names_of_types_are_those_of_numpy_and_onnx() -> None:
    """Second truth: what the onnx package says of each of its types."""
    for datatype, (kind, dtype) in KINDS.items():
        assert helper.tensor_dtype_to_np_dtype(kind) == dtype
        assert NUMBERS[np.dtype(dtype).name] == datatype


def test_a_side_without_a_number_may_be_of_any_length() -> None:
    """Names, nothing at all and -1 mean the same."""
    assert tensor_spec("x", "f32", ["N", None, -1, 0, 5]).shape == (-1, -1, -1, 0, 5)


@pytest.fixture(scope="module")
def sequence_files(tmp_path_factory) -> dict[str, Path]:
    """The two graphs over sequences that the catalogue builds."""
    folder = tmp_path_factory.mktemp("sequences")
    files = {"tokens": folder / "lstm.onnx", "frames": folder / "speech.onnx"}
    onnx.save(lstm_attention.build(), files["tokens"])
    onnx.save(speech_rnn.build(), files["frames"])
    return files


def sequence(name: str, count: int, length: int) -> np.ndarray:
    draw = np.random.default_rng(length)
    if name == "tokens":
        return draw.integers(0, lstm_attention.VOCABULARY, (count, length))
    return draw.standard_normal((count, length, speech_rnn.MELS), np.float32)


@pytest.mark.parametrize("name", ["tokens", "frames"])
def test_sequences_of_any_length_run_on_both_engines_with_the_same_answer(name, sequence_files) -> None:
    """Count and length are open in the signature, and each length gives an output of that length."""
    answers: dict[str, list[np.ndarray]] = {}
    for engine in ENGINES:
        runtime = loaded(engine, sequence_files[name])
        (told,) = runtime.signature.inputs
        assert told.shape[:2] == (-1, -1)
        assert runtime.signature.outputs[0].shape[:2] == (-1, -1)
        answers[engine] = []
        for count, length in ((1, 3), (2, 7), (1, 12), (1, 3)):
            sent = NamedTensor(name, told.datatype, sequence(name, count, length))
            (logits,) = runtime.infer(*arrange([sent], runtime.signature))
            assert logits.shape[:2] == (count, length)
            answers[engine].append(logits)
        runtime.close()

    for one, other in zip(*answers.values(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)
