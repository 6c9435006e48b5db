"""The Open Inference Protocol over gRPC, driven by Triton's own client: every call, every type, every error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from fakes import jpeg
from grpc_models import ONNX_TYPES, ModelsRig, example, models_rig
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from vedette.errors import OverloadedError
from vedette.values.serving import Limits

RED, GREEN = jpeg((255, 0, 0)), jpeg((0, 255, 0))
LIMITS = Limits(body_bytes=4 * 1024 * 1024, queue_images=40, images=3, tensors=4)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelsRig]:
    with models_rig(tmp_path_factory.mktemp("models"), LIMITS) as running:
        yield running


@pytest.fixture
def client(rig: ModelsRig) -> Iterator[triton.InferenceServerClient]:
    rig.repository.unloaded.clear()
    rig.grpc.heard.calls.clear()
    with triton.InferenceServerClient(rig.address) as opened:
        yield opened


def tensor(name: str, array: np.ndarray, datatype: str | None = None) -> triton.InferInput:
    made = triton.InferInput(name, list(array.shape), datatype or np_to_triton_dtype(array.dtype))
    made.set_data_from_numpy(array)
    return made


def picture(*images: bytes) -> triton.InferInput:
    return tensor("input", np.array(images, object))


def reds(rows: int = 1) -> triton.InferInput:
    array = np.zeros((rows, 3, 8, 8), np.float32)
    array[:, 0] = 1
    return tensor("input", array)


def refused(ask: Any, *args: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(InferenceServerException) as caught:
        ask(*args, **more)
    return caught.value.status(), caught.value.message()


# --- the server and its models ---


def test_the_server_tells_what_it_is(client) -> None:
    """Live, ready, its name and version, and only extensions that it has."""
    assert client.is_server_live()
    assert client.is_server_ready()
    told = client.get_server_metadata(as_json=True)
    assert (told["name"], told["version"]) == ("vedette", "9.9")
    assert "classification" in told["extensions"]
    assert not any("shared_memory" in one or "sequence" in one for one in told["extensions"])


def test_a_model_is_ready_or_not(client, rig) -> None:
    """One that is not there is not ready, as Triton answers."""
    assert client.is_model_ready("colour")
    assert client.is_model_ready("colour", "1")
    assert not client.is_model_ready("colour", "7")
    assert not client.is_model_ready("nothing")

    rig.repository.unloaded.add("colour")
    assert not client.is_model_ready("colour")
    assert not client.is_server_ready()
    assert client.is_server_live()


def test_metadata_shows_the_models_original_input(client) -> None:
    """FP32 in the layout of its file, not what the image plan takes."""
    told = client.get_model_metadata("colour", as_json=True)

    assert told["name"] == "colour"
    assert told["versions"] == ["1", "2"]
    assert told["platform"] == "onnxruntime_onnx"
    assert told["inputs"] == [{"name": "input", "datatype": "FP32", "shape": ["-1", "3", "8", "8"]}]
    assert told["outputs"] == [{"name": "scores", "datatype": "FP32", "shape": ["-1", "3"]}]


def test_the_configuration_is_tritons_message(client) -> None:
    """Without the batch, which has a field of its own."""
    told = client.get_model_config("colour", as_json=True)["config"]

    assert told["max_batch_size"] == 3
    assert told["input"] == [{"name": "input", "data_type": "TYPE_FP32", "dims": ["3", "8", "8"]}]
    assert told["instance_group"] == [{"name": "colour_0", "kind": "KIND_CPU", "count": 1}]


def test_statistics_count_what_was_asked(client) -> None:
    """Of one version, of all versions of a model, of all models."""
    client.infer("colour", [picture(RED)])
    one: Any = [{}]
    while "inference_count" not in one[0]:  # an answer leaves before it is counted
        one = client.get_inference_statistics("colour", "1", as_json=True)["model_stats"]
    both = client.get_inference_statistics("colour", as_json=True)["model_stats"]
    everything = client.get_inference_statistics(as_json=True)["model_stats"]

    assert int(one[0]["inference_count"]) >= 1
    assert int(one[0]["inference_stats"]["compute_infer"]["ns"]) > 0
    assert [entry["name"] for entry in both] == ["colour", "colour"]
    assert len(everything) == len(ONNX_TYPES) + 3
    assert refused(client.get_inference_statistics, "nothing")[0] == "StatusCode.NOT_FOUND"


@pytest.mark.parametrize("ask", ["get_model_metadata", "get_model_config", "get_inference_statistics"])
def test_a_model_that_is_not_there_is_not_found(client, ask: str) -> None:
    """In the words that Triton's tests look for."""
    status, message = refused(getattr(client, ask), "nothing")

    assert status == "StatusCode.NOT_FOUND"
    assert "Request for unknown model" in message
    assert "\nhelp: " in message


def test_models_are_loaded_and_unloaded(client) -> None:
    """The index tells it; a load brings nothing along."""
    client.unload_model("colour", unload_dependents=True)
    index = client.get_model_repository_index(as_json=True)["models"]
    assert {"name": "colour", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded"} in index
    status, message = refused(client.infer, "colour", [picture(RED)])
    assert (status, "unloaded by request" in message) == ("StatusCode.UNAVAILABLE", True)

    client.load_model("colour")
    assert client.is_model_ready("colour")
    assert refused(client.load_model, "nothing")[0] == "StatusCode.NOT_FOUND"
    assert refused(client.unload_model, "nothing")[0] == "StatusCode.NOT_FOUND"
    assert refused(client.load_model, "colour", config="{}")[0] == "StatusCode.UNIMPLEMENTED"
    status, message = refused(client.load_model, "colour", files={"file:1/model.onnx": b"x"}, config="{}")
    assert (status, "file:1/model.onnx" in message) == ("StatusCode.UNIMPLEMENTED", True)


def test_shared_memory_is_not_offered(client) -> None:
    """No region is there, none can be registered, to unregister all is no error."""
    assert client.get_system_shared_memory_status(as_json=True) == {}
    assert client.get_cuda_shared_memory_status(as_json=True) == {}
    assert refused(client.register_system_shared_memory, "r", "/r", 8)[0] == "StatusCode.UNIMPLEMENTED"
    assert refused(client.register_cuda_shared_memory, "r", b"cmF3", 0, 8)[0] == "StatusCode.UNIMPLEMENTED"
    client.unregister_system_shared_memory()
    client.unregister_cuda_shared_memory()

    given = triton.InferInput("in", [1, 1], "FP32")
    given.set_shared_memory("r", 4)
    assert refused(client.infer, "FP32", [given])[0] == "StatusCode.UNIMPLEMENTED"


def test_settings_are_told_and_stay(client) -> None:
    """What they are already may be asked for; a change is refused."""
    assert client.get_trace_settings(as_json=True)["settings"]["trace_level"] == {"value": ["OFF"]}
    assert client.update_trace_settings(settings={"trace_level": ["OFF"]}, as_json=True)["settings"]
    assert client.update_trace_settings(settings={"trace_level": None}, as_json=True)["settings"]
    assert refused(client.update_trace_settings, settings={"trace_level": "TIMESTAMPS"})[0] == (
        "StatusCode.UNIMPLEMENTED"
    )
    assert refused(client.get_trace_settings, "nothing")[0] == "StatusCode.NOT_FOUND"
    assert client.get_log_settings(as_json=True)["settings"]["log_error"] == {"bool_param": True}
    assert client.update_log_settings({"log_error": True, "log_format": "default"}, as_json=True)["settings"]
    assert refused(client.update_log_settings, {"log_verbose_level": 7})[0] == "StatusCode.UNIMPLEMENTED"


# --- inference ---


@pytest.mark.parametrize("datatype", list(ONNX_TYPES))
def test_tensors_of_every_type_come_back_as_they_went(client, datatype: str) -> None:
    """With their extremes; a model of free shape takes any number of rows and columns."""
    for rows, columns in ((1, 1), (2, 3), (5, 7)):
        sent = example(datatype, rows, columns)
        answer = client.infer(datatype, [tensor("in", sent, datatype)], request_id="id-7")

        got = answer.as_numpy("out")
        assert got.dtype == sent.dtype
        assert np.array_equal(got, sent)
        assert (answer.get_response().id, answer.get_response().model_version) == ("id-7", "1")


def test_encoded_images_are_taken_at_the_image_input(client) -> None:
    """BYTES of shape [N] or [N, 1]; the answer has the model's outputs for each image."""
    flat = client.infer("colour", [picture(RED, GREEN)]).as_numpy("scores")
    column = tensor("input", np.array([[RED], [GREEN]], object))

    assert flat.shape == (2, 3)
    assert flat.argmax(1).tolist() == [0, 1]
    assert np.array_equal(client.infer("colour", [column]).as_numpy("scores"), flat)


def test_an_image_and_its_tensor_give_the_same(client) -> None:
    """The image plan and the original input are one model."""
    as_tensor = client.infer("colour", [reds()]).as_numpy("scores")
    as_image = client.infer("colour", [picture(RED)]).as_numpy("scores")

    assert np.allclose(as_tensor, as_image, atol=0.02)


def test_classes_are_told_in_place_of_numbers(client) -> None:
    """`value:index:label`, the best first."""
    wished = [triton.InferRequestedOutput("scores", class_count=2)]
    told = client.infer("colour", [reds(2)], outputs=wished).as_numpy("scores")

    assert told.shape == (2, 2)
    assert told[0][0] == b"1.0:0:red"


def test_only_outputs_that_are_asked_for_come(client) -> None:
    """One that the model does not have is an error, and one asked for twice too."""
    assert client.infer("FP32", [tensor("in", example("FP32"))], outputs=[triton.InferRequestedOutput("out")])
    for wished in (["nothing"], ["out", "out"]):
        outputs = [triton.InferRequestedOutput(name) for name in wished]
        assert refused(client.infer, "FP32", [tensor("in", example("FP32"))], outputs=outputs)[0] == (
            "StatusCode.INVALID_ARGUMENT"
        )


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_a_compressed_request_is_read(client, algorithm: str) -> None:
    """And one that would be too large once decompressed is refused."""
    sent = np.zeros((1, 1000), np.float32)
    ask = partial(client.infer, "FP32", compression_algorithm=algorithm)

    assert np.array_equal(ask([tensor("in", sent)]).as_numpy("out"), sent)
    assert refused(ask, [tensor("in", np.zeros((1, 2**21), np.float32))])[0] == "StatusCode.RESOURCE_EXHAUSTED"


def test_wrong_tensors_are_the_callers_error(client) -> None:
    """Name, type, shape, missing, twice, too many; the text tells what came."""
    ok = example("FP32")
    short = triton.InferInput("in", [2, 2], "FP32")
    short._raw_content = bytes(12)
    cases = [
        ([tensor("other", ok)], "unexpected inference input 'other'"),
        ([tensor("in", ok.astype(np.float64))], "is FP32, FP64 came"),
        ([tensor("in", ok.reshape(-1))], "has the shape"),
        ([], "missing"),
        ([tensor("in", ok), tensor("in", ok)], "given twice"),
        ([short], "16 bytes, 12 came"),
    ]
    for inputs, text in cases:
        status, message = refused(client.infer, "FP32", inputs)
        assert (status, text in message) == ("StatusCode.INVALID_ARGUMENT", True), message
    assert refused(client.infer, "FP32", [tensor("in", ok)] * 5)[0] == "StatusCode.RESOURCE_EXHAUSTED"
    assert refused(client.infer, "colour", [picture(b"no image")])[0] == "StatusCode.INVALID_ARGUMENT"
    assert refused(client.infer, "colour", [picture(RED, RED, RED, RED)])[0] == "StatusCode.RESOURCE_EXHAUSTED"
    assert refused(client.infer, "colour", [picture(RED)], model_version="7")[0] == "StatusCode.NOT_FOUND"


def test_sequences_are_not_offered(client) -> None:
    """Models keep no state between requests."""
    ask = partial(client.infer, "colour", [picture(RED)])

    assert refused(ask, sequence_id=3, sequence_start=True)[0] == "StatusCode.UNIMPLEMENTED"


def test_a_message_beyond_the_limit_is_refused(client) -> None:
    """As `limits.body_bytes` says; the next request is served."""
    assert refused(client.infer, "FP32", [tensor("in", np.zeros((1, 2**21), np.float32))])[0] == (
        "StatusCode.RESOURCE_EXHAUSTED"
    )
    assert client.infer("FP32", [tensor("in", example("FP32"))])


def test_the_parameters_of_a_request_hold(client, rig) -> None:
    """`timeout` in microseconds and `priority`; others are passed over."""
    assert client.infer("colour", [picture(RED)], priority=2, timeout=10_000_000, parameters={"mine": "1"})
    with rig.holding():
        status, message = refused(client.infer, "gated", [picture(RED)], timeout=1000)
    assert (status, "deadline" in message) == ("StatusCode.DEADLINE_EXCEEDED", True)


def test_a_deadline_class_is_read_from_the_metadata(client) -> None:
    """One that is none, and a hard one without a time, are the caller's error."""
    ask = partial(client.infer, "colour", [picture(RED)])

    assert ask(headers={"x-deadline-class": "best-effort"})
    assert ask(headers={"x-deadline-class": "hard"}, client_timeout=30)
    assert ask(headers={"x-deadline-class": "hard"}, timeout=30_000_000)
    assert refused(ask, headers={"x-deadline-class": "hard"})[0] == "StatusCode.INVALID_ARGUMENT"
    assert refused(ask, headers={"x-deadline-class": "never"})[0] == "StatusCode.INVALID_ARGUMENT"


def test_a_client_that_gives_up_frees_what_it_took(client, rig) -> None:
    """By cancelling, or because its deadline has passed."""
    answers: Queue[Any] = Queue()
    first, second = {"x-request-id": "left-1"}, {"x-request-id": "left-2"}
    with rig.holding() as gate:
        call = client.async_infer("gated", [picture(RED)], lambda result, error: answers.put(error), headers=first)
        assert gate.entered.acquire(timeout=30)
        call.cancel()
        assert "CANCELLED" in answers.get(timeout=30).status()
        assert rig.grpc.heard.of("ModelInfer", request_id="left-1").status == "CANCELLED"
        assert rig.free()

        late = refused(client.infer, "gated", [picture(RED)], client_timeout=1, headers=second)
        assert late[0] == "StatusCode.DEADLINE_EXCEEDED"
        rig.grpc.heard.of("ModelInfer", request_id="left-2")
        assert rig.free()


def test_what_is_more_than_the_queue_is_refused_at_once(client, rig) -> None:
    """As UNAVAILABLE, while those before it wait."""
    answers: Queue[Any] = Queue()
    with rig.holding():
        for _ in range(60):
            client.async_infer("gated", [picture(RED)], lambda result, error: answers.put(error))
        refusals = [answers.get(timeout=30) for _ in range(20)]
        assert {error.status() for error in refusals} == {"StatusCode.UNAVAILABLE"}
        assert "not admitted" in refusals[0].message()
        assert answers.empty()
    assert [answers.get(timeout=30) for _ in range(40)] == [None] * 40


# --- typed contents, which Triton's client does not send ---


def contents_request(datatype: str, array: np.ndarray, **contents: list[Any]) -> Any:
    from tritonclient.grpc import service_pb2 as pb

    given = pb.ModelInferRequest.InferInputTensor(
        name="in", datatype=datatype, shape=array.shape, contents=pb.InferTensorContents(**contents)
    )
    return pb.ModelInferRequest(model_name=datatype, inputs=[given])


FIELD_OF = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


@pytest.mark.parametrize("datatype", list(FIELD_OF))
def test_numbers_may_come_in_the_field_of_their_type(client, datatype: str) -> None:
    """The answer is the same as for raw bytes."""
    sent = example(datatype)
    request = contents_request(datatype, sent, **{FIELD_OF[datatype]: sent.reshape(-1).tolist()})

    answer = triton.InferResult(client._client_stub.ModelInfer(request, timeout=30))
    assert np.array_equal(answer.as_numpy("out"), sent)


def test_contents_that_do_not_fit_are_the_callers_error(client) -> None:
    """Another field, both forms, too few, out of range, a type without a field, raw contents for some inputs only."""
    two = np.zeros((1, 2))
    both = contents_request("FP32", two, fp32_contents=[1, 2])
    both.raw_input_contents.append(bytes(8))
    fewer = contents_request("FP32", two)
    fewer.inputs[0].ClearField("contents")
    fewer.raw_input_contents.extend([bytes(8), bytes(8)])
    cases = [
        (contents_request("FP32", two, int_contents=[1, 2]), "int_contents"),
        (both, "both"),
        (contents_request("FP32", two, fp32_contents=[1]), "1 came"),
        (contents_request("INT8", two, int_contents=[1, 300]), "no INT8"),
        (contents_request("INT8", two, int_contents=[1, 300, 300]), "3 came"),
        (contents_request("UINT16", two, uint_contents=[1, 70000]), "no UINT16"),
        (contents_request("FP16", two, fp32_contents=[1, 2]), "raw_input_contents"),
        (contents_request("FP16", two), "raw_input_contents"),
        (fewer, "1 inputs and 2 raw_input_contents"),
    ]
    for request, text in cases:
        with pytest.raises(grpc.RpcError) as caught:
            client._client_stub.ModelInfer(request, timeout=30)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert text in caught.value.details()


def test_many_numbers_in_a_field_are_read_beside_the_loop(client) -> None:
    """More than one part, and more bytes than are read in the event loop."""
    sent = np.arange(300_000, dtype=np.float32).reshape(3, -1)
    request = contents_request("FP32", sent, fp32_contents=sent.reshape(-1))

    answer = triton.InferResult(client._client_stub.ModelInfer(request, timeout=30))
    assert np.array_equal(answer.as_numpy("out"), sent)


# --- streams ---


def stream(client: Any, send: Any) -> list[tuple[Any, Any]]:
    answers: Queue[Any] = Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    count = send()
    found = [answers.get(timeout=30) for _ in range(count)]
    client.stop_stream()
    return found


def test_a_stream_is_answered_in_its_order(client) -> None:
    """Errors in their place; the stream goes on after them."""

    def send() -> int:
        for number in range(50):
            model = "nothing" if number == 20 else "INT32"
            array = np.full((1, 1), number, np.int32)
            client.async_stream_infer(model, [tensor("in", array)], request_id=str(number))
        return 50

    found = stream(client, send)
    for number, (result, error) in enumerate(found):
        if number == 20:
            assert "Request for unknown model" in error.message()
        else:
            assert result.as_numpy("out").item() == number
            assert result.get_response().id == str(number)
            assert result.get_response().parameters["triton_final_response"].bool_param


def test_a_stream_that_breaks_off_frees_what_it_took(client, rig) -> None:
    """What waits is not run any more."""
    client.start_stream(lambda result, error: None, headers={"x-request-id": "broken-off"})
    with rig.holding() as gate:
        for _ in range(5):
            client.async_stream_infer("gated", [picture(RED)])
        assert gate.entered.acquire(timeout=30)
        client.stop_stream(cancel_requests=True)

        assert rig.grpc.heard.of("ModelStreamInfer", request_id="broken-off").status == "CANCELLED"
        assert rig.free()


def test_a_message_that_is_not_let_in_is_told_in_its_place(tmp_path: Path) -> None:
    """As the guard of a stream decides for each."""
    from tritonclient.grpc import service_pb2 as pb

    message = contents_request("FP32", np.zeros((1, 1)), fp32_contents=[2.0]).SerializeToString()
    asked = []

    class Twice:
        """Lets two in."""

        def check(self, headers: Any, peer: str, right: Any) -> str:
            asked.append(right)
            if len(asked) > 2:
                raise OverloadedError("too often", help="ask less often")
            return ""

    with models_rig(tmp_path, LIMITS, guard=Twice()) as rig, grpc.insecure_channel(rig.address) as channel:
        call = channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer")
        found = [pb.ModelStreamInferResponse.FromString(one) for one in call(iter([message] * 4), timeout=30)]

    assert [one.error_message for one in found] == ["", "", *["too often\nhelp: ask less often"] * 2]


def test_garbage_in_a_stream_is_answered_in_its_place(client, rig) -> None:
    """By an error message; the next message is served."""
    good = contents_request("FP32", np.zeros((1, 1)), fp32_contents=[2.0]).SerializeToString()
    with grpc.insecure_channel(rig.address) as channel:
        call = channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer")
        first, second = call(iter([b"\xff\xff", good]), timeout=30)

    from tritonclient.grpc.service_pb2 import ModelStreamInferResponse

    assert "cannot be read" in ModelStreamInferResponse.FromString(first).error_message
    answer = ModelStreamInferResponse.FromString(second)
    assert answer.error_message == ""
    assert triton.InferResult(answer.infer_response).as_numpy("out").item() == 2.0


# --- the client of asyncio, and many at once ---


def test_the_asynchronous_client_works_as_well(rig) -> None:
    """Calls, errors, a stream, and a task that is cancelled."""
    rig.repository.unloaded.clear()

    async def requests() -> Any:
        for number in range(5):
            yield {
                "model_name": "INT32" if number != 3 else "nothing",
                "inputs": [tensor("in", np.full((1, 1), number, np.int32))],
            }

    async def run() -> None:
        async with triton_aio.InferenceServerClient(rig.address) as client:
            assert await client.is_server_live()
            assert await client.is_model_ready("colour")
            assert (await client.get_server_metadata()).name == "vedette"
            answers = await asyncio.gather(*(client.infer("colour", [picture(RED)]) for _ in range(10)))
            assert all(answer.as_numpy("scores").argmax() == 0 for answer in answers)
            with pytest.raises(InferenceServerException, match="Request for unknown model"):
                await client.infer("nothing", [picture(RED)])
            got = [pair async for pair in client.stream_infer(requests())]
            assert [error is None for _, error in got] == [True, True, True, False, True]
            with rig.holding() as gate:
                named = {"x-request-id": "left-aio"}
                waiting = asyncio.ensure_future(client.infer("gated", [picture(RED)], headers=named))
                assert await asyncio.to_thread(gate.entered.acquire, timeout=30)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                assert rig.grpc.heard.of("ModelInfer", "CANCELLED", "left-aio")
            assert rig.free()

    asyncio.run(run())


def test_many_clients_are_served_at_once(rig) -> None:
    """Each gets its own answer."""
    rig.repository.unloaded.clear()

    def ask(number: int) -> bool:
        with triton.InferenceServerClient(rig.address) as client:
            sent = np.full((1, 4), number, np.int64)
            return all(
                np.array_equal(client.infer("INT64", [tensor("in", sent)]).as_numpy("out"), sent) for _ in range(10)
            )

    results: list[bool] = []
    threads = [threading.Thread(target=lambda n=n: results.append(ask(n))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [True] * 8
