"""What every engine promises: one contract, run on each of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import COLOURS, colour_manifest, write_colour_model, write_linear_model, write_stiff_model

from vedette.adapters.runtimes.null import NullLoader
from vedette.adapters.runtimes.onnxruntime import OnnxRuntimeLoader
from vedette.adapters.runtimes.openvino import OpenVinoLoader
from vedette.adapters.runtimes.torchscript import TorchScriptLoader
from vedette.errors import InvalidError, UnavailableError, UnsupportedError, UsageError
from vedette.values.execution import Execution, Plan, Precision, RuntimeName
from vedette.values.manifest import Layout, ModelFormat

ENGINES = ["onnxruntime", "openvino"]


@pytest.fixture
def loaders(tmp_path: Path):
    return {
        "onnxruntime": OnnxRuntimeLoader(tmp_path / "graphs"),
        "openvino": OpenVinoLoader(tmp_path / "compiled"),
        "null": NullLoader(),
    }


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_colour_model(tmp_path / "colour.onnx")


def pictures(count: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, side, side, 3), np.uint8)


def normalised(batch: np.ndarray, mean: list[float], scale: list[float], *, rgb: bool = True) -> np.ndarray:
    """The truth in plain NumPy: mean over the picture of (pixel - mean) / scale, in the model's channel order."""
    pixels = batch if rgb else batch[..., ::-1]
    return ((pixels.astype(np.float64) - mean) / scale).mean(axis=(1, 2))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_image_plan_takes_pixels_and_normalises_them_inside(engine, count, loaders, model) -> None:
    """uint8 NHWC in, the model's answer out, for any batch."""
    batch = pictures(count)

    runtime = loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine)))
    (scores,) = runtime.infer(batch)

    assert scores.shape == (count, 3)
    np.testing.assert_allclose(scores, normalised(batch, [0] * 3, [255] * 3), atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rgb", [True, False])
def test_mean_scale_and_channel_order_are_those_of_the_manifest(engine, rgb, loaders, model) -> None:
    """Each channel has its own numbers, in the order in which the model wants the channels."""
    mean, scale, batch = (103.5, 116.3, 123.7), (57.4, 57.1, 58.4), pictures(3)
    manifest = colour_manifest(model, mean_values=mean, scale_values=scale, reverse_input_channels=rgb)

    (scores,) = loaders[engine].load(manifest, Execution(RuntimeName(engine))).infer(batch)

    np.testing.assert_allclose(scores, normalised(batch, mean, scale, rgb=rgb), atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_that_takes_uint8_gets_its_pixels_untouched(engine, loaders, tmp_path) -> None:
    """No cast, no arithmetic."""
    from onnx import TensorProto

    model = write_colour_model(tmp_path / "u8.onnx", kind=TensorProto.UINT8)
    batch = pictures(2)

    manifest = colour_manifest(model, scale_values=(1.0,))
    (scores,) = loaders[engine].load(manifest, Execution(RuntimeName(engine))).infer(batch)

    np.testing.assert_allclose(scores, batch.mean(axis=(1, 2)), rtol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_tensor_plan_takes_the_models_original_input(engine, loaders, model) -> None:
    """Clients see the model they know."""
    tensor = np.random.default_rng(1).random((2, 3, 8, 8), np.float32)

    runtime = loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine)), Plan.TENSOR)
    (scores,) = runtime.infer(tensor)

    np.testing.assert_allclose(scores, tensor.mean(axis=(2, 3)), atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_of_plain_tensors_runs_by_the_tensor_plan_and_refuses_the_image_plan(engine, loaders, tmp_path) -> None:
    """Not every model sees."""
    weights = np.arange(6).reshape(2, 3)
    model = write_linear_model(tmp_path / "linear.onnx", weights)
    manifest = replace(colour_manifest(model), input=None)

    (answer,) = (
        loaders[engine].load(manifest, Execution(RuntimeName(engine)), Plan.TENSOR).infer(np.ones((1, 2), np.float32))
    )

    np.testing.assert_allclose(answer, [[3, 5, 7]])
    with pytest.raises(UnsupportedError, match="plain tensors"):
        loaders[engine].load(manifest, Execution(RuntimeName(engine)))


@pytest.mark.parametrize("engine", [*ENGINES, "null"])
def test_several_threads_may_infer_at_once_and_get_their_own_answers(engine, loaders, model) -> None:
    """As many as there are streams, over and over."""
    runtime = loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine), streams=3))
    batches = [np.full((1, 8, 8, 3), value, np.uint8) for value in range(200)]

    with ThreadPoolExecutor(3) as threads:
        answers = [scores[0, 0] for (scores,) in threads.map(runtime.infer, batches)]

    expected = [0.0] * 200 if engine == "null" else [value / 255 for value in range(200)]
    np.testing.assert_allclose(answers, expected, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_stays_the_same_after_the_next_inference(engine, loaders, model) -> None:
    """Outputs are the caller's own, not a view of the engine's memory."""
    runtime = loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine)))

    (first,) = runtime.infer(np.full((1, 8, 8, 3), 255, np.uint8))
    runtime.infer(np.zeros((1, 8, 8, 3), np.uint8))

    np.testing.assert_allclose(first, 1.0, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_whose_batch_is_fixed_still_takes_any_batch_that_it_divides(engine, loaders, tmp_path) -> None:
    """Exports with a fixed batch of one are common."""
    model = write_colour_model(tmp_path / "one.onnx", batch=1)
    batch = pictures(5)

    (scores,) = loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine))).infer(batch)

    np.testing.assert_allclose(scores, normalised(batch, [0] * 3, [255] * 3), atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("plan", Plan)
@pytest.mark.parametrize(("batch", "channels"), [(1, 3), (1, -1), (4, 3), (4, -1)])
def test_a_graph_with_its_batch_written_into_it_takes_any_number_of_rows(
    engine, plan, batch, channels, loaders, tmp_path
) -> None:
    """More run in parts, fewer are filled up, and each row has its own answer; the graph alone answers `batch` rows."""
    model = write_stiff_model(tmp_path / "stiff.onnx", batch, channels=channels)
    runtime = loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine)), plan)

    for count in (1, 2, 3, 4, 5, 8, 9):
        images = pictures(count)
        truth = normalised(images, [0] * 3, [255] * 3)
        given = images if plan is Plan.IMAGE else (images.transpose(0, 3, 1, 2) / np.float32(255)).copy()
        (scores,) = runtime.infer(given)
        np.testing.assert_allclose(scores, truth, atol=1e-6)
    assert runtime.signature.fixed_batch == batch


def test_a_graph_that_openvino_can_open_is_not_run_in_parts(loaders, tmp_path) -> None:
    """A batch that only the file's header fixes costs nothing."""
    model = write_colour_model(tmp_path / "four.onnx", batch=4)

    runtime = loaders["openvino"].load(colour_manifest(model), Execution(RuntimeName.OPENVINO))

    assert runtime.signature.fixed_batch is None


def test_a_compiled_graph_of_fixed_batch_that_was_kept_is_still_run_in_parts(loaders, tmp_path) -> None:
    """The second load does not read the model."""
    manifest = colour_manifest(write_stiff_model(tmp_path / "stiff.onnx", 4))
    loaders["openvino"].load(manifest, Execution(RuntimeName.OPENVINO)).close()

    (scores,) = loaders["openvino"].load(manifest, Execution(RuntimeName.OPENVINO)).infer(pictures(6))

    np.testing.assert_allclose(scores, normalised(pictures(6), [0] * 3, [255] * 3), atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_of_another_shape_is_refused_with_the_engines_reason(engine, loaders, model) -> None:
    """The message names the shape that came."""
    runtime = loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine)))

    with pytest.raises(InvalidError, match=r"\(1, 9, 9, 3\)"):
        runtime.infer(np.zeros((1, 9, 9, 3), np.uint8))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_is_no_model_is_refused(engine, loaders, tmp_path) -> None:
    """Text named .onnx."""
    file = tmp_path / "text.onnx"
    file.write_text("hello")

    with pytest.raises(InvalidError, match=r"text\.onnx"):
        loaders[engine].load(colour_manifest(file), Execution(RuntimeName(engine)))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_input_name_that_the_model_does_not_have_is_named(engine, loaders, model) -> None:
    """A wrong manifest is told as such."""
    with pytest.raises(InvalidError, match="pixels"):
        loaders[engine].load(colour_manifest(model, input_name="pixels"), Execution(RuntimeName(engine)))


def test_a_second_load_takes_the_composed_graph_that_is_kept(loaders, model, tmp_path) -> None:
    """The image plan is composed once for each model and manifest."""
    for _ in range(2):
        loaders["onnxruntime"].load(colour_manifest(model), Execution(RuntimeName.ONNXRUNTIME))
    assert len(list((tmp_path / "graphs").glob("*.onnx"))) == 1

    loaders["onnxruntime"].load(colour_manifest(model, mean_values=(5.0,)), Execution(RuntimeName.ONNXRUNTIME))
    assert len(list((tmp_path / "graphs").glob("*.onnx"))) == 2


@pytest.mark.parametrize("damage", [b"", b"not a graph"])
def test_a_damaged_composed_graph_is_made_anew(damage, loaders, model, tmp_path) -> None:
    """A corrupt cache costs a moment, not the run."""
    loaders["onnxruntime"].load(colour_manifest(model), Execution(RuntimeName.ONNXRUNTIME))
    (composed,) = (tmp_path / "graphs").glob("*.onnx")
    composed.write_bytes(damage)

    runtime = loaders["onnxruntime"].load(colour_manifest(model), Execution(RuntimeName.ONNXRUNTIME))

    assert runtime.infer(pictures(1))[0].shape == (1, 3)


def test_a_damaged_compiled_model_of_openvino_is_made_anew(loaders, model, tmp_path) -> None:
    """The same for the other engine's cache."""
    loaders["openvino"].load(colour_manifest(model), Execution(RuntimeName.OPENVINO))
    for file in (tmp_path / "compiled").rglob("*.compiled"):
        file.write_bytes(b"damaged")

    runtime = loaders["openvino"].load(colour_manifest(model), Execution(RuntimeName.OPENVINO))

    assert runtime.infer(pictures(1))[0].shape == (1, 3)


def test_onnxruntime_has_no_bf16_on_a_cpu(loaders, model) -> None:
    """A precision that would be ignored is refused."""
    with pytest.raises(UnsupportedError, match="not in bf16"):
        loaders["onnxruntime"].load(colour_manifest(model), Execution(RuntimeName.ONNXRUNTIME, Precision.BF16))


def test_openvino_runs_bf16_exactly_where_the_processor_has_it(loaders, model) -> None:
    """Refused with the reason on other processors, never emulated in silence."""
    import openvino

    execution = Execution(RuntimeName.OPENVINO, Precision.BF16)
    if "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        (scores,) = loaders["openvino"].load(colour_manifest(model), execution).infer(pictures(2))
        np.testing.assert_allclose(scores, normalised(pictures(2), [0] * 3, [255] * 3), atol=0.01)
    else:
        with pytest.raises(UnsupportedError, match="the processor lacks the instructions"):
            loaders["openvino"].load(colour_manifest(model), execution)


@pytest.mark.parametrize(
    ("engine", "device", "error", "message"),
    [
        ("onnxruntime", "gpu", UnsupportedError, "ONNX Runtime has no device gpu:0"),
        ("onnxruntime", "cuda:0", UnavailableError, "CUDAExecutionProvider"),
        ("onnxruntime", "tensorrt:1", UnavailableError, "TensorrtExecutionProvider"),
        ("openvino", "cuda:0", UnsupportedError, "OpenVINO has no device cuda:0"),
        ("openvino", "gpu:7", UnavailableError, "OpenVINO sees CPU"),
        ("openvino", "abacus", UsageError, "unknown device 'abacus'"),
        ("onnxruntime", "cuda:first", UsageError, "unknown device 'cuda:first'"),
    ],
)
def test_a_device_that_is_not_here_is_refused_with_what_it_needs(
    engine, device, error, message, loaders, model
) -> None:
    """Each says what is missing and what to do."""
    with pytest.raises(error, match=message) as caught:
        loaders[engine].load(colour_manifest(model), Execution(RuntimeName(engine), device=device))
    assert caught.value.help


def test_a_model_of_another_format_is_refused_by_name(loaders, model) -> None:
    """Each engine says which other one to take."""
    torchscript = colour_manifest(model, format=ModelFormat.TORCHSCRIPT)

    with pytest.raises(UnsupportedError, match="reads ONNX files"):
        loaders["onnxruntime"].load(torchscript, Execution(RuntimeName.ONNXRUNTIME))
    with pytest.raises(UnsupportedError, match="does not read TorchScript"):
        loaders["openvino"].load(torchscript, Execution(RuntimeName.OPENVINO))
    with pytest.raises(UnsupportedError, match="reads TorchScript"):
        TorchScriptLoader().load(colour_manifest(model), Execution(RuntimeName.TORCHSCRIPT))


def test_openvino_reads_its_own_format(loaders, model, tmp_path) -> None:
    """An IR made from the same model gives the same answers."""
    import openvino

    openvino.save_model(openvino.Core().read_model(model), tmp_path / "colour.xml", compress_to_fp16=False)
    manifest = colour_manifest(tmp_path / "colour.xml", format=ModelFormat.OPENVINO)

    (scores,) = loaders["openvino"].load(manifest, Execution(RuntimeName.OPENVINO)).infer(pictures(2))

    np.testing.assert_allclose(scores, normalised(pictures(2), [0] * 3, [255] * 3), atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_in_nhwc_is_fed_without_transposing(engine, loaders, tmp_path) -> None:
    """TensorFlow's layout."""
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input"], ["scores"], axes=[1, 2], keepdims=0)],
        "nhwc",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 8, 8, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 3])],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "nhwc.onnx"
    )

    manifest = colour_manifest(tmp_path / "nhwc.onnx", layout=Layout.NHWC)
    (scores,) = loaders[engine].load(manifest, Execution(RuntimeName(engine))).infer(pictures(4))

    np.testing.assert_allclose(scores, normalised(pictures(4), [0] * 3, [255] * 3), atol=1e-6)


def test_the_null_runtime_answers_zeros_for_every_class(loaders) -> None:
    """No file is opened."""
    runtime = loaders["null"].load(colour_manifest("nowhere.onnx"), Execution(RuntimeName.NULL))

    np.testing.assert_array_equal(runtime.infer(pictures(4))[0], np.zeros((4, len(COLOURS))))
