"""A whole server against bodies that are damaged, hostile or too large, on every wire."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
from fakes import jpeg, plain
from served import Server

from vedette.rules.vision.encode import encode_png

RED = jpeg((255, 0, 0))
PNG = encode_png(plain((0, 0, 255)))
MIB = 1 << 20


def top(body: bytes) -> str:
    label: str = json.loads(body)["classes"][0]["label"]
    return label


def error_of(body: bytes) -> dict[str, str]:
    """The error, whether of the request or of its image, by the name of Vedette's own form."""
    told = json.loads(body)
    found: dict[str, str] = told.get("error", told)
    return found


def short(value: object) -> str | None:
    """The name of a case: the length and the begin of what is sent."""
    return f"{len(value)}:{value[:24]!r}" if isinstance(value, bytes) else None


# --- images ---


def png_of(width: int, height: int) -> bytes:
    """A PNG whose head tells a size, and whose pixels are missing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG whose frame header tells a size that its data does not have."""
    place = RED.index(b"\xff\xc0")
    return RED[: place + 5] + struct.pack(">HH", height, width) + RED[place + 9 :]


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (png_of(60_000, 60_000), {413}),
        (jpeg_of(60_000, 60_000), {413}),
        (jpeg_of(65_535, 1), {200, 400}),
        (png_of(2**31 - 1, 2**31 - 1), {400, 413}),
        (png_of(0, 0), {400}),
        (png_of(2**32 - 1, 1), {400, 413}),
        (
            b"BM" + struct.pack("<IHHIIiiHHIIIIII", 54, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0),
            {400, 413},
        ),
        (b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0" * 20, {400, 413, 415}),
        (b"II*\0\x08\0\0\0" + b"\xff" * 200, {400, 413, 415}),
        (b"RIFF\xff\xff\xff\x7fWEBPVP8 \xff\xff\xff\x7f", {400, 413}),
        (RED[: len(RED) // 2], {400}),
        (RED[:-2], {200, 400}),
        (RED[:3], {400}),
        (PNG[:-20], {200, 400}),
        (PNG[:40], {400}),
        (RED + b"<script>alert(1)</script>PK\x03\x04", {200}),
        (b"%PDF-1.7\n" + RED, {400}),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image href='file:///etc/passwd'/></svg>",
            {400},
        ),
        (b"\x80\x04\x95" + RED, {400}),
        (b"", {400}),
        (b"\0" * 100_000, {400}),
        (b"\xff\xd8" * 50_000, {400}),
    ],
    ids=short,
)
def test_an_image_that_is_none_is_the_callers_error(server: Server, body: bytes, statuses: set[int]) -> None:
    """Bombs are refused by their head, before a pixel is held; what is cut or two things at once is told."""
    before = server.rss_bytes()
    answer = server.post("/infer/colour", body)

    assert answer.status in statuses, answer.data
    assert answer.status == 200 or {"kind", "message", "help"} <= set(error_of(answer.data))
    assert server.rss_bytes() - before < 64 * MIB
    assert top(server.post("/infer/colour", RED).data) == "red"


def test_bombs_are_refused_on_the_other_wires_too(server: Server) -> None:
    """As BYTES of the Open Inference Protocol, by REST and by gRPC."""
    image = triton_grpc.InferInput("input", [1], "BYTES")
    image.set_data_from_numpy(np.array([png_of(60_000, 60_000)], np.object_))
    by_rest = server.post("/v2/models/colour/infer", png_of(60_000, 60_000), Inference_Header_Content_Length="0")
    with (
        triton_grpc.InferenceServerClient(server.grpc) as client,
        pytest.raises(triton_grpc.InferenceServerException) as refused,
    ):
        client.infer("colour", [image])

    assert by_rest.status == 413
    assert "pixels" in refused.value.message()


# --- packed bodies ---


def raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(data) + machine.flush()


@pytest.mark.parametrize(
    ("body", "encoding", "statuses"),
    [
        (gzip.compress(b"\0" * (64 * MIB), mtime=0), "gzip", {413}),
        (gzip.compress(gzip.compress(b"\0" * (64 * MIB), mtime=0), mtime=0), "gzip, gzip", {415}),
        (zlib.compress(b"\0" * (64 * MIB)), "deflate", {413}),
        (gzip.compress(RED, mtime=0), "gzip", {200}),
        (gzip.compress(RED, mtime=0), "GZIP", {200}),
        (zlib.compress(RED), "deflate", {200}),
        (raw_deflate(RED), "deflate", {200, 400}),
        (gzip.compress(RED, mtime=0)[:-9], "gzip", {400}),
        (gzip.compress(RED, mtime=0) + b"more", "gzip", {400}),
        (gzip.compress(b"", mtime=0), "gzip", {400}),
        (RED, "gzip", {400}),
        (RED, "br", {415}),
        (RED, "zstd", {415}),
        (RED, "compress", {415}),
        (RED, "\x7f", {400, 415}),
        (RED, "identity", {200}),
    ],
    ids=short,
)
@pytest.mark.parametrize("path", ["/infer/colour", "/v2/models/colour/infer"])
def test_packed_bodies_are_bounded(server: Server, path: str, body: bytes, encoding: str, statuses: set[int]) -> None:
    """A bomb stops at the limit of what it may become; what is cut short or unknown is told."""
    before = server.rss_bytes()
    more = {"inference_header_content_length": "0"} if "v2" in path else {}
    answer = server.post(path, body, content_encoding=encoding, **more)

    assert answer.status in statuses, answer.data
    assert server.rss_bytes() - before < 48 * MIB


@pytest.mark.parametrize("chunks", [1, 7, 5000])
def test_chunked_bodies_arrive_whole(server: Server, chunks: int) -> None:
    """Many chunks, and chunks of one byte."""
    size = max(1, len(RED) // chunks)
    parts = [RED[at : at + size] for at in range(0, len(RED), size)]
    with server.line() as line:
        line.send(b"POST /infer/colour HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.send(b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nX-Trailer: 1\r\n\r\n")
        status, _, body = line.answer()

    assert (status, top(body)) == (200, "red")


@pytest.mark.parametrize("path", ["/infer/colour", "/v2/models/colour/infer", "/v2/repository/index"])
def test_an_oversized_body_is_refused_by_its_length_and_by_its_bytes(server: Server, path: str) -> None:
    """413 by what is announced, and by what comes in chunks."""
    announced = server.exchange(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n".encode() + b"x"
    )
    came = server.call("POST", path, b"x" * (5 * MIB))

    assert announced.startswith(b"HTTP/1.1 413")
    assert came.status == 413


# --- forms ---


def form(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + end


def file(data: bytes = RED, head: bytes = b'Content-Disposition: form-data; name="f"; filename="a.jpg"') -> bytes:
    return head + b"\r\n\r\n" + data


@pytest.mark.parametrize(
    ("body", "kind", "statuses"),
    [
        (form(file()), "multipart/form-data; boundary=x", {200}),
        (form(file()), 'Multipart/Form-Data; Boundary="x"', {200}),
        (b"preamble\r\n" + form(file()), "multipart/form-data; boundary=x", {200, 400}),
        (form(file()) + b"epilogue", "multipart/form-data; boundary=x", {200}),
        (form(file(), end=b""), "multipart/form-data; boundary=x", {400}),
        (form(file()), "multipart/form-data", {400}),
        (form(file()), "multipart/form-data; boundary=", {400}),
        (form(file()), "multipart/form-data; boundary=y", {400}),
        (form(file()), "multipart/form-data; boundary=" + "x" * 5000, {400}),
        (form(file(), end=b"--x--\r\n") * 2, "multipart/form-data; boundary=x", {200, 400}),
        (form(), "multipart/form-data; boundary=x", {400}),
        (form(*[file()] * 65), "multipart/form-data; boundary=x", {413}),
        (form(file(head=b'Content-Disposition: form-data; name="f"')), "multipart/form-data; boundary=x", {400}),
        (form(file(head=b"X: y")), "multipart/form-data; boundary=x", {400}),
        (form(file(head=b"no header")), "multipart/form-data; boundary=x", {400}),
        (form(file(head=b"A" * 100_000 + b": b")), "multipart/form-data; boundary=x", {400}),
        (
            form(file(head=b'Content-Disposition: form-data; name="f"; filename="../../../etc/passwd\\"\x01<b>"')),
            "multipart/form-data; boundary=x",
            {200, 400},
        ),
        (
            form(file(head=b"Content-Disposition: form-data; name=f; filename*=UTF-8''%00%ff%c0.jpg")),
            "multipart/form-data; boundary=x",
            {200, 400},
        ),
        (form(file(b"")), "multipart/form-data; boundary=x", {400}),
        (RED, "multipart/form-data; boundary=x", {400}),
        (form(file()), "multipart/mixed; boundary=x", {400}),
        (RED, "text/html", {200, 415}),
        (RED, "\xff", {200, 400}),
    ],
    ids=short,
)
def test_odd_forms_are_read_or_refused(server: Server, body: bytes, kind: str, statuses: set[int]) -> None:
    """Boundaries, heads and names that no browser sends."""
    answer = server.post("/infer/colour", body, content_type=kind)

    assert answer.status in statuses, answer.data
    assert b"/etc/passwd\x00" not in answer.data
    if answer.status == 200:
        assert top(answer.data) == "red"


# --- JSON ---

ONE = {"name": "steps", "shape": [1], "datatype": "INT64", "data": [3]}


def asked(**changes: Any) -> bytes:
    return json.dumps({"inputs": [ONE | changes]}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"inputs":' * 50_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'{"inputs":[' + b"{}," * 300_000 + b"{}]}",
        b'{"inputs":' + b" " * 3_000_000 + b"[]}",
        b"\xef\xbb\xbf{}",
        b"{\x00}",
        b"NaN",
        b"null",
        b'"text"',
        b"1e999",
        b"-" * 10_000,
        b"9" * 100_000,
        b'{"inputs":[{"name":"steps","shape":[1],"datatype":"INT64","data":[NaN]}]}',
        b'{"inputs":[{"name":"steps","shape":[1],"datatype":"INT64","data":[Infinity]}]}',
        b'{"inputs":[{"name":"steps","shape":[1],"datatype":"INT64","data":[1e999]}]}',
        b'{"inputs":[{"name":"steps","shape":[1],"datatype":"INT64","data":["\\ud800"]}]}',
        asked(shape=[2]),
        asked(shape=[-1]),
        asked(shape=[-1, -1], data=[1]),
        asked(shape=[0], data=[]),
        asked(shape=[2**63]),
        asked(shape=[2**31, 2**31, 2**31, 2**31]),
        asked(shape=[2**62, 4]),
        asked(shape=[1] * 100_000),
        asked(shape=[1.5]),
        asked(shape=["1"]),
        asked(shape=None),
        asked(shape={}),
        asked(data=[1, 2]),
        asked(data=[]),
        asked(data=[[[[1]]], [1]]),
        asked(data=[2**64]),
        asked(data=[1.5]),
        asked(data=[True]),
        asked(data=["1"]),
        asked(data=[None]),
        asked(data={"0": 1}),
        asked(data="AQAAAAAAAAA="),
        asked(datatype="INT128"),
        asked(datatype="BYTES", data=["\x00"]),
        asked(datatype="BYTES", data=["a", "b"]),
        asked(datatype=64),
        asked(name="steps\x00"),
        asked(name=""),
        asked(name="a" * 3_000_000),
        asked(name=None),
        asked(parameters={"binary_data_size": 8}),
        asked(parameters={"binary_data_size": -8}),
        asked(parameters={"shared_memory_region": "a", "shared_memory_byte_size": 8}),
        asked(parameters=[]),
        json.dumps({"inputs": [ONE, ONE]}).encode(),
        json.dumps({"inputs": [ONE] * 100}).encode(),
        json.dumps({"inputs": []}).encode(),
        json.dumps({"inputs": {}}).encode(),
        json.dumps({}).encode(),
        json.dumps({"inputs": [ONE], "outputs": [{"name": "done"}, {"name": "done"}]}).encode(),
        json.dumps({"inputs": [ONE], "outputs": [{"name": "nothing"}]}).encode(),
        json.dumps({"inputs": [ONE], "outputs": [{"name": "done", "parameters": {"classification": -1}}]}).encode(),
        json.dumps({"inputs": [ONE], "outputs": [{"name": "done", "parameters": {"classification": 2**70}}]}).encode(),
        json.dumps({"inputs": [ONE], "outputs": "done"}).encode(),
        json.dumps({"inputs": [ONE], "parameters": {"timeout": -1}}).encode(),
        json.dumps({"inputs": [ONE], "parameters": {"timeout": 2**80}}).encode(),
        json.dumps({"inputs": [ONE], "parameters": {"sequence_id": 1}}).encode(),
        json.dumps({"inputs": [ONE], "parameters": {"priority": "high"}}).encode(),
        json.dumps({"inputs": [ONE], "id": 7}).encode(),
    ],
    ids=short,
)
def test_json_that_is_no_request_is_refused(server: Server, body: bytes) -> None:
    """4xx with one text, in the protocol's form; nothing is built of a bomb."""
    before = server.rss_bytes()
    answer = server.post("/v2/models/slow/infer", body, content_type="application/json")

    assert 400 <= answer.status < 500 or answer.status == 504, answer.data[:300]
    assert set(answer.json()) == {"error"}
    assert len(answer.data) < 2000
    assert server.rss_bytes() - before < 96 * MIB


@pytest.mark.parametrize(
    ("length", "body", "statuses"),
    [
        ("10000", asked(), {400}),
        ("-1", asked(), {400}),
        ("1e3", asked(), {400}),
        ("", asked(), {400, 200}),
        ("9" * 1000, asked(), {400}),
        ("\xb2", asked(), {400}),
        (str(len(asked())), asked() + b"\0" * 8, {400}),
        (str(len(asked()) - 1), asked(), {400}),
        ("0", b"\0" * 8, {200}),
        ("0", b"\0" * 7, {400}),
        ("0", b"", {400}),
    ],
    ids=short,
)
def test_a_wrong_length_of_the_json_part_is_refused(
    server: Server, length: str, body: bytes, statuses: set[int]
) -> None:
    """Beyond the body, below zero, no number, short of the JSON; with data that nobody announced."""
    answer = server.post("/v2/models/slow/infer", body, Inference_Header_Content_Length=length)

    assert answer.status in statuses, answer.data


@pytest.mark.parametrize("size", [-1, 0, 7, 9, 2**40, 2**70])
def test_a_wrong_size_of_binary_data_is_refused(server: Server, size: int) -> None:
    """What the tensor takes, what it says and what is there must be the same."""
    one = {key: value for key, value in ONE.items() if key != "data"}
    head = json.dumps({"inputs": [one | {"parameters": {"binary_data_size": size}}]}).encode()
    answer = server.post("/v2/models/slow/infer", head + b"\0" * 8, Inference_Header_Content_Length=str(len(head)))

    assert answer.status == 400, answer.data


@pytest.mark.parametrize(
    ("path", "body", "statuses"),
    [
        ("load", {"parameters": {"config": "{}", "file:1/model.onnx": "A" * (3 * MIB)}}, {415}),
        ("load", {"parameters": {"file:../../evil": "AAAA"}}, {415}),
        ("load", {"parameters": {"a" * MIB: 1}}, {415}),
        ("unload", {"parameters": {"unload_dependents": 1}}, {400}),
        ("load", [], {400}),
    ],
)
def test_nothing_is_brought_by_the_api(server: Server, path: str, body: Any, statuses: set[int]) -> None:
    """Files and configurations are refused by name, and the model serves on."""
    answer = server.post(f"/v2/repository/models/colour/{path}", json.dumps(body).encode())

    assert answer.status in statuses, answer.data
    assert len(answer.data) < 2000
    assert server.call("GET", "/v2/models/colour/ready").status == 200


# --- gRPC ---


@pytest.fixture
def channel(server: Server) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc, options=[("grpc.max_send_message_length", -1)]) as opened:
        yield opened


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        (b"\xff" * 100, {"INVALID_ARGUMENT"}),
        (b"\x0a\xff\xff\xff\xff\x0f", {"INVALID_ARGUMENT"}),
        (b"\x0a\x06colour", {"INVALID_ARGUMENT"}),
        (b"\x0a\x02\xc3\x28", {"INVALID_ARGUMENT", "NOT_FOUND"}),
        (b"\x0a\x00", {"INVALID_ARGUMENT", "NOT_FOUND"}),
        (b"\x0a\x80\x80\x40" + b"a" * MIB, {"NOT_FOUND", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}),
        (b"\x08\x01" * 500_000, {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "NOT_FOUND"}),
        (b"\x2a\x00" * 500_000, {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}),
        (b"\x3a\x00" * 500_000, {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "NOT_FOUND"}),
        (b"\0" * (6 * MIB), {"RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"}),
    ],
    ids=short,
)
def test_a_message_that_is_none_is_refused(
    server: Server, channel: grpc.Channel, message: bytes, codes: set[str]
) -> None:
    """Damage, unknown models, fields by the hundred thousand, more than the limit: never INTERNAL, never UNKNOWN."""
    before = server.rss_bytes()
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")(message, timeout=30)

    assert refused.value.code().name in codes, refused.value
    assert len(refused.value.details()) < 5000
    assert server.rss_bytes() - before < 96 * MIB


@pytest.mark.parametrize("path", ["/inference.GRPCInferenceService/Nothing", "/../../etc/passwd", "/", "/a/b/c"])
def test_a_method_that_is_none_is_unimplemented(channel: grpc.Channel, path: str) -> None:
    """Whatever its name."""
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(path)(b"", timeout=30)

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
