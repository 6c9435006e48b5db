"""Every kind of target of `vedette bench run`: what arrives at a real server, and what is recorded of it."""

from __future__ import annotations

import json
import os
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pyarrow.parquet as pq
import pytest
from bench_command import bench, measured, printed
from fakes import COLOURS, colour_manifest, jpeg, write_colour_model
from servers import Behaviour, Call, Canned, Server, answer, paths, serving, serving_here

from vedette.adapters.config.repository import Repository

PIXELS = {"a.jpg": (250, 5, 5), "b.jpg": (5, 250, 5), "c.jpg": (5, 5, 250)}
SIDE = 8


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A red, a green and a blue image."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, pixels in PIXELS.items():
        (folder / name).write_bytes(jpeg(pixels, 64, 48))
    return folder


@pytest.fixture
def colour(home: Path, tmp_path: Path) -> Path:
    """The model `colour` in the home folder, and its file."""
    file = write_colour_model(tmp_path / "colour.onnx", SIDE)
    Repository(home).save(colour_manifest(file.name, SIDE, name="colour"), {file.name: file})
    return file


def posts_of(server: Server) -> list[Call]:
    return [call for call in server.calls if call.method in ("POST", "PUT")]


# --- Open Inference Protocol ------------------------------------------------------------------------------------------


def inference_server(file: Path, datatype: str = "FP32") -> Behaviour:
    """A server of the protocol's text (KServe v2) with the model `colour`, run by ONNX Runtime; BYTES are decoded."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    shape = [-1] if datatype == "BYTES" else [-1, 3, SIDE, SIDE]
    told = {
        "name": "colour",
        "versions": ["1"],
        "platform": "onnx",
        "inputs": [{"name": "input", "datatype": datatype, "shape": shape}],
        "outputs": [{"name": "scores", "datatype": "FP32", "shape": [-1, 3]}],
    }

    def infer(call: Call) -> bytes:
        scores = session.run(None, {"input": tensor_of(call)})[0]
        output = {"name": "scores", "datatype": "FP32", "shape": [1, 3]}
        if "inference-header-content-length" not in call.headers:
            output["data"] = scores.ravel().tolist()
            return answer(json.dumps({"model_name": "colour", "outputs": [output]}).encode())
        raw = scores.astype("<f4").tobytes()
        output["parameters"] = {"binary_data_size": len(raw)}
        head = json.dumps({"model_name": "colour", "outputs": [output]}).encode()
        return answer(head + raw, headers=(f"Inference-Header-Content-Length: {len(head)}",))

    return paths(
        {
            "GET /v2": answer(b'{"name": "little", "version": "7", "extensions": ["binary_tensor_data"]}'),
            "GET /v2/models/colour": answer(json.dumps(told).encode()),
            "GET /v2/models/colour/ready": answer(),
            "POST /v2/models/colour/infer": infer,
        }
    )


def tensor_of(call: Call) -> np.ndarray:
    """The tensor of a request by the protocol's text; an encoded image is decoded into it."""
    length = int(call.headers.get("inference-header-content-length", len(call.body)))
    (sent,) = json.loads(call.body[:length])["inputs"]
    raw = call.body[length:]
    if sent["datatype"] == "BYTES":
        assert int.from_bytes(raw[:4], "little") == len(raw) - 4
        pixels = cv2.resize(cv2.imdecode(np.frombuffer(raw[4:], np.uint8), cv2.IMREAD_COLOR_RGB), (SIDE, SIDE))
        return (pixels.transpose(2, 0, 1)[None] / 255).astype(np.float32)
    values = np.array(sent["data"]) if "data" in sent else np.frombuffer(raw, "<f4")
    return values.reshape(sent["shape"]).astype(np.float32)


@pytest.mark.parametrize(
    ("datatype", "wire", "scope"), [("FP32", "binary", "tensor"), ("FP32", "json", "tensor"), ("BYTES", None, "image")]
)
def test_a_model_behind_the_protocol_agrees_with_the_same_model_here(
    datatype: str, wire: str | None, scope: str, colour: Path, pictures: Path
) -> None:
    """Right answers over the wire, in each form; server, model, tensor and scope are recorded."""
    chosen = () if wire is None else ("--wire", wire)
    with serving_here(inference_server(colour, datatype)) as server:
        found, stored = measured(
            *(f"oip:{server.url}#colour", *chosen, "--requests", 12, "--input", pictures, "--monitor-hz", 0),
            *("--reference", "colour", "--runtime", "onnxruntime", "--quality", "top1=1"),
        )
        calls = posts_of(server)

    seen = found["introduction"]
    assert (found["requests"], found["failed"], len(calls)) == (12, 0, 12)
    assert dict(stored.run.quality.shares)["top1"] == 1.0
    assert (seen["server"], seen["model"], seen["scope"]) == ("little 7", "colour (onnx) version 1", scope)
    shape = [1] if datatype == "BYTES" else [1, 3, SIDE, SIDE]
    assert [seen["tensors"][0][key] for key in ("name", "datatype", "shape")] == ["input", datatype, shape]
    assert {bool(call.headers.get("inference-header-content-length")) for call in calls} == {wire != "json"}
    assert stored.run.spec.target.model == "colour"


def test_a_model_that_the_server_does_not_have_is_told(colour: Path, pictures: Path) -> None:
    """The name behind # is asked of the server; nothing is measured."""
    with serving(inference_server(colour)) as url:
        ran = bench("run", f"oip:{url}#color", "--requests", 3, "--input", pictures)

    assert ran.returncode == 2
    assert "color" in ran.stderr
    assert "help:" in ran.stderr


# --- images -----------------------------------------------------------------------------------------------------------


def by_colour(image_of: Callable[[Call], bytes]) -> Behaviour:
    """Classifies what it decodes: the label of the strongest channel."""

    def classify(call: Call) -> bytes:
        if call.method == "GET":
            return answer(b"{}")
        means = cv2.imdecode(np.frombuffer(image_of(call), np.uint8), cv2.IMREAD_COLOR_RGB).mean(axis=(0, 1)) / 255
        scores = [{"label": name, "score": float(score)} for name, score in zip(COLOURS, means, strict=True)]
        return answer(json.dumps(sorted(scores, key=lambda one: -one["score"])).encode())

    return classify


def raw_of(call: Call) -> bytes:
    return call.body


def file_of(call: Call) -> bytes:
    """The file of a form, by its boundary (RFC 7578)."""
    boundary = call.headers["content-type"].partition("boundary=")[2]
    (part,) = call.body.split(f"--{boundary}".encode())[1:-1]
    head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    assert b'name="picture"' in head
    return data.removesuffix(b"\r\n")


def base64_of(call: Call) -> bytes:
    told = json.loads(call.body)
    assert told["model"] == "colour"
    return b64decode(told["inputs"][0])


@pytest.mark.parametrize(
    ("words", "image_of", "method"),
    [
        ((), raw_of, "POST"),
        (("--wire", "multipart", "--field", "picture"), file_of, "POST"),
        (("--template", "TEMPLATE"), base64_of, "POST"),
        (("--method", "PUT"), raw_of, "PUT"),
    ],
)
def test_images_arrive_byte_for_byte_in_every_form(
    words: tuple[str, ...], image_of: Callable[[Call], bytes], method: str, pictures: Path, tmp_path: Path
) -> None:
    """Raw, as a form, in a template, by PUT: the files' own bytes, and answers that agree with a file of results."""
    right = tmp_path / "right.jsonl"
    right.write_text("".join(json.dumps([{"label": name, "score": 0.9}]) + "\n" for name in COLOURS))
    template = tmp_path / "body.json"
    template.write_text('{"model": "colour", "inputs": ["{{image}}"]}')
    words = tuple(str(template) if word == "TEMPLATE" else word for word in words)
    with serving_here(by_colour(image_of)) as server:
        found, _ = measured(
            *(f"{server.url}/predict?top=3", *words, "--requests", 9, "--input", pictures, "--monitor-hz", 0),
            *("--reference", right, "--quality", "top1=1"),
        )
        calls = posts_of(server)

    assert (found["requests"], found["failed"]) == (9, 0)
    assert {(call.method, call.path) for call in calls} == {(method, "/predict?top=3")}
    files = [(pictures / name).read_bytes() for name in PIXELS]
    assert [image_of(call) for call in calls] == files * 3


def test_a_server_on_ipv6_is_reached_and_its_process_is_found(pictures: Path) -> None:
    """An address in brackets."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with serving_here(Canned(), family=socket.AF_INET6) as server:
        url = f"{server.url}/x"
        found, stored = measured(url, "--requests", 5, "--input", pictures, "--monitor-hz", 0)

    assert url.startswith("http://[::1]:")
    assert (found["requests"], found["failed"]) == (5, 0)
    assert stored.run.spec.target.address == url
    assert found["introduction"]["pid"] == os.getpid()


# --- secrets ----------------------------------------------------------------------------------------------------------

KEY, PASSWORD, NAME = "key-5e1c9a77", "pass-d06b41", "user-2f8e"


def texts_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by name, tables with their columns and metadata in the clear."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        found[str(file.relative_to(folder))] = file.read_bytes()
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            found[f"{file.name} in words"] = f"{table.schema.metadata} {table.schema} {table.to_pydict()}".encode()
    return found


def test_keys_and_logins_are_sent_and_found_nowhere(pictures: Path) -> None:
    """They arrive with every request; no file of the run, nor a line that was printed, holds them in any form."""

    def echo(call: Call) -> bytes:
        told = f"denied to {call.headers.get('authorization')} {call.headers.get('x-api-key')} {NAME} {PASSWORD}"
        if call.method != "GET" and call.number % 3 == 0:
            return answer(told.encode(), "403 Forbidden")
        return answer(b"{}")

    login = b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
    with serving_here(echo) as server:
        address = server.url.replace("http://", f"http://{NAME}:{PASSWORD}@")
        ran = bench(
            *("run", f"{address}/predict", "--header", f"X-Api-Key: {KEY}", "--requests", 30, "--input", pictures),
            *("--load", "constant", "--rate", 100, "--format", "json"),
        )
        headers = ("--header", f"X-Api-Key: {KEY}", "--header", f"Authorization: Basic {login}")
        again = bench("replay", "last", *headers, "--format", "json")
        calls = posts_of(server)
    found = printed(ran)
    table = bench("show", found["run"])

    assert found["failures"] == {"http_error": 10}
    assert len(calls) == 60
    assert {call.headers["authorization"] for call in calls} == {f"Basic {login}"}
    assert {call.headers["x-api-key"] for call in calls} == {KEY}
    texts = texts_of(Path(found["folder"]))
    assert {"run.json", "requests.parquet", "samples.parquet"} <= set(texts)
    texts |= {str(number): text.encode() for number, text in enumerate((ran.stdout, ran.stderr, table.stdout))}
    texts |= texts_of(Path(printed(again)["folder"]))
    for name, text in texts.items():
        for secret in (KEY, PASSWORD, NAME, login):
            assert secret.encode() not in text, f"{secret} in {name}"


def test_a_server_that_refuses_the_login_does_not_bring_it_into_the_message(pictures: Path) -> None:
    """What is said when nothing answers names the address without the login."""
    port_of_nobody = "http://me:hush-77@127.0.0.1:1/"
    ran = bench("run", port_of_nobody, "--requests", 3, "--input", pictures)

    assert ran.returncode == 3
    assert "127.0.0.1:1" in ran.stderr
    assert "hush-77" not in ran.stderr
