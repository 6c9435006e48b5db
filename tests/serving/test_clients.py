"""Triton's own four clients against a whole server, while its models change on the disk."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from fakes import jpeg, write_linear_model
from served import MODELS, Server, repository, running

CONFIG = MODELS + "- {name: scaled, runtime: onnxruntime, threads: 1}\npoll_s: 200ms\n"
WEIGHTS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], np.float32)
ROW = np.array([[1.0, 10.0, 100.0]], np.float32)
RED, BLUE = jpeg((255, 0, 0)), jpeg((0, 0, 255))
_SWAPS = 3
_TRIES = 100_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`colour`, `slow`, and `scaled`, whose version N multiplies by N times the weights."""
    root = repository(tmp_path_factory.mktemp("clients"))
    bring(root, 1)
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    with running(root.parent, root, CONFIG) as found:
        yield found


def bring(root: Path, version: int) -> None:
    """Copy a version in as a person does: the folder first, then half of the file, then the rest."""
    made = write_linear_model(root.parent / f"scaled-{version}.onnx", WEIGHTS * version)
    data, folder = made.read_bytes(), root / "scaled" / str(version)
    folder.mkdir(parents=True)
    with (folder / "model.onnx").open("wb", buffering=0) as file:
        file.write(data[: len(data) // 2])
        os.fsync(file.fileno())
        file.write(data[len(data) // 2 :])


def tensor(module: Any, name: str, data: np.ndarray, kind: str, **more: bool) -> Any:
    asked = module.InferInput(name, list(data.shape), kind)
    asked.set_data_from_numpy(data, **more)
    return asked


def images(module: Any, *encoded: bytes) -> Any:
    return tensor(module, "input", np.array(encoded, np.object_), "BYTES")


def read(result: Any) -> tuple[str, np.ndarray]:
    """The version that answered, and what."""
    told = result.get_response()
    return told["model_version"] if isinstance(told, dict) else told.model_version, result.as_numpy("y")


Ask = Callable[[], tuple[str, np.ndarray]]


@contextmanager
def ask_http(server: Server) -> Iterator[Ask]:
    with triton_http.InferenceServerClient(server.http_address) as client:
        yield lambda: read(client.infer("scaled", [tensor(triton_http, "x", ROW, "FP32")]))


@contextmanager
def ask_json(server: Server) -> Iterator[Ask]:
    asked = [tensor(triton_http, "x", ROW, "FP32", binary_data=False)]
    wanted = [triton_http.InferRequestedOutput("y", binary_data=False)]
    with triton_http.InferenceServerClient(server.http_address) as client:
        yield lambda: read(client.infer("scaled", asked, outputs=wanted))


@contextmanager
def ask_grpc(server: Server) -> Iterator[Ask]:
    with triton_grpc.InferenceServerClient(server.grpc) as client:
        yield lambda: read(client.infer("scaled", [tensor(triton_grpc, "x", ROW, "FP32")]))


@contextmanager
def ask_http_aio(server: Server) -> Iterator[Ask]:
    with in_loop(lambda: triton_http_aio.InferenceServerClient(server.http_address)) as (client, run):
        yield lambda: read(run(client.infer("scaled", [tensor(triton_http, "x", ROW, "FP32")])))


@contextmanager
def ask_grpc_aio(server: Server) -> Iterator[Ask]:
    with in_loop(lambda: triton_grpc_aio.InferenceServerClient(server.grpc)) as (client, run):
        yield lambda: read(run(client.infer("scaled", [tensor(triton_grpc, "x", ROW, "FP32")])))


@contextmanager
def in_loop(make: Callable[[], Any]) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """A client that is made, used and closed in an event loop of its own."""

    async def made() -> Any:
        return make()

    with asyncio.Runner() as runner:
        client = runner.run(made())
        try:
            yield client, runner.run
        finally:
            runner.run(client.close())


CLIENTS = {"http": ask_http, "JSON": ask_json, "grpc": ask_grpc, "http.aio": ask_http_aio, "grpc.aio": ask_grpc_aio}


class Asking(threading.Thread):
    """A client that asks again and again until a version answers; keeps which version answered and what."""

    def __init__(self, client: AbstractContextManager[Ask], until: str) -> None:
        super().__init__()
        self.answers: list[tuple[str, np.ndarray]] = []
        self.error: BaseException | None = None
        self.first = threading.Event()
        self._client, self._until = client, until

    def run(self) -> None:
        try:
            with self._client as ask:
                for _ in range(_TRIES):
                    self.answers.append(ask())
                    self.first.set()
                    if self.answers[-1][0] == self._until:
                        return
        except BaseException as error:  # noqa: BLE001 - told to the test
            self.error = error
        finally:
            self.first.set()


def test_no_request_fails_while_versions_come(server: Server, root: Path) -> None:
    """Five clients ask without a pause while new versions are copied in: every answer is that of the version it names,
    no client is taken back to an older one, and all of them reach the newest.
    """
    for version in range(2, 2 + _SWAPS):
        clients = {name: Asking(make(server), str(version)) for name, make in CLIENTS.items()}
        for client in clients.values():
            client.start()
        for client in clients.values():
            client.first.wait()
        bring(root, version)
        for name, client in clients.items():
            client.join()

            assert client.error is None, name
            versions = [int(one) for one, _ in client.answers]
            assert versions == sorted(versions), name
            assert versions[-1] == version, name
            for told, found in client.answers:
                assert found == pytest.approx(ROW @ WEIGHTS * int(told)), name
    shutil.rmtree(root / "scaled/2")  # an old version that nobody serves may go
    assert server.call("GET", "/v2/models/scaled/ready").status == 200


@pytest.fixture
def both(server: Server) -> Iterator[list[tuple[Any, Any]]]:
    """Both of the clients that block, and the module of each."""
    with (
        triton_http.InferenceServerClient(server.http_address) as over_http,
        triton_grpc.InferenceServerClient(server.grpc) as over_grpc,
    ):
        yield [(over_http, triton_http), (over_grpc, triton_grpc)]


def test_images_and_classes_by_both_wires(both: list[tuple[Any, Any]]) -> None:
    """BYTES are encoded images, a batch of two, and the classification extension names them."""
    for client, module in both:
        wanted = [module.InferRequestedOutput("scores", class_count=1)]

        found = client.infer("colour", [images(module, RED, BLUE)], outputs=wanted).as_numpy("scores")

        assert [one.decode().split(":")[1:] for one in found.reshape(-1)] == [["0", "red"], ["2", "blue"]]


def test_images_and_tensors_agree(both: list[tuple[Any, Any]]) -> None:
    """The model's original input gives what the encoded image gives: 255 is 1 to this model."""
    pixels = np.full((1, 3, 8, 8), 0.0, np.float32)
    pixels[:, 0] = 255.0 / 255.0
    for client, module in both:
        by_tensor = client.infer("colour", [tensor(module, "input", pixels, "FP32")]).as_numpy("scores")
        by_image = client.infer("colour", [images(module, jpeg((255, 0, 0)))]).as_numpy("scores")

        assert by_tensor == pytest.approx(by_image, abs=0.02)


def test_models_come_and_go_by_the_api(both: list[tuple[Any, Any]]) -> None:
    """Unload, ask, load, ask; the index tells where each is; the other model serves on."""
    for client, module in both:
        client.unload_model("colour")

        assert not client.is_model_ready("colour")
        with pytest.raises(Exception, match="colour"):
            client.infer("colour", [images(module, RED)])
        assert client.is_model_ready("slow")
        client.load_model("colour")
        assert client.is_model_ready("colour")
        assert client.infer("colour", [images(module, RED)]).as_numpy("scores").argmax() == 0


def test_both_wires_tell_the_same_of_a_model(both: list[tuple[Any, Any]]) -> None:
    """Metadata, configuration, statistics, index, health: one truth in two encodings."""
    over_http, over_grpc = (client for client, _ in both)
    told = over_grpc.get_model_metadata("colour", as_json=True)
    said = over_http.get_model_metadata("colour")
    config = over_grpc.get_model_config("colour", as_json=True)["config"]
    index = over_grpc.get_model_repository_index(as_json=True)["models"]
    rows = over_http.get_inference_statistics("colour")["model_stats"]
    counted = over_grpc.get_inference_statistics("colour", as_json=True)["model_stats"]

    assert said["inputs"] == [{**one, "shape": [int(side) for side in one["shape"]]} for one in told["inputs"]]
    assert (said["versions"], said["platform"]) == (told["versions"], told["platform"])
    assert over_http.get_model_config("colour")["max_batch_size"] == config["max_batch_size"]
    assert [(one["name"], one["state"]) for one in over_http.get_model_repository_index()] == [
        (one["name"], one["state"]) for one in index
    ]
    assert [row["inference_count"] for row in rows] == [int(row["inference_count"]) for row in counted]
    assert all(client.is_server_live() and client.is_server_ready() for client in (over_http, over_grpc))


def test_many_at_once_over_a_stream_and_over_connections(server: Server) -> None:
    """`async_infer` of HTTP and a stream of gRPC: each answer is for its own request."""
    rows = [np.full((1, 3), number, np.float32) for number in range(20)]
    newest = int(server.call("GET", "/v2/models/scaled").json()["versions"][-1])
    got: dict[str, np.ndarray] = {}
    whole = threading.Event()

    def keep(result: Any, error: Any) -> None:
        if error is None:
            got[result.get_response().id] = result.as_numpy("y")
        if error is not None or len(got) == len(rows):
            whole.set()

    with triton_http.InferenceServerClient(server.http_address, concurrency=4) as client:
        asked = [client.async_infer("scaled", [tensor(triton_http, "x", row, "FP32")]) for row in rows]
        over_http = [one.get_result(timeout=30).as_numpy("y") for one in asked]
    with triton_grpc.InferenceServerClient(server.grpc) as client:
        client.start_stream(keep)
        for number, row in enumerate(rows):
            client.async_stream_infer("scaled", [tensor(triton_grpc, "x", row, "FP32")], request_id=str(number))
        whole.wait(30)

    for number, row in enumerate(rows):
        assert over_http[number] == pytest.approx(row @ WEIGHTS * newest)
        assert got[str(number)] == pytest.approx(row @ WEIGHTS * newest)


def test_a_version_that_does_not_load_leaves_the_old_one(server: Server, root: Path) -> None:
    """The index says why it is not there, and what was served is served on."""
    newest = server.call("GET", "/v2/models/scaled").json()["versions"][-1]
    folder = root / "scaled" / str(int(newest) + 1)
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"this is no model")
    with triton_http.InferenceServerClient(server.http_address) as client:
        with pytest.raises(Exception, match="scaled"):
            client.load_model("scaled")

        entries = {one["version"]: one for one in client.get_model_repository_index() if one["name"] == "scaled"}
        version, found = read(client.infer("scaled", [tensor(triton_http, "x", ROW, "FP32")]))
    shutil.rmtree(folder)
    assert entries[folder.name]["reason"]
    assert version == newest
    assert found == pytest.approx(ROW @ WEIGHTS * int(newest))
