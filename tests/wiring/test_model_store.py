"""A real folder of models, live: scanned, read, copied into while it is looked at."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import colour_manifest, jpeg, write_colour_model

from vedette.adapters.config.repository import Repository
from vedette.adapters.store.manifests import ManifestFolder
from vedette.clock import SystemClock
from vedette.errors import UnavailableError, UsageError
from vedette.flows.inference.repository import LiveRepository
from vedette.values.execution import Precision, RuntimeName
from vedette.values.served import ModelRef, ModelState
from vedette.values.serving import ModelOptions, VersionPolicy
from vedette.wiring.model_store import FolderStore
from vedette.wiring.opening import ServingOpener

OPTIONS = ModelOptions("colour", runtime=RuntimeName.ONNXRUNTIME, precision=Precision.FP32, threads=1)


@pytest.fixture(name="root")
def root_with_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one real model, whose files are an hour old."""
    monkeypatch.setenv("VEDETTE_HOME", str(tmp_path / "home"))
    root = tmp_path / "models"
    Repository(root).save(colour_manifest("model.onnx"), {"model.onnx": write_colour_model(tmp_path / "made.onnx")})
    age(root)
    return root


def age(folder: Path) -> None:
    """Make every file an hour older than it is."""
    for file in folder.rglob("*"):
        if file.is_file():
            then = file.stat().st_mtime_ns - 3600 * 10**9
            os.utime(file, ns=(then, then))


def store(root: Path, **options: ModelOptions) -> FolderStore:
    return FolderStore(root, ManifestFolder(root.parent / "checked"), {"colour": OPTIONS} | options)


def live(root: Path) -> LiveRepository:
    return LiveRepository(store(root), ServingOpener(lambda _: None), SystemClock())


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 30))


def red_of(repository: LiveRepository, version: str | None = None) -> float:
    """What the model says of red."""
    runtime = repository.station(ModelRef("colour", version)).loaded.instance.runtime
    return float(runtime.infer(np.full((1, 8, 8, 3), (255, 0, 0), np.uint8))[0][0, 0])


def test_a_manifest_is_read_once_while_nothing_changes(root: Path) -> None:
    """The second read comes from what was remembered, until a file changes; each version has its own."""
    here = store(root)
    shutil.copytree(root / "colour" / "1", root / "colour" / "2")
    (found,) = here.scan()

    first, other = here.read(found, "1"), here.read(found, "2")
    (root / "colour" / "model.yaml").write_text("no: manifest", encoding="utf-8")
    remembered = here.read(found, "1")
    (changed,) = here.scan()

    assert remembered == first
    assert (first.version, other.version) == ("1", "2")
    assert other.file == str(root / "colour" / "2" / "model.onnx")
    with pytest.raises(UsageError):
        here.read(changed, "1")


def test_what_was_remembered_of_another_folder_is_not_taken(root: Path) -> None:
    """A copy of the whole repository, with the times of its files, has paths of its own."""
    (found,) = store(root).scan()
    store(root).read(found, "1")
    shutil.copytree(root, root.parent / "copy")
    (copied,) = store(root.parent / "copy").scan()

    assert copied.state == found.state
    assert Path(store(root.parent / "copy").read(copied, "1").file).is_relative_to(root.parent / "copy")


def test_the_options_of_the_operator_go_before_those_of_the_folder(root: Path) -> None:
    """A Triton folder may say how it is served; a model that neither knows is served as usual."""
    triton = root / "tri"
    (triton / "1").mkdir(parents=True)
    shutil.copy(root / "colour" / "1" / "model.onnx", triton / "1")
    (triton / "config.pbtxt").write_text('platform: "onnxruntime_onnx"\nversion_policy: { all {} }\n', encoding="utf-8")
    found = {one.name: one for one in store(root).scan()}
    chosen = ModelOptions("tri", max_batch=3)

    assert store(root).options(found["tri"]).versions == VersionPolicy(latest=None)
    assert store(root).options(found["tri"]).name == "tri"
    assert store(root, tri=chosen).options(found["tri"]) is chosen
    assert store(root).options(found["colour"]) is OPTIONS
    assert FolderStore(root, ManifestFolder(root), {}).options(found["colour"]) == ModelOptions("colour")


def test_a_folder_without_rights_is_an_error_of_the_whole_scan(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for an empty one, which would unload everything."""

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)

    with pytest.raises(UnavailableError, match="cannot be read: Permission denied"):
        store(root).scan()


def test_a_golden_image_in_the_folder_decides(root: Path) -> None:
    """The right answer lets the model serve; after a wrong one it is not READY, and the index tells both."""
    golden = root / "colour" / "golden.json"
    (root / "colour" / "golden.jpg").write_bytes(jpeg((255, 0, 0)))

    async def test() -> None:
        repository = live(root)
        golden.write_text(json.dumps({"top": [{"label": "red", "score": 1.0}]}), encoding="utf-8")
        await repository.start()
        assert red_of(repository) == pytest.approx(1.0)
        golden.write_text(json.dumps({"top": [{"label": "blue", "score": 1.0}]}), encoding="utf-8")
        age(root)
        await repository.poll()
        await repository.poll()
        (entry,) = repository.index()
        assert entry.state is ModelState.READY
        assert "cannot be loaded: the golden image" in entry.reason
        assert "expected blue 1.000" in entry.reason
        await repository.close()

    run(test())


def test_a_version_that_is_being_copied_is_never_read(root: Path) -> None:
    """Whatever a look finds of it: a part of the file, a fresh file, a name for unfinished ones, a hidden folder."""
    whole = (root / "colour" / "1" / "model.onnx").read_bytes()
    target = root / "colour" / "2"

    async def test() -> None:
        repository = live(root)
        await repository.start()

        async def looks() -> None:
            for _ in range(3):
                await repository.poll(quiet_s=600)
            assert [
                entry.version for entry in repository.index() if entry.version in repository.versions("colour")
            ] == ["1"]
            assert all(entry.reason in ("", "not loaded") for entry in repository.index())

        (root / ".incoming-x" / "1").mkdir(parents=True)
        (root / ".incoming-x" / "1" / "model.onnx").write_bytes(whole)
        target.mkdir()
        await looks()
        (target / "model.onnx").write_bytes(whole[: len(whole) // 2])
        await looks()
        (target / "model.onnx").write_bytes(whole)
        await looks()
        (target / "weights.bin.part").write_bytes(b"")
        age(target)
        await looks()
        (target / "weights.bin.part").unlink()
        await repository.poll(quiet_s=600)
        await repository.poll(quiet_s=600)
        assert repository.versions("colour") == ("2",)
        assert red_of(repository) == pytest.approx(1.0)
        assert repository.names() == ("colour",)
        await repository.close()

    run(test())


def test_damaged_files_of_a_version_leave_it_serving(root: Path) -> None:
    """Half of a file that nobody completes is tried once it is old, and told; the whole one takes over."""
    file = root / "colour" / "1" / "model.onnx"
    whole = file.read_bytes()

    async def test() -> None:
        repository = live(root)
        await repository.start()
        for content, reason in ((whole[:100], "colour/1/model.onnx has 100 bytes"), (whole, "")):
            file.write_bytes(content)
            age(root)
            await repository.poll(quiet_s=600)
            await repository.poll(quiet_s=600)
            (entry,) = repository.index()
            assert entry.state is ModelState.READY
            assert (reason in entry.reason) if reason else entry.reason == ""
            assert red_of(repository) == pytest.approx(1.0)
        shutil.rmtree(root / "colour")
        await repository.poll()
        await repository.poll()
        assert repository.index(ready=True) == ()
        await repository.close()

    run(test())
