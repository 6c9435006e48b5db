"""Servers of the Open Inference Protocol: what is asked of them, what is sent, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import cv2
import numpy as np
import pytest
from servers import Behaviour, Call, Canned, answer, free_port, paths, serving, serving_here

from vedette.adapters.targets import connection
from vedette.adapters.targets.oip import OipTarget
from vedette.errors import InvalidError, NotFoundError, TooLargeError, UnavailableError, UnsupportedError
from vedette.rules.bench.address import parse_target
from vedette.rules.wire.answer import read_answer
from vedette.values.frame import Size
from vedette.values.manifest import InputSpec, Layout
from vedette.values.requests import Status
from vedette.values.tensor import TensorSpec
from vedette.values.trial import Introduction, Scope

COLOUR = (10, 20, 30)
PLAIN = cv2.imencode(".png", np.full((9, 7, 3), COLOUR[::-1], np.uint8))[1].tobytes()
RECIPE = InputSpec("input", Layout.NCHW, Size(4, 4), mean_values=(5.0,), scale_values=(2.0,))


def model(datatype: str = "FP32", shape: tuple[int, ...] = (-1, 3, 4, 4), **changes: bytes | Behaviour) -> Behaviour:
    """A server with one model, whose scores are the means of what it gets."""
    told = {"name": "colour", "versions": ["3"], "platform": "test", "outputs": []}
    told["inputs"] = [{"name": "input", "datatype": datatype, "shape": shape}]
    table = {
        "GET /v2": answer(b'{"name": "triton", "version": "2.50", "extensions": ["binary_tensor_data"]}'),
        "GET /v2/models/colour": answer(json.dumps(told).encode()),
        "GET /v2/models/colour/ready": answer(),
        "POST /v2/models/colour/infer": infer,
    }
    return paths(table | {name.replace("_", " ", 1): value for name, value in changes.items()})


def tensor(call: Call) -> np.ndarray:
    """The tensor of a request, read by the rules of the protocol's text."""
    length = int(call.headers.get("inference-header-content-length", len(call.body)))
    (sent,) = json.loads(call.body[:length])["inputs"]
    kinds = {"FP32": "<f4", "FP16": "<f2", "UINT8": "u1"}
    if "data" in sent:
        return np.array(sent["data"], kinds[sent["datatype"]]).reshape(sent["shape"])
    assert sent["parameters"]["binary_data_size"] == len(call.body) - length
    return np.frombuffer(call.body[length:], kinds[sent["datatype"]]).reshape(sent["shape"])


def infer(call: Call) -> bytes:
    scores = tensor(call).mean(axis=(0, 2, 3)).astype("<f4")
    told = {"name": "scores", "datatype": "FP32", "shape": [1, 3], "parameters": {"binary_data_size": 12}}
    head = json.dumps({"model_name": "colour", "outputs": [told]}).encode()
    return answer(head + scores.tobytes(), headers=(f"Inference-Header-Content-Length: {len(head)}",))


def with_target(target: OipTarget, work: Callable[[OipTarget], Awaitable], images: list[bytes] | None = None):
    async def go():
        introduction = await target.open(images or [PLAIN])
        try:
            return introduction, await work(target)
        finally:
            await target.close()

    return asyncio.run(go())


def opened(url: str, recipe: InputSpec | None = None, images: list[bytes] | None = None, **options) -> Introduction:
    async def nothing(target: OipTarget) -> None:
        pass

    return with_target(OipTarget(parse_target(f"oip:{url}#colour", **options), recipe), nothing, images)[0]


@pytest.mark.parametrize("wire", ["binary", "json"])
def test_an_image_arrives_as_the_tensor_that_the_model_takes(wire: str) -> None:
    """By the recipe of the catalogue; answer and introduction tell the same story."""
    with serving_here(model()) as server:
        target = OipTarget(parse_target(f"oip:{server.url}#colour", wire=wire), RECIPE)
        introduction, reply = with_target(target, lambda target: target.send(0))

        sent = tensor(server.calls[-1])
        assert np.array_equal(sent[0, :, 2, 1], (np.array(COLOUR) - 5) / 2)
        assert sent.shape == (1, 3, 4, 4)

    assert reply.status is Status.OK
    assert [(one.class_id, one.score) for one in read_answer(reply.body).classes] == [(2, 12.5), (1, 7.5), (0, 2.5)]
    assert introduction.tensors == (TensorSpec("input", "FP32", (1, 3, 4, 4)),)
    assert (introduction.scope, introduction.server) == (Scope.TENSOR, "triton 2.50")
    assert introduction.model == "colour (test) version 3"
    assert introduction.recipe.endswith("(pixel - 5) / 2; by the manifest of the model")


@pytest.mark.parametrize(("datatype", "expected"), [("UINT8", COLOUR), ("FP16", np.float16(np.array(COLOUR) / 255))])
def test_other_types_in_binary(datatype: str, expected: object) -> None:
    """Bytes as they are, half floats rounded."""
    with serving_here(model(datatype, (3, 4, 4))) as server:
        asked = OipTarget(parse_target(f"oip:{server.url}#colour"))
        with_target(asked, lambda target: target.send(0))

        assert np.allclose(tensor(server.calls[-1])[:, 0, 0], np.array(expected, np.float32), atol=1e-3)


def test_a_model_of_bytes_gets_the_image_itself() -> None:
    """The scope is the image, and nothing was done before."""
    with serving_here(model("BYTES", (-1,), **{"POST_/v2/models/colour/infer": Canned()})) as server:
        asked = OipTarget(parse_target(f"oip:{server.url}#colour"))
        introduction, _ = with_target(asked, lambda target: target.send(0))

        call = server.calls[-1]
        length = int(call.headers["inference-header-content-length"])
        assert call.body[length:] == len(PLAIN).to_bytes(4, "little") + PLAIN
        assert json.loads(call.body[:length])["inputs"][0]["shape"] == [1]
    assert (introduction.scope, introduction.recipe) == (Scope.IMAGE, "")


def test_opening_sends_no_inference() -> None:
    """The first request that is measured is the first that the model sees."""
    with serving_here(model()) as server:
        opened(f"{server.url}/v2")

        assert [call.path for call in server.calls] == ["/v2", "/v2/models/colour", "/v2/models/colour/ready"]


def test_a_server_that_does_not_tell_its_name() -> None:
    """The `Server` header stands in, else nothing, with the reason."""
    with serving(model(**{"GET_/v2": answer(b"", headers=("Server: shy",))})) as url:
        assert opened(url).server == "shy"
    with serving(model(**{"GET_/v2": answer(b"[]")})) as url:
        introduction = opened(url)
        assert introduction.server is None
        assert introduction.reason


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"GET_/v2/models/colour": answer(b'{"error":"no such model"}', "404 Not Found")}, NotFoundError, "404"),
        ({"GET_/v2/models/colour": answer(b"<html>")}, InvalidError, "describes no model"),
        ({"GET_/v2/models/colour/ready": answer(b"", "400 Bad Request")}, UnavailableError, "not ready"),
        ({"datatype": "INT64"}, UnsupportedError, "INT64"),
    ],
)
def test_what_cannot_be_measured_is_refused(changes: dict, error: type[Exception], message: str) -> None:
    """Before anything is sent."""
    with serving(model(**changes)) as url, pytest.raises(error, match=message):
        opened(url)


def test_nothing_listens() -> None:
    """As with every HTTP target."""
    with pytest.raises(UnavailableError, match="refused"):
        opened(f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("datatype", ["BYTES", "FP16"])
def test_types_without_a_form_in_json(datatype: str) -> None:
    """The next step is the binary form."""
    shape = (1,) if datatype == "BYTES" else (1, 3, 4, 4)
    with serving(model(datatype, shape)) as url, pytest.raises(UnsupportedError, match=datatype):
        opened(url, wire="json")


def test_an_image_that_cannot_be_decoded_is_named() -> None:
    """By its number."""
    with serving(model()) as url, pytest.raises(InvalidError, match="image 1"):
        opened(url, images=[PLAIN, b"no image"])


def test_tensors_that_would_not_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """192 bytes each."""
    monkeypatch.setattr(connection, "BODIES_LIMIT", 300)
    with serving(model()) as url:
        opened(url)
        with pytest.raises(TooLargeError, match="2 images"):
            opened(url, images=[PLAIN] * 2)
