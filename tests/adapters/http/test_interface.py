"""The uniform interface over a real server, with real files and webhooks."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import urllib3
from fakes import jpeg
from http_rig import CLOCK, call, http_rig
from scarce import room_for
from servers import Call, answer, serving
from stations import GatedRuntime, colour_station, gated_station

from vedette.adapters.http.interface import InterfaceEndpoints
from vedette.adapters.http.uploads import Uploads
from vedette.adapters.sinks.addressed import AddressedOutputs
from vedette.adapters.sources.addressed import AddressedSources
from vedette.adapters.sources.allowed import AllowedFiles
from vedette.flows.inference.service import Service
from vedette.flows.interface import computation
from vedette.flows.interface.images import ServiceImages
from vedette.flows.interface.pipeline import Surroundings
from vedette.flows.interface.pipelines import Pipelines
from vedette.values.serving import FetchPolicy, Limits, PipelineOptions
from vedette.wiring.fetching import ServerFetcher

RED, GREEN, BLUE = jpeg((255, 0, 0)), jpeg((0, 255, 0)), jpeg((0, 0, 255))
LIMITS = Limits(body_bytes=500_000, images=3)
PRIVATE = FetchPolicy(hosts=("127.0.0.1", "127.0.0.1:9"), private=True, timeout_s=20.0)


class Server:
    """A server with folders: `inputs` may be read, `outputs` written, `elsewhere` neither."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.inputs, self.outputs, self.elsewhere = folder / "in", folder / "out", folder / "elsewhere"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """One request; a body that is no text and no bytes is sent as JSON."""
        if body is not None and not isinstance(body, bytes | str):
            body, headers = json.dumps(body), {"content_type": "application/json"} | headers
        return call(method, self.url + path, body, **headers)

    def json(self, method: str, path: str, body: Any = None, expected: int = 200, **headers: str) -> Any:
        """The JSON of an answer that has the expected status."""
        answered = self.call(method, path, body, **headers)
        assert answered.status == expected, answered.data
        return answered.json()

    def delivered(self, job: str) -> None:
        """Wait until each output of a job has a result."""
        for _ in range(3000):
            told = self.json("GET", job)
            if all(output["delivered"] for output in told["outputs"].values()):
                return
            time.sleep(0.005)
        raise AssertionError(told)

    def ended(self, job: str) -> Any:
        """A job once it has ended."""
        for _ in range(3000):
            told = self.json("GET", job)
            if told["state"] not in ("running", "stopping"):
                return told
            time.sleep(0.005)
        raise AssertionError(told)


@contextmanager
def serving_interface(
    folder: Path,
    stations: Callable[[], dict[str, Any]] | None = None,
    policy: FetchPolicy = PRIVATE,
    pipelines: tuple[PipelineOptions, ...] = (),
) -> Iterator[Server]:
    for name in ("in", "out", "elsewhere"):
        (folder / name).mkdir(exist_ok=True)
    fetcher = ServerFetcher(policy, CLOCK)

    def make(service: Service) -> Any:
        around = Surroundings(
            AddressedSources(AllowedFiles([str(folder / "in")]), fetcher, LIMITS.pixels),
            AddressedOutputs([str(folder / "out")], fetcher),
            ServiceImages(service, lambda: tuple(service.models.stations)),
            CLOCK,
        )
        made = Pipelines(pipelines, around)
        return InterfaceEndpoints(made, Uploads(fetcher.upload, LIMITS), LIMITS, CLOCK).endpoints()

    default = {"colour": lambda: colour_station(folder)}
    with http_rig(make, stations or (lambda: {name: one() for name, one in default.items()}), LIMITS) as (url, _):
        yield Server(url, folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving_interface(tmp_path) as one:
        yield one


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[tuple[Server, GatedRuntime]]:
    """A server whose model waits until the test lets it go."""
    runtime = GatedRuntime()
    with serving_interface(tmp_path, lambda: {"colour": gated_station(CLOCK, runtime=runtime)}) as one:
        yield one, runtime
        runtime.open = True
        for _ in range(64):
            runtime.gate.release()


def top(told: Any) -> str:
    return told["results"][0]["classes"][0]["label"]


def error(answered: Any) -> tuple[str, str]:
    told = answered["error"]
    return told["kind"], told["message"] + " | " + told["help"]


# --- Table I ---


def test_an_image_from_a_file(server: Server) -> None:
    """Input set, outputs set, computed: the answer is the result, and every output has it as well."""
    (server.inputs / "red.jpg").write_bytes(RED)
    lines, rows, pictures = server.outputs / "a.jsonl", server.outputs / "b.csv", server.outputs / "pictures"

    assert server.json("GET", "/state")["state"] == "idle"
    assert server.json("GET", "/input") == {"url": None}
    assert server.json("PUT", "/input", f"file://{server.inputs}/red.jpg")["state"] == "ready"
    map_ = {"lines": str(lines), "rows": f"file://{rows}", "pictures": f"{pictures}/"}
    assert server.json("PUT", "/output", map_) == map_ == server.json("GET", "/output")
    told = server.json("PUT", "/compute")

    assert top(told) == "red"
    assert told["outputs"] == {key: {"state": "delivered"} for key in map_}
    assert json.loads(lines.read_text()) == told["results"][0]
    assert next(csv.DictReader(io.StringIO(rows.read_text())))["label"] == "red"
    (picture,) = pictures.iterdir()
    assert cv2.imread(str(picture)).shape == (32, 32, 3)
    assert server.json("GET", "/state")["state"] == "ready"


def test_get_computes_and_head_does_not(server: Server) -> None:
    """The text of the interface computes by GET; HEAD must not, so that nothing looks twice by accident."""
    server.json("PUT", "/input", "synthetic://64x64")

    assert server.call("HEAD", "/compute").status == 204
    assert server.json("GET", "/state")["job"] is None
    assert len(server.json("GET", "/compute")["results"]) == 1


@pytest.mark.parametrize(("accept", "magic"), [("image/jpeg", b"\xff\xd8"), ("image/png", b"\x89PNG")])
def test_the_annotated_picture(server: Server, accept: str, magic: bytes) -> None:
    """By Accept the answer is the picture; outputs get JPEG whatever the client took, and a header tells of them."""
    server.json("PUT", "/input", "synthetic://64x48")
    server.json("PUT", "/output", {"p": f"{server.outputs}/p/", "full": "http://127.0.0.1:9/hook#format=jpeg"})
    answered = server.call("PUT", "/compute", accept=accept)

    assert answered.status == 200
    assert answered.headers["content-type"] == accept
    assert answered.data.startswith(magic)
    assert cv2.imdecode(np.frombuffer(answered.data, np.uint8), cv2.IMREAD_COLOR).shape == (48, 64, 3)
    states = json.loads(answered.headers["vedette-outputs"])
    assert states["p"] == {"state": "delivered"}
    assert states["full"]["state"] == "failed"
    assert [file.read_bytes()[:2] for file in (server.outputs / "p").iterdir()] == [b"\xff\xd8"]


def test_post_carries_an_image_in_every_form(server: Server) -> None:
    """Raw bytes, a form, an address: each without an input being set, delivered to the outputs, the state as it was."""
    server.json("PUT", "/output", {"lines": f"{server.outputs}/a.jsonl"})
    form, kind = urllib3.encode_multipart_formdata([("file", ("green.jpg", GREEN, "image/jpeg"))])

    with serving(lambda call: answer(BLUE)) as web:
        told = [
            server.json("POST", "/compute", RED, content_type="image/jpeg"),
            server.json("POST", "/compute", form, content_type=kind),
            server.json("POST", "/compute", {"url": f"{web}/x.jpg"}),
        ]

    assert [top(one) for one in told] == ["red", "green", "blue"]
    assert [one["outputs"]["lines"]["state"] for one in told] == ["delivered"] * 3
    assert len((server.outputs / "a.jsonl").read_text().splitlines()) == 3
    assert server.json("GET", "/state")["state"] == "idle"


def test_what_compute_refuses(server: Server) -> None:
    """Several images, lines, a body for PUT, an unknown parameter, an image that is none: the state stays."""
    form, kind = urllib3.encode_multipart_formdata([("a", ("a", RED, "image/jpeg")), ("b", ("b", RED, "image/jpeg"))])
    server.json("PUT", "/input", "synthetic://64x64")

    assert "2 images" in error(server.json("POST", "/compute", form, 400, content_type=kind))[1]
    server.json("POST", "/compute", RED, 406, accept="application/x-ndjson")
    server.json("POST", "/compute?format=ndjson", RED, 400)
    assert "takes no body" in error(server.json("PUT", "/compute", RED, 400))[1]
    assert "treshold" in error(server.json("PUT", "/compute?treshold=0.5", None, 400))[1]
    server.json("POST", "/compute", b"no image", 400)
    server.json("POST", "/compute", b"", 400)
    server.json("PUT", "/input", "x" * 70_000, 413)
    assert server.json("GET", "/state")["state"] == "ready"


def test_query_parameters_reach_the_model(server: Server) -> None:
    """The parameters of /infer hold here too."""
    server.json("PUT", "/input", "synthetic://64x64")

    assert len(server.json("PUT", "/compute?top_k=1")["results"][0]["classes"]) == 1


def test_a_failing_input_leaves_the_pipeline_failed(server: Server) -> None:
    """The error is the answer, the state tells, and both a new input and a new try lead out of it."""
    server.json("PUT", "/input", f"{server.inputs}/not-yet.jpg")

    assert error(server.json("PUT", "/compute", expected=404))[0] == "not_found"
    state = server.json("GET", "/state")
    assert (state["state"], state["job"]["state"], state["job"]["error"]["kind"]) == ("failed", "failed", "not_found")
    (server.inputs / "not-yet.jpg").write_bytes(b"no image")
    server.json("PUT", "/compute", expected=400)
    (server.inputs / "not-yet.jpg").write_bytes(RED)
    assert top(server.json("PUT", "/compute")) == "red"
    assert server.json("GET", "/state")["state"] == "ready"


def test_an_input_from_the_web(server: Server) -> None:
    """An address is fetched at each computation; its login is used and never shown."""
    seen: list[Call] = []

    def behave(call: Call) -> bytes:
        seen.append(call)
        return answer(BLUE) if call.path == "/cat.jpg" else answer(b"", "404 Not Found")

    with serving(behave) as web:
        address = web.replace("http://", "http://user:secret@") + "/cat.jpg"
        shown = web.replace("http://", "http://user:***@") + "/cat.jpg"
        assert server.json("PUT", "/input", {"url": address})["url"] == shown
        told = server.json("PUT", "/compute")
        assert server.json("PUT", "/input", {"url": shown})["url"] == shown
        server.json("PUT", "/compute")

    assert top(told) == "blue"
    assert "secret" not in json.dumps(told) + json.dumps(server.json("GET", "/state"))
    assert [call.headers["authorization"] for call in seen] == ["Basic dXNlcjpzZWNyZXQ="] * 2


# --- many images ---


def test_a_folder_is_a_job(server: Server) -> None:
    """202 with a Location; results flow to the outputs in the order of the names; the job counts."""
    names = [f"{number:02d}.jpg" for number in range(20)]
    for number, name in enumerate(names):
        (server.inputs / name).write_bytes((RED, GREEN, BLUE)[number % 3])
    (server.inputs / "20.jpg").write_bytes(b"no image")
    server.json("PUT", "/input", str(server.inputs))
    server.json("PUT", "/output", {"lines": f"{server.outputs}/a.jsonl", "p": f"{server.outputs}/p/"})

    answered = server.call("PUT", "/compute")
    job = server.ended(answered.headers["location"])

    assert answered.status == 202
    assert (job["state"], job["images"]) == ("done", {"done": 20, "failed": 1})
    assert {name: (one["delivered"], one["failed"]) for name, one in job["outputs"].items()} == {
        "lines": (21, 0),
        "p": (21, 0),
    }
    results = [json.loads(line) for line in (server.outputs / "a.jsonl").read_text().splitlines()]
    assert [Path(one["source"]).name for one in results] == [*names, "20.jpg"]
    assert [one["classes"][0]["label"] for one in results[:3]] == ["red", "green", "blue"]
    assert results[20]["error"]["kind"] == "invalid"
    assert len(list((server.outputs / "p").iterdir())) == 20
    assert server.json("GET", "/state")["state"] == "ready"


def test_a_pattern_and_made_images(server: Server) -> None:
    """A pattern below the root, and more than one synthetic image, are jobs too."""
    for name in ("a1.jpg", "a2.jpg", "b.jpg"):
        (server.inputs / name).write_bytes(RED)
    counts = []
    for address in (f"{server.inputs}/a*.jpg", "synthetic://32x32?count=5"):
        server.json("PUT", "/input", address)
        counts.append(server.ended(server.call("PUT", "/compute").headers["location"])["images"]["done"])

    assert counts == [2, 5]


def test_a_folder_without_images_fails(server: Server) -> None:
    """A job in which nothing worked has failed, for the reason of its first image."""
    server.json("PUT", "/input", str(server.inputs))
    job = server.ended(server.call("PUT", "/compute").headers["location"])

    assert (job["state"], job["error"]["kind"]) == ("failed", "not_found")
    assert server.json("GET", "/state")["state"] == "failed"


@pytest.mark.parametrize("wish", ["?timeout_ms=100", "?format=jpeg", "?deadline=soft"])
def test_wishes_for_a_single_image(server: Server, wish: str) -> None:
    """What means nothing for many images is refused, not ignored."""
    server.json("PUT", "/input", "synthetic://32x32?count=2")

    assert "single image" in error(server.json("PUT", f"/compute{wish}", expected=400))[1]


def test_stop(gated: tuple[Server, GatedRuntime]) -> None:
    """DELETE stops a job: what was delivered is counted, nothing more comes, and the pipeline is ready again."""
    server, runtime = gated
    server.json("PUT", "/output", {"lines": f"{server.outputs}/a.jsonl"})
    server.json("PUT", "/input", "synthetic://32x32?count=1000000")
    where = server.call("PUT", "/compute").headers["location"]
    for _ in range(3):
        assert runtime.entered.acquire(timeout=30)
        runtime.gate.release()
    assert runtime.entered.acquire(timeout=30)
    server.delivered(where)

    assert server.json("DELETE", "/compute", expected=202)["state"] in ("stopping", "stopped")
    runtime.gate.release()
    job = server.ended(where)
    assert job["state"] == "stopped"
    assert job["images"]["done"] >= job["outputs"]["lines"]["delivered"] >= 1
    delivered = (server.outputs / "a.jsonl").read_text().splitlines()
    assert len(delivered) == job["outputs"]["lines"]["delivered"]
    assert server.json("GET", "/state")["state"] == "ready"
    assert error(server.json("DELETE", where, expected=409))[0] == "conflict"
    server.json("GET", "/compute/0123", expected=404)


def test_stopping_a_single_image(gated: tuple[Server, GatedRuntime]) -> None:
    """Who waits for an image that is stopped hears of it."""
    server, runtime = gated
    server.json("PUT", "/input", "synthetic://32x32")
    heard: list[Any] = []
    waiting = threading.Thread(target=lambda: heard.append(server.json("PUT", "/compute", expected=409)))
    waiting.start()
    assert runtime.entered.acquire(timeout=30)
    server.json("DELETE", "/compute", expected=202)
    waiting.join(30)

    assert "stopped" in error(heard[0])[1]
    assert server.json("GET", "/state")["state"] == "ready"


def test_calls_while_running(gated: tuple[Server, GatedRuntime]) -> None:
    """While a job runs, the calls that change it are conflicts that name what is allowed, and POST still works."""
    server, runtime = gated
    server.json("PUT", "/input", "synthetic://32x32?count=3")
    where = server.call("PUT", "/compute").headers["location"]
    assert runtime.entered.acquire(timeout=30)

    for method, path, body in (
        ("PUT", "/input", "synthetic://32x32"),
        ("PUT", "/output", {}),
        ("PATCH", "/output", {}),
        ("DELETE", "/output/x", None),
        ("PUT", "/compute", None),
        ("GET", "/compute", None),
        ("DELETE", "/pipelines/default", None),
        ("PUT", "/pipelines/default", {}),
    ):
        kind, text = error(server.json(method, path, body, 409))
        assert kind == "conflict"
        assert "DELETE" in text or "stays" in text
    runtime.open = True
    runtime.gate.release()
    assert top(server.json("POST", "/compute", RED)) == "red"
    assert server.ended(where)["state"] == "done"


def test_calls_while_idle_are_conflicts(server: Server) -> None:
    """Without an input nothing can be computed or stopped, and the answer says what is first."""
    for method in ("PUT", "GET", "DELETE"):
        kind, text = error(server.json(method, "/compute", expected=409))
        assert kind == "conflict"
        assert "PUT /input" in text


def test_one_of_many_calls_at_once_wins(gated: tuple[Server, GatedRuntime]) -> None:
    """Of calls that come together one computes and the others are conflicts."""
    server, _runtime = gated
    server.json("PUT", "/input", "synthetic://32x32?count=2")
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(server.call("PUT", "/compute").status)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(statuses) == [202] + [409] * 7


# --- outputs that fail ---


def test_outputs_by_id(server: Server) -> None:
    """PATCH merges and removes by null, DELETE removes one; passwords are never shown, and survive being sent back."""
    hook = "http://user:secret@127.0.0.1:9/h?token=abc"
    shown = "http://user:***@127.0.0.1:9/h?token=***"
    server.json("PUT", "/output", {"a": f"{server.outputs}/a.csv", "h": hook})

    assert server.json("PATCH", "/output", {"b": f"{server.outputs}/b.csv", "h": shown}) == {
        "a": f"{server.outputs}/a.csv",
        "h": shown,
        "b": f"{server.outputs}/b.csv",
    }
    assert server.json("PATCH", "/output", {"b": None})["h"] == shown
    assert server.json("DELETE", "/output/a") == {"h": shown}
    server.json("DELETE", "/output/a", expected=404)
    server.json("PUT", "/output", {"x": "mqtt://broker/topic"}, 415)
    server.json("PUT", "/output", {"bad id": f"{server.outputs}/a.csv"}, 400)
    server.json("PUT", "/output", b"[", 400)
    assert server.json("GET", "/output") == {"h": shown}


def test_a_full_disk_is_the_failure_of_one_output(server: Server) -> None:
    """The output that finds no room says so and keeps whole records only; the others and the answer are not touched."""
    taken: list[bytes] = []

    def behave(call: Call) -> bytes:
        taken.append(call.body)
        return answer(b"")

    with serving(behave) as web:
        server.json("PUT", "/output", {"full": f"{server.outputs}/a.jsonl", "hook": f"{web}/hook"})
        first = server.json("POST", "/compute", RED)
        with room_for((server.outputs / "a.jsonl").stat().st_size + 100):
            told = server.json("POST", "/compute", GREEN)

    assert top(told) == "green"
    assert told["outputs"]["hook"] == {"state": "delivered"}
    assert told["outputs"]["full"]["state"] == "failed"
    assert told["outputs"]["full"]["error"]["kind"] == "exhausted"
    assert [json.loads(line) for line in (server.outputs / "a.jsonl").read_text().splitlines()] == first["results"]
    assert [json.loads(body) for body in taken] == [first["results"][0], told["results"][0]]


def test_webhooks_that_fail(server: Server) -> None:
    """One refuses, one answers 500 and then works, one leads to a private address: each has its own state."""
    calls: list[str] = []

    def behave(call: Call) -> bytes:
        calls.append(call.path)
        if call.path == "/redirect":
            return answer(b"", "307 Temporary Redirect", ("Location: http://169.254.169.254/latest/meta-data",))
        return answer(b"", "500 Oops") if call.path == "/shaky" and calls.count("/shaky") == 1 else answer(b"")

    with serving(behave) as web:
        hooks = {"shaky": f"{web}/shaky", "away": f"{web}/redirect", "closed": "http://127.0.0.1:9/"}
        server.json("PUT", "/output", hooks)
        told = server.json("POST", "/compute", RED)["outputs"]

    assert told["shaky"] == {"state": "delivered"}
    assert calls.count("/shaky") == 2
    assert (told["away"]["state"], told["away"]["error"]["kind"]) == ("failed", "forbidden")
    assert calls.count("/redirect") == 1
    assert (told["closed"]["state"], told["closed"]["error"]["kind"]) == ("failed", "unavailable")


def test_a_webhook_that_hangs_holds_up_nobody_else(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes without it after a while, other outputs have the result, and the message says what hung."""
    monkeypatch.setattr(computation, "PATIENCE_S", 0.2)
    release = threading.Event()

    def behave(call: Call) -> bytes:
        assert release.wait(30)
        return answer(b"")

    with serving(behave) as web:
        server.json("PUT", "/output", {"hangs": f"{web}/hook", "lines": f"{server.outputs}/a.jsonl"})
        told = server.json("POST", "/compute", RED)["outputs"]
        release.set()

    assert told["lines"] == {"state": "delivered"}
    assert told["hangs"]["state"] == "failed"
    assert "0.2 s" in told["hangs"]["error"]["message"]


def test_an_address_that_does_not_answer_is_left_at_the_deadline(server: Server) -> None:
    """As an input and in the body of a request; the operator's own limit of time is longer."""
    release = threading.Event()

    def behave(call: Call) -> bytes:
        assert release.wait(30)
        return answer(RED)

    with serving(behave) as web:
        server.json("PUT", "/input", f"{web}/a.jpg")
        server.json("PUT", "/compute?timeout_ms=50", expected=504)
        server.json("POST", "/compute?timeout_ms=50", {"url": f"{web}/a.jpg"}, 504)
        release.set()
        assert top(server.json("PUT", "/compute")) == "red"


def test_secrets_of_an_address_are_in_no_answer(server: Server) -> None:
    """Neither in the source of a result, which webhooks get too, nor in an error, nor in the state that tells of it."""
    told = []
    with serving(lambda call: answer(RED) if call.path.startswith("/a") else None) as web:
        told.append(server.call("POST", "/compute", {"url": f"{web}/a.jpg?token=SECRET"}))
        told.append(server.call("POST", "/compute", {"url": f"{web}/b.jpg?token=SECRET"}))
        told.append(server.call("PUT", "/input", f"{web}/b.jpg?token=SECRET"))
        told.append(server.call("PUT", "/compute"))
        told.append(server.call("GET", "/state"))

    assert [one.status for one in told] == [200, 503, 200, 503, 200]
    assert all(b"SECRET" not in one.data and b"token=***" in one.data for one in told)


def test_an_output_that_fails_is_given_up_by_a_job(server: Server) -> None:
    """After a few failures in a row a job goes on without an output; the other output has every result."""
    server.outputs.joinpath("gone").mkdir()
    server.json("PUT", "/output", {"away": f"{server.outputs}/gone/a.csv", "lines": f"{server.outputs}/a.jsonl"})
    server.outputs.joinpath("gone").rmdir()
    server.outputs.joinpath("gone").symlink_to(server.elsewhere)
    server.json("PUT", "/input", "synthetic://32x32?count=50")
    job = server.ended(server.call("PUT", "/compute").headers["location"])

    assert (job["state"], job["images"]) == ("done", {"done": 50, "failed": 0})
    assert job["outputs"]["lines"]["delivered"] == 50
    away = job["outputs"]["away"]
    assert (away["delivered"], away["failed"], away["given_up"]) == (0, 50, True)
    assert away["error"]["kind"] == "forbidden"
    assert list(server.elsewhere.iterdir()) == []


# --- doors ---


@pytest.mark.parametrize(
    "address",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "{elsewhere}/x.jpg",
        "{inputs}-more/x.jpg",
        "{inputs}/link.jpg",
        "{inputs}/folder/x.jpg",
        "{inputs}/folder/*.jpg",
        "file://{inputs}/%66older/x.jpg",
        "/*/passwd",
    ],
)
def test_inputs_outside_the_roots(server: Server, address: str) -> None:
    """A path that leads out of the roots, as text or through a link, is refused, and the help names the key."""
    (server.elsewhere / "x.jpg").write_bytes(RED)
    (server.inputs / "link.jpg").symlink_to(server.elsewhere / "x.jpg")
    (server.inputs / "folder").symlink_to(server.elsewhere)
    address = address.format(inputs=server.inputs, elsewhere=server.elsewhere)

    kind, text = error(server.json("PUT", "/input", address, 403))

    assert kind == "forbidden"
    assert "files.inputs" in text


@pytest.mark.parametrize(
    "address",
    ["{inputs}/../elsewhere/x.jpg", "file://{inputs}/%2e%2e/elsewhere/x.jpg", "file://{inputs}/..%2felsewhere/x.jpg"],
)
def test_inputs_that_lead_up(server: Server, address: str) -> None:
    """Two dots are refused in whatever writing."""
    server.json("PUT", "/input", address.format(inputs=server.inputs), 400)


def test_a_link_that_is_set_later(server: Server) -> None:
    """What was allowed when the input was set is judged anew when it is read."""
    (server.elsewhere / "x.jpg").write_bytes(RED)
    server.json("PUT", "/input", f"{server.inputs}/a.jpg")
    (server.inputs / "a.jpg").symlink_to(server.elsewhere / "x.jpg")

    assert error(server.json("PUT", "/compute", expected=403))[0] == "forbidden"


def test_links_in_a_folder(server: Server) -> None:
    """A folder is read without what its links lead to outside; the names behind a link stay unknown."""
    (server.elsewhere / "private.jpg").write_bytes(RED)
    (server.inputs / "in.jpg").write_bytes(GREEN)
    (server.inputs / "alias.jpg").symlink_to(server.inputs / "in.jpg")
    (server.inputs / "out").symlink_to(server.elsewhere)
    server.json("PUT", "/output", {"lines": f"{server.outputs}/a.jsonl"})
    for address in (str(server.inputs), f"{server.inputs}/**/*.jpg"):
        (server.outputs / "a.jsonl").unlink(missing_ok=True)
        server.json("PUT", "/input", address)
        job = server.ended(server.call("PUT", "/compute").headers["location"])

        assert job["images"] == {"done": 2, "failed": 1}
        text = (server.outputs / "a.jsonl").read_text()
        assert "private" not in text
        assert "forbidden" in text


def test_unicode_names(server: Server) -> None:
    """Names in any script work as bare paths and percent-encoded."""
    (server.inputs / "bär 猫 100%.jpg").write_bytes(RED)
    (server.inputs / "übung.jpg").write_bytes(BLUE)

    server.json("PUT", "/input", f"{server.inputs}/bär 猫 100%.jpg".encode())
    assert top(server.json("PUT", "/compute")) == "red"
    server.json("PUT", "/input", f"file://{server.inputs}/%C3%BCbung.jpg")
    assert top(server.json("PUT", "/compute")) == "blue"


def test_what_is_no_file_is_not_opened(server: Server) -> None:
    """A pipe in the folder would block for ever: it is refused."""
    import os

    os.mkfifo(server.inputs / "pipe.jpg")
    server.json("PUT", "/input", f"{server.inputs}/pipe.jpg")

    server.json("PUT", "/compute", expected=415)


@pytest.mark.parametrize(
    "address",
    [
        "/etc/a.csv",
        "file:///etc/a.jsonl",
        "{elsewhere}/a.csv",
        "{elsewhere}/p/",
        "{outputs}/link/a.csv",
        "{inputs}/a.csv",
    ],
)
def test_outputs_outside_the_roots(server: Server, address: str) -> None:
    """The same for what is written, with roots of its own."""
    (server.outputs / "link").symlink_to(server.elsewhere)
    address = address.format(inputs=server.inputs, outputs=server.outputs, elsewhere=server.elsewhere)

    assert "files.outputs" in error(server.json("PUT", "/output", {"a": address}, 403))[1]
    assert server.json("GET", "/output") == {}


def test_without_roots_and_hosts_nothing_is_allowed(tmp_path: Path) -> None:
    """The defaults: no file, no address; the help names what the operator changes."""
    with serving_interface(tmp_path, policy=FetchPolicy()) as server:
        assert "fetch" in error(server.json("PUT", "/input", "http://127.0.0.1/x.jpg", 403))[1]
        assert "fetch" in error(server.json("PUT", "/output", {"a": "http://127.0.0.1/"}, 403))[1]
        server.json("PUT", "/input", "rtsp://camera/1", 415)


# --- pipelines ---


def test_named_pipelines(tmp_path: Path) -> None:
    """A pipeline is made, used under its name, listed, replaced and removed; the default one stays as it is."""
    stations = lambda: {"colour": colour_station(tmp_path), "second": colour_station(tmp_path)}  # noqa: E731
    with serving_interface(tmp_path, stations) as server:
        made = server.call("PUT", "/pipelines/two", {"models": ["colour", "second"], "input": "synthetic://32x32"})
        assert (made.status, made.headers["location"]) == (201, "/pipelines/two")
        told = server.json("PUT", "/pipelines/two/compute")
        assert [one["model"] for one in told["results"]] == ["colour", "colour"]
        server.json("PUT", "/pipelines/two/compute", None, 400, accept="image/jpeg")
        assert [one["pipeline"] for one in server.json("GET", "/pipelines")["pipelines"]] == ["default", "two"]
        assert server.json("PUT", "/pipelines/two", {"models": ["second"]})["state"] == "idle"
        assert server.json("GET", "/pipelines/two")["models"] == ["second"]
        assert server.call("DELETE", "/pipelines/two").status == 204
        server.json("GET", "/pipelines/two/state", expected=404)
        assert "names no model" in error(server.json("POST", "/compute", RED, 409))[1]
        server.json("DELETE", "/pipelines/default", expected=409)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"models": ["missing"]}, 404),
        ({"model": ["colour"]}, 400),
        ({"models": "colour"}, 400),
        ({"models": ["colour", "colour"]}, 400),
        ({"input": 7}, 400),
        ({"output": []}, 400),
        ({"input": "/etc/passwd"}, 403),
        ({"output": {"a": "/etc/x.csv"}}, 403),
        ([], 400),
    ],
)
def test_pipelines_that_cannot_be(server: Server, body: Any, status: int) -> None:
    """What is wrong is said, and nothing is made."""
    server.json("PUT", "/pipelines/new", body, status)

    server.json("GET", "/pipelines/new", expected=404)


def test_pipelines_of_the_configuration(tmp_path: Path) -> None:
    """They are there at the start with all that is set."""
    options = PipelineOptions("default", ("colour",), "synthetic://32x32", (("a", f"{tmp_path}/out/a.jsonl"),))
    with serving_interface(tmp_path, pipelines=(options,)) as server:
        state = server.json("GET", "/state")
        told = server.json("PUT", "/compute")

    assert (state["state"], state["models"], state["outputs"]) == (
        "ready",
        ["colour"],
        {"a": f"{tmp_path}/out/a.jsonl"},
    )
    assert told["outputs"] == {"a": {"state": "delivered"}}


def test_every_operation_has_an_id_of_its_own() -> None:
    """The OpenAPI document needs ids that are unique, and a parameter for every name in a path."""
    made = InterfaceEndpoints(None, None, LIMITS, CLOCK).endpoints()

    ids = [one.operation["operationId"] for one in made]
    assert len(ids) == len(set(ids))
    for one in made:
        in_path = {each["name"] for each in one.operation["parameters"] if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", one.path))
