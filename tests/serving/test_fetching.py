"""What a whole server reaches by itself for a caller: nothing that the operator did not open, however it is spelled."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fakes import jpeg
from served import MODELS, Server, repository, running
from servers import Call, answer, serving

RED, BLUE = jpeg((255, 0, 0)), jpeg((0, 0, 255))


class Canary:
    """A neighbour that must not be called: it remembers who called, and gives an image or a redirect."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.posted: list[bytes] = []
        self.url = ""

    def __call__(self, call: Call) -> bytes:
        self.calls.append(call.path)
        if call.method == "POST":
            self.posted.append(call.body)
        if call.path.startswith("/to/"):
            return answer(b"", "302 Found", (f"Location: {call.path.removeprefix('/to/')}",))
        return answer(RED, headers=("Content-Type: image/jpeg",))

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2].rstrip("/")


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Canary]:
    found = Canary()
    with serving(found) as url:
        found.url = url
        yield found


@pytest.fixture
def canary(neighbour: Canary) -> Canary:
    neighbour.calls.clear()
    neighbour.posted.clear()
    return neighbour


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may fetch from every host, but from no private network."""
    folder = tmp_path_factory.mktemp("wide")
    with running(folder, repository(folder), MODELS + "fetch: {hosts: ['*'], timeout_s: 3s}\n") as server:
        yield server


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory, neighbour: Canary) -> Iterator[Server]:
    """A server that may fetch from one neighbour on this machine, and use files below two folders."""
    folder = tmp_path_factory.mktemp("near")
    for name in ("in", "out"):
        (folder / name).mkdir()
    config = f"""
fetch: {{hosts: ['127.0.0.1:{neighbour.port}'], private: true, timeout_s: 3s}}
files: {{inputs: [in], outputs: [out]}}
pipelines: [{{name: default, models: [colour]}}]
"""
    with running(folder, repository(folder), MODELS + config) as server:
        yield server


def loopbacks(port: str, path: str = "image.jpg") -> list[str]:
    """This machine, in every spelling that a careless check lets through."""
    hosts = [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "127.255.255.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[::127.0.0.1]",
        "[::1%25lo]",
        "evil.example@127.0.0.1",
        "user:password@localhost",
        "127.0.0.1#@evil.example",
        "\N{FULLWIDTH DIGIT ONE}27.0.0.1",
        "\N{CIRCLED DIGIT ONE}27.0.0.1",
        "127\N{IDEOGRAPHIC FULL STOP}0.0.1",
        "%31%32%37.0.0.1",
        "127.0.0.1\\@evil.example",
        "127.0.0.1\t",
        " 127.0.0.1",
    ]
    return [f"http://{host}:{port}/{path}" for host in hosts]


def others(port: str) -> list[str]:
    """Other schemes and other networks."""
    return [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "file://localhost/etc/passwd",
        f"gopher://127.0.0.1:{port}/_GET%20/",
        f"dict://127.0.0.1:{port}/info",
        f"ftp://127.0.0.1:{port}/image.jpg",
        f"jar:http://127.0.0.1:{port}/image.jpg!/",
        "data:image/jpeg;base64,/9j/4AAQ",
        f"//127.0.0.1:{port}/image.jpg",
        f"127.0.0.1:{port}/image.jpg",
        f"http:127.0.0.1:{port}/image.jpg",
        f"http:///127.0.0.1:{port}/image.jpg",
        f"http://127.0.0.1:{port}/image.jpg\r\nX-Injected: yes",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://10.0.0.1:8080/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[2002:7f00:1::]/",
        "http://",
        "http://:80/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:22/",
        "",
        "a" * 100_000,
    ]


REFUSED = (400, 403, 413, 415)
"""Not allowed, no address, or no such scheme."""


def test_nothing_is_fetched_by_default(server: Server, canary: Canary) -> None:
    """Without `fetch: hosts` no address is reached, in any spelling, by any door."""
    for url in loopbacks(canary.port) + others(canary.port):
        told = json.dumps({"url": url}).encode()

        assert server.post("/infer/colour", told, content_type="application/json").status in REFUSED, url
        assert server.post("/compute", told, content_type="application/json").status in (*REFUSED, 409), url
        assert server.call("PUT", "/input", told).status in REFUSED, url
        assert server.call("PUT", "/output", json.dumps({"hook": url}).encode()).status in REFUSED, url
    assert canary.calls == []
    assert server.call("GET", "/output").json() == {}


def test_every_host_is_not_every_network(wide: Server, canary: Canary) -> None:
    """With `hosts: ['*']` loopback, private and link-local networks stay shut: to names that lead there too."""
    for url in loopbacks(canary.port) + others(canary.port):
        told = json.dumps({"url": url}).encode()
        carried = wide.post("/infer/colour", told, content_type="application/json")

        assert carried.status in (*REFUSED, 503), (url, carried.data)
        assert b"root:" not in carried.data
        if wide.call("PUT", "/input", told).status == 200:  # a name, which is judged when it is resolved
            assert wide.call("GET", "/compute").status in (*REFUSED, 503), url
    assert canary.calls == []


def test_what_the_operator_opened_is_fetched(near: Server, canary: Canary) -> None:
    """The image behind the address, by both doors; the login in an address is not shown."""
    url = f"http://user:secret@127.0.0.1:{canary.port}/image.jpg"
    told = json.dumps({"url": url}).encode()

    carried = near.post("/infer/colour", told, content_type="application/json")
    put = near.call("PUT", "/input", told)
    computed = near.call("GET", "/compute")

    assert (carried.status, put.status, computed.status) == (200, 200, 200), (carried.data, put.data, computed.data)
    assert carried.json()["classes"][0]["label"] == "red"
    assert computed.json()["results"][0]["classes"][0]["label"] == "red"
    assert canary.calls == ["/image.jpg", "/image.jpg"]
    assert b"secret" not in carried.data + put.data + computed.data + near.call("GET", "/state").data
    assert not [line for line in near.said if "secret" in line]


def test_a_redirect_is_judged_like_the_first_address(near: Server, canary: Canary) -> None:
    """From the allowed host to this machine by another name, another port, another network, another scheme."""
    for target in [*loopbacks("1"), *loopbacks(near.http_address.rpartition(":")[2], "v2"), *others(canary.port)]:
        if "\r" in target or not target.startswith(("http", "file", "gopher", "ftp", "dict")) or len(target) > 1000:
            continue  # would not be a redirect to another place
        if not urlsplit(target).netloc:
            continue  # a path of the same host
        if not target.isascii() or " " in target or "\t" in target:
            continue  # cannot stand in a request line of the neighbour's
        url = f"http://127.0.0.1:{canary.port}/to/{target}"
        carried = near.post("/infer/colour", json.dumps({"url": url}).encode(), content_type="application/json")

        assert carried.status in (*REFUSED, 503), (target, carried.data)
        assert b"root:" not in carried.data
    assert {call[:4] for call in canary.calls} <= {"/to/"}


def test_an_endless_redirect_ends(near: Server, canary: Canary) -> None:
    """After `redirects` steps."""
    url = f"http://127.0.0.1:{canary.port}/to//to//to//to//to//to//to//to//image.jpg"
    carried = near.post("/infer/colour", json.dumps({"url": url}).encode(), content_type="application/json")

    assert carried.status == 503
    assert len(canary.calls) == 4


def test_webhooks_reach_only_what_is_open(near: Server, canary: Canary) -> None:
    """An allowed one gets the result; one to another port of the same machine is refused when it is set."""
    closed = near.call("PUT", "/output", json.dumps({"hook": "http://127.0.0.1:1/"}).encode())
    opened = near.call("PUT", "/output", json.dumps({"hook": f"http://127.0.0.1:{canary.port}/hook"}).encode())
    answered = near.post("/compute", RED, content_type="image/jpeg")
    near.call("PUT", "/output", b"{}")

    assert (closed.status, opened.status, answered.status) == (403, 200, 200), (opened.data, answered.data)
    assert json.loads(canary.posted[0])["classes"][0]["label"] == "red"


FILES = (
    "/etc/passwd",
    "file:///etc/passwd",
    "file:///etc/../etc/passwd",
    "{root}/in/../secret.jpg",
    "file://{root}/in/%2e%2e/secret.jpg",
    "file://{root}/in/link.jpg",
    "file://{root}/in/up/secret.jpg",
    "file://{root}/in2/secret.jpg",
    "file://{root}/secret.jpg",
    "file://{root}/in/%00",
    "file:////{root}/secret.jpg",
    "in/../secret.jpg",
    "~/secret.jpg",
    "/proc/self/environ",
    "/dev/zero",
    "/dev/stdin",
)


def test_no_file_outside_the_allowed_folders_is_read(near: Server) -> None:
    """Neither by `..`, encoded or not, nor by a link to a file or a folder, nor beside a folder of the same begin."""
    root = near.folder
    (root / "in/good.jpg").write_bytes(BLUE)
    (root / "secret.jpg").write_bytes(RED)
    (root / "in2").mkdir(exist_ok=True)
    (root / "in2/secret.jpg").write_bytes(RED)
    for link, target in (("link.jpg", root / "secret.jpg"), ("up", root)):
        if not (root / "in" / link).is_symlink():
            (root / "in" / link).symlink_to(target)

    for form in FILES:
        put = near.call("PUT", "/input", form.format(root=root).encode())

        assert put.status in (400, 403, 404), (form, put.data)
    assert near.call("PUT", "/input", f"file://{root}/in/good.jpg".encode()).status == 200
    assert near.call("GET", "/compute").json()["results"][0]["classes"][0]["label"] == "blue"


def test_no_file_outside_the_allowed_folders_is_written(near: Server) -> None:
    """Outputs likewise; an allowed one gets its line, also where the same image has a failing output beside it."""
    root = near.folder
    if not (root / "out/up").is_symlink():
        (root / "out/up").symlink_to(root)
    for place in ("../evil.jsonl", "up/evil.jsonl", "%2e%2e/evil.jsonl", "../in/evil.jsonl", "../out2/evil.jsonl"):
        put = near.call("PUT", "/output", json.dumps({"file": f"file://{root}/out/{place}"}).encode())

        assert put.status in (400, 403), (place, put.data)
    put = near.call("PUT", "/output", json.dumps({"file": f"file://{root}/out/good.jsonl"}).encode())
    answered = near.post("/compute", RED, content_type="image/jpeg")
    near.call("PUT", "/output", b"{}")

    assert (put.status, answered.status) == (200, 200), (put.data, answered.data)
    assert json.loads((root / "out/good.jsonl").read_text())["classes"][0]["label"] == "red"
    assert [file.name for file in root.rglob("evil*")] == []


def test_a_full_disk_under_an_output_is_told_and_others_go_on(near: Server, canary: Canary) -> None:
    """The answer leaves with the state of each output, the webhook beside it is called; with room it works again."""
    outputs = {"file": f"file://{near.folder}/out/full.jsonl", "hook": f"http://127.0.0.1:{canary.port}/hook"}
    near.call("PUT", "/output", json.dumps(outputs).encode())
    before = resource.prlimit(near.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(near.process.pid, resource.RLIMIT_FSIZE, (10, before[1]))
    full = near.post("/compute", RED, content_type="image/jpeg")
    resource.prlimit(near.process.pid, resource.RLIMIT_FSIZE, before)
    again = near.post("/compute", RED, content_type="image/jpeg")
    near.call("PUT", "/output", b"{}")

    assert (full.status, again.status) == (200, 200), (full.data, again.data)
    assert full.json()["results"][0]["classes"][0]["label"] == "red"
    assert full.json()["outputs"]["file"]["state"] == "failed"
    assert full.json()["outputs"]["file"]["error"]["help"]
    assert full.json()["outputs"]["hook"] == {"state": "delivered"}
    assert again.json()["outputs"]["file"] == {"state": "delivered"}
    assert len(canary.posted) == 2
