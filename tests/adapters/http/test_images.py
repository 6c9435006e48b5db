"""`POST /infer/{models}` over a real server."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import urllib3
from fakes import jpeg
from http_rig import CLOCK, Remembered, call, http_rig
from stations import colour_station

from vedette.adapters.http.images import ImageEndpoints
from vedette.adapters.http.uploads import Uploads
from vedette.errors import ForbiddenError
from vedette.values.serving import Limits

RED, GREEN, BLUE = jpeg((255, 0, 0)), jpeg((0, 255, 0)), jpeg((0, 0, 255))
LIMITS = Limits(body_bytes=200_000, decompressed_bytes=300_000, images=3, pixels=100_000)


async def fetch(url: str, until_ns: int | None) -> tuple[str, bytes]:
    if "allowed" not in url:
        raise ForbiddenError(f"{url} is not allowed", help="fetch.hosts")
    return "http://allowed/x.jpg", BLUE


@dataclass(frozen=True)
class Server:
    url: str
    observer: Remembered

    def post(self, path: str, body: object = RED, **headers: str) -> urllib3.BaseHTTPResponse:
        return call("POST", self.url + path, body, **headers)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    def stations() -> dict:
        one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
        return {"colour": colour_station(one), "second": colour_station(two)}

    with http_rig(
        lambda service: ImageEndpoints(service, Uploads(fetch, LIMITS), CLOCK).endpoints(), stations, LIMITS
    ) as (
        url,
        observer,
    ):
        yield Server(url, observer)


def form(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    body, kind = urllib3.encode_multipart_formdata([("file", (name, data, "image/jpeg")) for name, data in files])
    return body, kind


def top(value: dict) -> str:
    return value["classes"][0]["label"]


def test_raw_bytes_give_a_result_with_its_timeline(server: Server) -> None:
    """The JSON is a vedette.result/1; Server-Timing carries the same times; the id is the client's own."""
    answer = server.post("/infer/colour", content_type="image/jpeg", x_request_id="mine-1")

    result = answer.json()
    assert (answer.status, result["schema"], top(result), result["id"]) == (200, "vedette.result/1", "red", "mine-1")
    assert answer.headers["x-request-id"] == "mine-1"
    timing = {part.split(";dur=")[0]: float(part.split("=")[1]) for part in answer.headers["server-timing"].split(", ")}
    assert timing == result["timeline_ms"]
    assert list(timing) == ["acquire", "decode", "preprocess", "queue", "infer", "postprocess", "total"]


def test_a_version_can_be_named(server: Server) -> None:
    """One that is not there is a 404."""
    assert server.post("/infer/colour/versions/1").json()["model_version"] == "1"
    assert server.post("/infer/colour/versions/9").status == 404


def test_a_form_with_several_files_gives_an_array_in_their_order(server: Server) -> None:
    """Each names its file; a damaged one is a failure among the others."""
    body, kind = form(("red.jpg", RED), ("bad.jpg", b"broken"), ("green.jpg", GREEN))

    answer = server.post("/infer/colour", body, content_type=kind)

    red, bad, green = answer.json()
    assert (answer.status, top(red), top(green)) == (200, "red", "green")
    assert [one["source"] for one in (red, bad, green)] == ["red.jpg", "bad.jpg", "green.jpg"]
    assert bad["error"]["kind"] in ("invalid", "unsupported")
    assert len({one["id"] for one in (red, bad, green)}) == 3


def test_a_form_with_one_file_gives_an_object(server: Server) -> None:
    """As the raw bytes do."""
    body, kind = form(("red.jpg", RED))

    assert top(server.post("/infer/colour", body, content_type=kind).json()) == "red"


def test_several_models_see_the_image_that_is_decoded_once(server: Server) -> None:
    """An array with an answer of each, kept apart by the model's name."""
    both = server.post("/infer/colour,second", GREEN).json()

    assert [one["model"] for one in both] == ["colour", "colour"]
    assert [top(one) for one in both] == ["green", "green"]
    assert both[0]["timeline_ms"]["decode"] == both[1]["timeline_ms"]["decode"]


def test_an_address_is_fetched_only_where_the_operator_allows_it(server: Server) -> None:
    """The refusal is the fetcher's own."""
    good = server.post("/infer/colour", b'{"url": "http://allowed/x.jpg"}', content_type="application/json")
    bad = server.post("/infer/colour", b'{"url": "http://other/x.jpg"}', content_type="application/json")

    assert (top(good.json()), good.json()["source"]) == ("blue", "http://allowed/x.jpg")
    assert (bad.status, bad.json()["error"]["kind"]) == (403, "forbidden")


@pytest.mark.parametrize(("accept", "magic"), [("image/jpeg", b"\xff\xd8\xff"), ("image/png", b"\x89PNG")])
def test_an_annotated_picture_comes_where_it_is_accepted(server: Server, accept: str, magic: bytes) -> None:
    """In the size of the image."""
    answer = server.post("/infer/colour", accept=accept)

    assert (answer.headers["content-type"], answer.data[: len(magic)]) == (accept, magic)
    assert cv2.imdecode(np.frombuffer(answer.data, np.uint8), 1).shape == (32, 32, 3)


def test_lines_come_one_an_image(server: Server) -> None:
    """NDJSON, in the order of the files."""
    body, kind = form(("red.jpg", RED), ("green.jpg", GREEN))

    answer = server.post("/infer/colour", body, content_type=kind, accept="application/x-ndjson")

    assert [top(json.loads(line)) for line in answer.data.splitlines()] == ["red", "green"]


def test_what_the_query_asks_for_is_done(server: Server) -> None:
    """Number of classes, lowest score, region of interest."""
    half = np.zeros((40, 40, 3), np.uint8)
    half[:, :20, 2], half[:, 20:, 0] = 255, 255  # BGR: left red, right blue
    image = cv2.imencode(".png", half)[1].tobytes()

    assert len(server.post("/infer/colour?top_k=2").json()["classes"]) == 2
    assert [one["label"] for one in server.post("/infer/colour?threshold=0.5").json()["classes"]] == ["red"]
    assert top(server.post("/infer/colour?roi=20,0,20,40", image).json()) == "blue"
    assert top(server.post("/infer/colour?roi=0,0,20,40", image).json()) == "red"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("treshold=0.5", "did you mean threshold"),
        ("threshold=2", "0 to 1"),
        ("threshold=nan", "0 to 1"),
        ("top_k=0", "from 1 on"),
        ("top_k=1&top_k=2", "more than once"),
        ("roi=1,2,3", "left,top,width,height"),
        ("tile=300", "300x300"),
        ("tile=300x300", "for detectors"),
        ("overlap=3", "add tile"),
        ("timeout_ms=-1", "above 0"),
        ("timeout_ms=inf", "above 0"),
        ("deadline=now", "one of hard"),
        ("deadline=hard", "timeout_ms"),
        ("format=xml", "ndjson"),
        ("timeout_ms=", "above 0"),
        ("deadline=", "one of hard"),
        ("classes=,", "person,car"),
    ],
)
def test_no_parameter_is_ignored_or_guessed(server: Server, query: str, said: str) -> None:
    """A wrong one is a 400 that says what would be right."""
    answer = server.post(f"/infer/colour?{query}")

    error = answer.json()["error"]
    assert answer.status == 400
    assert said in f"{error['message']} {error['help']}"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"no image at all", {}, 400),
        (RED[: len(RED) // 2], {}, 400),
        (b"x" * 200_001, {}, 413),
        (b"{}", {"content_type": "application/json"}, 400),
        (b"[" * 500, {"content_type": "application/json"}, 413),
        (b'{"url": 7}', {"content_type": "application/json"}, 400),
        (b"\xff\xfe", {"content_type": "application/json"}, 400),
        (RED, {"content_type": "multipart/form-data"}, 400),
        (b"--x\r\n", {"content_type": "multipart/form-data; boundary=x"}, 400),
        (RED, {"content_encoding": "br"}, 415),
        (RED, {"content_encoding": "gzip"}, 400),
        (gzip.compress(b"\0" * 1_000_000, mtime=0), {"content_encoding": "gzip"}, 413),
        (gzip.compress(RED, mtime=0)[:-20], {"content_encoding": "gzip"}, 400),
        (RED, {"accept": "text/html"}, 406),
        (b'{"url": "http://allowed/x.jpg"%s}' % (b" " * 65_536), {"content_type": "application/json"}, 413),
        (jpeg((1, 2, 3), 400, 400), {}, 413),
    ],
)
def test_a_body_that_cannot_be_used_is_the_callers_error(server: Server, body, headers, status) -> None:
    """It has a kind, a message and the next step; the server goes on."""
    answer = server.post("/infer/colour", body, **headers)

    assert answer.status == status, answer.data
    assert set(answer.json().get("error", answer.json())) >= {"kind", "message", "help"}
    assert server.post("/infer/colour").status == 200


def test_a_compressed_body_is_read(server: Server) -> None:
    """gzip and deflate, and chunked ones."""
    import zlib

    assert top(server.post("/infer/colour", gzip.compress(GREEN, mtime=0), content_encoding="gzip").json()) == "green"
    assert top(server.post("/infer/colour", zlib.compress(GREEN), content_encoding="deflate").json()) == "green"
    chunks = iter([GREEN[:100], GREEN[100:101], GREEN[101:]])
    assert top(server.post("/infer/colour", chunks).json()) == "green"


def test_where_nothing_worked_the_status_says_so(server: Server) -> None:
    """Two files that are no images are 400 for one model as for two; one image among them is 200."""
    garbage, kind = form(("a", b"no image"), ("b", b"neither"))
    mixed, kind_too = form(("a", b"no image"), ("b", RED))

    for models in ("colour", "colour,second"):
        none, some = (
            server.post(f"/infer/{models}", body, content_type=one)
            for body, one in ((garbage, kind), (mixed, kind_too))
        )
        assert (none.status, some.status) == (400, 200)
        assert all("error" in outcome for outcome in none.json())


def test_what_curl_sends_as_a_form_is_explained(server: Server) -> None:
    """`-d @photo.jpg` takes bytes out and says a form's type; `--data-binary` says the same type and is an image."""
    kind = "application/x-www-form-urlencoded"
    stripped = bytes(byte for byte in RED if byte not in b"\0\r\n")

    changed, whole = (server.post("/infer/colour", body, content_type=kind) for body in (stripped, RED))

    assert (changed.status, "--data-binary" in changed.json()["error"]["help"]) == (400, True)
    assert (whole.status, top(whole.json())) == (200, "red")


def test_limits_are_told_in_the_words_of_a_server(server: Server) -> None:
    """Where an image is too large, and where a region lies outside, the help is for requests too."""
    large = server.post("/infer/colour", jpeg((1, 2, 3), 400, 400)).json()["error"]
    outside = server.post("/infer/colour?roi=500,500,9,9").json()["error"]

    assert "limits.pixels" in large["help"]
    assert outside["help"].startswith("give roi as LEFT,TOP,WIDTH,HEIGHT")


def test_more_images_than_allowed_are_refused(server: Server) -> None:
    """Three files may come in one request."""
    body, kind = form(*[(f"{number}.jpg", RED) for number in range(4)])

    assert server.post("/infer/colour", body, content_type=kind).status == 413


@pytest.mark.parametrize("path", ["/infer/nobody", "/infer/colour,nobody", "/infer/colour,colour", "/infer/,"])
def test_models_that_are_not_there_are_named(server: Server, path: str) -> None:
    """404 for one that is not there, 400 for a list that is none."""
    assert server.post(path).status in (400, 404)


def test_another_method_and_another_path_are_told_what_there_is(server: Server) -> None:
    """405 with Allow; 404 with the nearest path."""
    wrong_method, wrong_path = call("GET", server.url + "/infer/colour"), call("GET", server.url + "/infr/colour")

    assert (wrong_method.status, wrong_method.headers["allow"]) == (405, "POST")
    assert wrong_path.status == 404
    assert "/infer/{models}" in wrong_path.json()["error"]["help"]


def test_the_observer_is_told_of_every_request(server: Server) -> None:
    """Route, status, bytes and times."""
    before = len(server.observer.requests)
    server.post("/infer/colour")
    server.post("/infer/nobody")

    good, bad = server.observer.requests[before:]
    assert (good.route, good.status, bad.status) == ("/infer/{models}", 200, 404)
    assert good.received_ns < good.ended_ns
    assert good.sent_bytes > 100


def test_a_deadline_that_cannot_be_met_is_refused_with_retry_after(server: Server, tmp_path: Path) -> None:
    """One microsecond is not enough: 503 at once, or 504 once it has passed."""
    answer = server.post("/infer/colour?timeout_ms=0.001&deadline=soft")

    assert answer.status in (503, 504)
    assert answer.json()["error"]["kind"] in ("overloaded", "timeout")
