"""The Open Inference Protocol over HTTP, driven by Triton's own clients against a real server."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import COLOURS, jpeg, write_linear_model
from http_rig import CLOCK, Remembered, call, http_rig
from stations import ONE, colour_station
from tritonclient import http as triton
from tritonclient.http import aio as triton_aio
from tritonclient.utils import InferenceServerException

from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.oip import OipEndpoints
from vedette.adapters.http.oip_settings import OipSettingsEndpoints
from vedette.adapters.runtimes.onnxruntime import OnnxRuntimeLoader
from vedette.errors import NotFoundError, UnavailableError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.service import Service
from vedette.flows.inference.station import Loaded, Station
from vedette.values.execution import Plan
from vedette.values.manifest import Manifest, ModelFormat, ModelType
from vedette.values.served import IndexEntry, ModelState
from vedette.values.serving import Limits

RED, GREEN, BLUE = jpeg((255, 0, 0)), jpeg((0, 255, 0)), jpeg((0, 0, 255))
PIXELS = np.random.default_rng(0).random((2, 3, 8, 8), np.float32) * 255
MEANS = PIXELS.mean((2, 3))
WEIGHTS = np.arange(6, dtype=np.float32).reshape(3, 2)


@dataclass
class Shelf:
    """A repository with a colour model and a linear one, and a third that cannot be loaded."""

    loads: list[str] = field(default_factory=list)
    complete: bool = True

    def index(self) -> tuple[IndexEntry, ...]:
        ready = [IndexEntry(name, "1", ModelState.READY) for name in self.names()]
        return (*ready, IndexEntry("broken", "1", ModelState.UNAVAILABLE, "a damaged file"))

    def names(self) -> tuple[str, ...]:
        return ("colour", "linear")

    def versions(self, name: str) -> tuple[str, ...]:
        return ("1",) if name in self.names() else ()

    def ready(self) -> bool:
        return self.complete

    async def load(self, name: str) -> None:
        if name == "broken":
            raise UnavailableError("broken cannot be loaded: a damaged file", help="copy it again")
        self._known(name)
        self.loads.append(f"load {name}")

    async def unload(self, name: str) -> None:
        self._known(name)
        self.loads.append(f"unload {name}")

    def _known(self, name: str) -> None:
        if name not in self.names():
            raise NotFoundError(f"there is no model {name}", help="take another")


def linear_station(folder: Path) -> ImageStation:
    file = write_linear_model(folder / "linear.onnx", WEIGHTS)
    manifest = Manifest("linear", "1", str(file), ModelFormat.ONNX, ModelType.TENSOR, None)
    runtime = OnnxRuntimeLoader(folder / "cache").load(manifest, ONE, Plan.TENSOR)
    return Station(Loaded(Instance(manifest, runtime), lambda: runtime), CLOCK)


@dataclass
class Rig:
    """A server's address, its repository, and what its observer was told."""

    url: str
    shelf: Shelf
    told: Remembered

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = call("POST", self.url + path, data, **headers)
        return answer.status, answer.json()


@contextmanager
def serve(folder: Path, **limits: int) -> Iterator[Rig]:
    shelf = Shelf()

    def make(service: Service) -> Sequence[Endpoint]:
        oip = OipEndpoints(service, shelf, CLOCK, "1.2.3")
        return (*oip.endpoints(), *OipSettingsEndpoints(service).endpoints())

    def stations() -> dict[str, ImageStation]:
        return {"colour": colour_station(folder), "linear": linear_station(folder)}

    with http_rig(make, stations, Limits(**limits)) as (url, told):
        yield Rig(url, shelf, told)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with serve(tmp_path_factory.mktemp("oip"), images=4) as found:
        yield found


@pytest.fixture
def client(rig: Rig) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(rig.address) as found:
        yield found


def tensor(array: np.ndarray, datatype: str = "FP32", name: str = "input", *, binary: bool = True) -> triton.InferInput:
    found = triton.InferInput(name, list(array.shape), datatype)
    found.set_data_from_numpy(array, binary_data=binary)
    return found


def images(*encoded: bytes) -> triton.InferInput:
    return tensor(np.array(encoded, object), "BYTES")


# --- what is told ---


def test_the_server_tells_of_itself(client: triton.InferenceServerClient) -> None:
    """Health, name, version, and extensions that are there."""
    told = client.get_server_metadata()

    assert (told["name"], told["version"]) == ("vedette", "1.2.3")
    assert {"binary_tensor_data", "classification", "statistics", "model_repository"} <= set(told["extensions"])
    assert client.is_server_live()
    assert client.is_server_ready()


def test_paths_are_taken_with_and_without_a_slash(rig: Rig) -> None:
    """Both stand in the texts of the protocol; KServe's list of models is there too."""
    assert call("GET", f"{rig.url}/v2/").json() == call("GET", f"{rig.url}/v2").json()
    assert call("GET", f"{rig.url}/v2/models").json() == {"models": ["colour", "linear"]}
    assert call("GET", f"{rig.url}/v2/health/live").json() == {"live": True}


def test_a_server_whose_models_are_not_ready_says_so(rig: Rig, client: triton.InferenceServerClient) -> None:
    """503 with the reason; it lives all the same."""
    rig.shelf.complete = False
    try:
        assert not client.is_server_ready()
        assert client.is_server_live()
        assert "not all models are ready" in call("GET", f"{rig.url}/v2/health/ready").json()["error"]
    finally:
        rig.shelf.complete = True


@pytest.mark.parametrize("version", ["", "1"])
def test_a_model_tells_its_original_tensors(client: triton.InferenceServerClient, version: str) -> None:
    """FP32 in the layout of the model, not the pixels that the server makes of images."""
    told = client.get_model_metadata("colour", version)

    assert told == {
        "name": "colour",
        "versions": ["1"],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "input", "datatype": "FP32", "shape": [-1, 3, 8, 8]}],
        "outputs": [{"name": "scores", "datatype": "FP32", "shape": [-1, 3]}],
    }
    assert client.is_model_ready("colour", version)


def test_the_configuration_is_tritons(client: triton.InferenceServerClient) -> None:
    """Batches left out of the dims; what a request may bring in their place."""
    told = client.get_model_config("colour")

    assert (told["max_batch_size"], told["input"][0]["dims"], told["backend"]) == (4, [3, 8, 8], "onnxruntime")
    assert told["output"][0]["data_type"] == "TYPE_FP32"


def test_statistics_count_what_was_asked(rig: Rig, client: triton.InferenceServerClient) -> None:
    """One more image; the time of its inference; failures apart."""
    before = client.get_inference_statistics("colour")["model_stats"][0]
    client.infer("colour", [images(RED)])
    with pytest.raises(InferenceServerException):
        client.infer("colour", [images(b"no image")])
    after = client.get_inference_statistics("colour", "1")["model_stats"][0]

    def grown(*keys: str) -> int:
        old, new = before, after
        for key in keys:
            old, new = old[key], new[key]
        return new - old

    assert grown("inference_count") == grown("inference_stats", "success", "count") == 1
    assert grown("inference_stats", "compute_infer", "ns") > 0
    assert grown("inference_stats", "fail", "count") == 1
    assert [one["name"] for one in client.get_inference_statistics()["model_stats"]] == ["colour", "linear"]


# --- inference ---


@pytest.mark.parametrize("binary", [True, False])
def test_tensors_go_through_the_original_graph(client: triton.InferenceServerClient, *, binary: bool) -> None:
    """The means of each channel, in both forms of request and answer; the id comes back."""
    outputs = [triton.InferRequestedOutput("scores", binary_data=binary)]

    found = client.infer("colour", [tensor(PIXELS, binary=binary)], outputs=outputs, request_id="r 7")

    assert found.as_numpy("scores") == pytest.approx(MEANS, rel=1e-4)
    assert {"model_name": "colour", "model_version": "1", "id": "r 7"}.items() <= found.get_response().items()
    assert ("parameters" in found.get_output("scores")) is binary


def test_a_generic_model_takes_its_tensors(client: triton.InferenceServerClient) -> None:
    """Any number of rows; all outputs as bytes, as the client asks for by itself."""
    rows = np.eye(3, dtype=np.float32)

    found = client.infer("linear", [tensor(rows, name="x")], model_version="1")

    assert found.as_numpy("y").tolist() == WEIGHTS.tolist()


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_bytes_for_an_image_model_are_encoded_images(
    client: triton.InferenceServerClient, shape: tuple[int, ...]
) -> None:
    """One element an image; the model's own outputs, a row each, in their order."""
    pictures = np.array([RED, GREEN, BLUE], object).reshape(shape)

    found = client.infer("colour", [tensor(pictures, "BYTES")]).as_numpy("scores")

    assert found.shape == (3, 3)
    assert found.argmax(1).tolist() == [0, 1, 2]


def test_a_classification_has_value_index_and_label(client: triton.InferenceServerClient) -> None:
    """The best first, of each row."""
    wish = triton.InferRequestedOutput("scores", class_count=2)

    found = client.infer("colour", [images(GREEN, BLUE)], outputs=[wish]).as_numpy("scores")

    assert found.shape == (2, 2)
    for row, label in zip(found, ("green", "blue"), strict=True):
        value, index, name = row[0].decode().split(":")
        assert (name, COLOURS[int(index)]) == (label, label)
        assert float(value) == pytest.approx(1, abs=0.02)


def test_a_raw_body_is_the_only_input(rig: Rig) -> None:
    """Header length 0: a JPEG, or the numbers of one row; the answer is binary."""
    for body, expected in ((RED, [1, 0, 0]), (PIXELS[:1].tobytes(), MEANS[0])):
        answer = call("POST", f"{rig.url}/v2/models/colour/infer", body, Inference_Header_Content_Length="0")
        length = int(answer.headers["Inference-Header-Content-Length"])
        found = triton.InferResult.from_response_body(answer.data, header_length=length).as_numpy("scores")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert found[0] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_bodies_may_be_compressed(client: triton.InferenceServerClient, algorithm: str) -> None:
    """As Triton's client compresses them; the answer may be compressed, or not."""
    found = client.infer(
        "colour",
        [tensor(PIXELS)],
        request_compression_algorithm=algorithm,
        response_compression_algorithm=algorithm,
    )

    assert found.as_numpy("scores") == pytest.approx(MEANS, rel=1e-4)


def test_the_asynchronous_client_works_too(rig: Rig) -> None:
    """Several requests at once over http.aio."""

    async def run() -> list[int]:
        async with triton_aio.InferenceServerClient(rig.address) as client:
            assert await client.is_model_ready("colour")
            found = await asyncio.gather(*[client.infer("colour", [images(one)]) for one in (RED, GREEN, BLUE, RED)])
        return [int(one.as_numpy("scores").argmax()) for one in found]

    assert asyncio.run(run()) == [0, 1, 2, 0]


def test_the_threads_of_the_client_work_too(rig: Rig) -> None:
    """`async_infer` with several connections."""
    with triton.InferenceServerClient(rig.address, concurrency=4) as client:
        asked = [client.async_infer("colour", [images(one)]) for one in (RED, GREEN, BLUE)]
        found = [int(one.get_result(timeout=30).as_numpy("scores").argmax()) for one in asked]

    assert found == [0, 1, 2]


# --- what is refused ---


def infer_body(**changes: Any) -> dict[str, Any]:
    one = {"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]} | changes
    return {"inputs": [one]}


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/v2/models/none/infer", infer_body(), 404, "Request for unknown model"),
        ("/v2/models/linear/versions/9/infer", infer_body(), 404, "Request for unknown model"),
        ("/v2/models/linear/infer", infer_body(name="z"), 400, "unexpected inference input 'z'"),
        ("/v2/models/linear/infer", {"inputs": []}, 400, "'x' is missing"),
        ("/v2/models/linear/infer", infer_body(datatype="INT32"), 400, "is FP32, INT32 came"),
        ("/v2/models/linear/infer", infer_body(datatype="BYTES", data=["a", "b", "c"]), 400, "is FP32, BYTES came"),
        ("/v2/models/linear/infer", infer_body(shape=[3]), 400, "has the shape"),
        ("/v2/models/linear/infer", infer_body(shape=[1, 4]), 400, "4 elements, 3 came"),
        (
            "/v2/models/linear/infer",
            infer_body() | {"outputs": [{"name": "q"}]},
            400,
            "unexpected inference output 'q'",
        ),
        ("/v2/models/linear/infer", infer_body() | {"parameters": {"sequence_id": 3}}, 415, "sequence"),
        ("/v2/models/linear/infer", infer_body() | {"parameters": {"timeout": 1}}, 504, "deadline passed"),
        ("/v2/models/linear/infer", b"{", 400, "no JSON"),
        ("/v2/models/linear/infer?threshold=1", infer_body(), 400, "'threshold' is not known"),
        ("/v2/models/colour/infer", b'{"inputs":' + b"[" * 9000, 413, "nests deeper"),
        (
            "/v2/models/colour/infer",
            infer_body(name="input", datatype="BYTES", data=["a"] * 3, shape=[3, 1, 1]),
            400,
            "shape [N] or [N, 1]",
        ),
        ("/v2/models/colour/infer", infer_body(name="input", datatype="BYTES", data=[], shape=[0]), 400, "no image"),
        (
            "/v2/models/colour/infer",
            infer_body(name="input", datatype="BYTES", data=["a"] * 5, shape=[5]),
            413,
            "4 may",
        ),
        (
            "/v2/models/colour/infer",
            infer_body(name="input", datatype="BYTES", data=["a"], shape=[1]),
            400,
            "not an image",
        ),
    ],
)
def test_a_wrong_request_is_a_clear_error(rig: Rig, path: str, body: Any, status: int, message: str) -> None:
    """The status by the kind; one text that ends with the next step."""
    found, told = rig.post(path, body)

    assert (found, set(told)) == (status, {"error"})
    assert message in told["error"]
    assert "; help: " in told["error"]


def test_one_wrong_image_among_others_is_the_error_of_the_request(client: triton.InferenceServerClient) -> None:
    """A batch has no half answers; the server goes on."""
    with pytest.raises(InferenceServerException, match="not an image"):
        client.infer("colour", [images(RED, b"no image", GREEN)])

    assert client.infer("colour", [images(RED)]).as_numpy("scores").argmax() == 0


def test_an_empty_batch_is_answered_or_refused(rig: Rig) -> None:
    """Never the server's fault."""
    status, told = rig.post("/v2/models/linear/infer", infer_body(shape=[0, 3], data=[]))

    assert status in (200, 400), told


def test_a_large_json_body_is_read_aside(rig: Rig) -> None:
    """Half a megabyte of numbers gives what the binary form gives."""
    rows = np.arange(45_000, dtype=np.float32).reshape(-1, 3) / 7
    body = {"inputs": [{"name": "x", "shape": list(rows.shape), "datatype": "FP32", "data": rows.reshape(-1).tolist()}]}

    status, told = rig.post(
        "/v2/models/linear/infer", gzip.compress(json.dumps(body).encode()), Content_Encoding="gzip"
    )

    assert status == 200
    assert np.array(told["outputs"][0]["data"], np.float32).reshape(-1, 2) == pytest.approx(rows @ WEIGHTS, rel=1e-4)


def test_more_elements_than_the_shape_says_are_refused(rig: Rig) -> None:
    """They are not even read: eight of them would take no more room than the two that are announced."""
    one = {"name": "x", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": 32}}
    head = json.dumps({"inputs": [one]}).encode()

    status, told = rig.post("/v2/models/colour/infer", head + bytes(32), Inference_Header_Content_Length=str(len(head)))

    assert (status, "more elements than the 2" in told["error"]) == (400, True)


# --- the repository ---


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/repository/index", 413),
        ("/v2/repository/models/colour/unload", 413),
        ("/v2/repository/models/colour/load", 415),
        ("/v2/trace/setting", 413),
        ("/v2/logging", 413),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_bodies_of_control_are_small(rig: Rig, path: str, status: int, packed: bool) -> None:  # noqa: FBT001
    """They hold no place in the queue, so 64 KiB is all they may have, packed or not; a load's can only be files."""
    body = b"{" + b" " * 65_535 + b"}"
    sent, headers = (gzip.compress(body), {"Content_Encoding": "gzip"}) if packed else (body, {})

    found, told = rig.post(path, sent, **headers)

    assert (found, "65,536" in told["error"]) == (status, True)
    assert rig.post("/v2/repository/index", body.replace(b" ", b"", 1))[0] == 200


def test_the_index_tells_every_version_and_why(rig: Rig, client: triton.InferenceServerClient) -> None:
    """`ready` leaves the others out."""
    every = client.get_model_repository_index()

    assert [one["name"] for one in every] == ["colour", "linear", "broken"]
    assert every[2] == {"name": "broken", "version": "1", "state": "UNAVAILABLE", "reason": "a damaged file"}
    assert [one["name"] for one in rig.post("/v2/repository/index", {"ready": True})[1]] == ["colour", "linear"]
    assert rig.post("/v2/repository/index", {"ready": "yes"})[0] == 400


def test_models_are_loaded_and_unloaded(rig: Rig, client: triton.InferenceServerClient) -> None:
    """By the client's calls; an error of the load comes back."""
    client.load_model("colour")
    client.unload_model("colour", unload_dependents=True)

    assert rig.shelf.loads[-2:] == ["load colour", "unload colour"]
    with pytest.raises(InferenceServerException, match="a damaged file"):
        client.load_model("broken")
    with pytest.raises(InferenceServerException, match="no model none"):
        client.unload_model("none")


@pytest.mark.parametrize("options", [{"config": '{"backend":"python"}'}, {"config": "{}", "files": {"file:1/m": b"x"}}])
def test_nothing_is_loaded_that_comes_by_the_api(
    rig: Rig, client: triton.InferenceServerClient, options: dict[str, Any]
) -> None:
    """Configurations and files are refused by name, and nothing was loaded."""
    before = list(rig.shelf.loads)

    with pytest.raises(InferenceServerException, match="do not come by the API"):
        client.load_model("colour", **options)

    assert rig.shelf.loads == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("load", b"[1]"),
        ("load", {"parameters": 5}),
        ("unload", {"parameters": {"unload_dependents": "yes"}}),
        ("unload", {"parameters": {"other": True}}),
        ("load", b"[" * 5000),
    ],
)
def test_a_wrong_body_of_control_is_refused(rig: Rig, path: str, body: Any) -> None:
    """No parameter is passed over."""
    status, told = rig.post(f"/v2/repository/models/colour/{path}", body)

    assert status in (400, 413)
    assert told["error"]


def test_every_row_has_a_right_an_operation_and_the_protocols_errors(tmp_path: Path) -> None:
    """Only health is open; what changes something needs the right of administration; ids are unique."""
    service: Any = None
    rows = [
        *OipEndpoints(service, Shelf(), CLOCK, "1").endpoints(),
        *OipSettingsEndpoints(service).endpoints(),
    ]
    told: Callable[[Endpoint], str] = lambda row: row.operation["operationId"]  # noqa: E731 - a short name

    assert {row.path for row in rows if row.right is None} == {"/v2/health/live", "/v2/health/ready"}
    assert {row.path for row in rows if row.right == "admin"} >= {
        f"/v2/repository/models/{{model}}/{verb}" for verb in ("load", "unload")
    }
    assert len({told(row) for row in rows}) == len(rows)
    assert all(row.error_body is not None and "4XX" in row.operation["responses"] for row in rows)
