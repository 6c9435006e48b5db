"""How a server starts, or says why it does not: nothing to serve, broken models, mistakes, open doors, taken ports."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from fakes import jpeg
from served import KEYS, MODELS, end, launch, repository, running

RED = jpeg((255, 0, 0))
NO_KEYS = "models: [{name: colour, runtime: onnxruntime, threads: 1}]\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("starting"))


def refused(folder: Path, models: Path | None, config: str, *flags: str) -> tuple[int, str]:
    """The exit code of a server that does not start, and all that it said."""
    process = launch(folder, models, config, *flags)
    try:
        _, said = process.communicate(timeout=40)
    finally:
        end(process)
        assert process.stderr is not None
        process.stderr.close()
    return process.returncode, said


def test_a_folder_without_models_is_served_until_one_comes(tmp_path: Path, models: Path) -> None:
    """The server starts and says so; a model that is copied in is served without a restart."""
    empty = tmp_path / "empty"
    empty.mkdir()
    with running(tmp_path, empty, "poll_s: 200ms\n") as server:
        before = server.post("/infer/colour", RED).status
        shutil.copytree(models / "slow", empty / "slow")
        while server.call("GET", "/v2/models/slow/ready").status != 200:
            assert server.process.poll() is None
        answer = server.call("GET", "/v2/models")

    assert any("no model" in line for line in server.said)
    assert before == 404
    assert answer.json() == {"models": ["slow"]}


def test_no_models_at_all_is_told_with_the_next_step(tmp_path: Path) -> None:
    """Without a folder of models and with nothing pulled."""
    code, said = refused(tmp_path, None, "")

    assert code in (2, 3)
    assert "no model" in said
    assert "help: vedette models pull" in said
    assert "Traceback" not in said


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A path with a mistake in it is no empty repository."""
    code, said = refused(tmp_path, tmp_path / "nowhere", "")

    assert code == 2
    assert "nowhere" in said
    assert "help: " in said
    assert "Traceback" not in said


def test_a_broken_model_beside_good_ones_leaves_them(tmp_path: Path, models: Path) -> None:
    """Garbage, an empty folder, a wrong manifest: told at the start and in the index; the good one serves."""
    root = tmp_path / "models"
    shutil.copytree(models, root)
    for name in ("garbage", "empty", "wrong"):
        (root / name / "1").mkdir(parents=True)
    (root / "garbage/1/model.onnx").write_bytes(b"\x08\x08garbage")
    shutil.copy(root / "colour/1/model.onnx", root / "wrong/1/model.onnx")
    (root / "wrong/model.yaml").write_text("model_type: nonsense\n", encoding="utf-8")
    listed = "models:\n" + "".join(
        f"- {{name: {name}, runtime: onnxruntime, threads: 1}}\n" for name in ("colour", "garbage", "empty", "wrong")
    )
    with running(tmp_path, root, listed) as server:
        index = server.post("/v2/repository/index", b"").json()
        answer = server.post("/infer/colour", RED)
        broken = {name: server.post(f"/infer/{name}", RED).status for name in ("garbage", "empty", "wrong")}

    assert answer.status == 200
    assert set(broken.values()) <= {404, 503}
    reasons = {one["name"]: one["reason"] for one in index if one["state"] != "READY"}
    assert {"garbage", "empty", "wrong"} <= set(reasons)
    assert all(reasons[name] for name in ("garbage", "empty", "wrong"))
    assert all(
        any(line.startswith(name) and "not served" in line for line in server.said)
        for name in reasons
        if name != "slow"
    )


def test_three_mistakes_are_told_at_once(tmp_path: Path, models: Path) -> None:
    """Each with its key, its value and the fix; exit code 2, nothing is started."""
    config = NO_KEYS + "prot: 8000\npoll_s: soon\nlimits: {queue_images: -5}\n"
    code, said = refused(tmp_path, models, config)

    assert code == 2
    for word in ("prot", "port", "poll_s", "soon", "queue_images", "-5"):
        assert word in said, said
    assert "help: " in said
    assert "http://" not in said.split("help")[0]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ("!!python/object/apply:os.system ['true']\n", "vedette.yaml"),
        ("a: &a [*a]\n", "a"),
        ("models: [{name: nobody}]\n", "nobody"),
        ("keys: [{name: a, hash: secret, rights: [infer]}]\n", "hash"),
        (NO_KEYS + "tls: {certificate: none.pem, key: none.pem}\n", "none.pem"),
        ("fetch: {hosts: ['http://x/']}\n", "hosts"),
    ],
)
def test_a_wrong_configuration_is_told(tmp_path: Path, models: Path, config: str, word: str) -> None:
    """A line that says what is wrong and one that says what to do; no traceback, no secret."""
    code, said = refused(tmp_path, models, config)

    assert code in (2, 3), said
    assert word in said
    assert "help: " in said
    assert "Traceback" not in said
    assert "'secret'" not in said


def test_other_machines_are_let_in_with_keys_or_on_demand_only(tmp_path: Path, models: Path) -> None:
    """All addresses without keys: refused, and told how; with keys, or with --insecure: served."""
    code, said = refused(tmp_path, models, NO_KEYS, "--host", "0.0.0.0")

    assert code == 2
    assert "--insecure" in said
    assert "vedette keys new" in said
    with running(tmp_path, models, NO_KEYS, "--host", "0.0.0.0", "--insecure") as server:
        assert server.post("/infer/colour", RED).status == 200
    with running(tmp_path, models, MODELS + KEYS, "--host", "0.0.0.0") as server:
        assert server.post("/infer/colour", RED).status == 401


@pytest.mark.parametrize("flag", ["--port", "--grpc-port"])
def test_a_port_that_is_taken_is_told(tmp_path: Path, models: Path, flag: str) -> None:
    """Which one, and what to do; exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        code, said = refused(tmp_path, models, NO_KEYS, flag, port)

    assert code == 2, said
    assert port in said
    assert f"{flag} 0 takes a free" in said
    assert "Traceback" not in said
