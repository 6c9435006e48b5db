"""Compiled models that are kept: found again exactly while nothing that they were made from has changed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import colour_manifest, write_colour_model

from vedette.adapters.runtimes import openvino
from vedette.adapters.runtimes.compiled import CompiledFolder, key_of
from vedette.adapters.runtimes.openvino import OpenVinoLoader
from vedette.values.execution import Execution, Plan, Precision, RuntimeName

EXECUTION = Execution(RuntimeName.OPENVINO, Precision.FP32, "cpu", 2, 1)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    return write_colour_model(tmp_path / "model" / "colour.onnx")


def key(model: Path, **changes) -> str | None:
    given = {"manifest": colour_manifest(model), "execution": EXECUTION, "plan": Plan.IMAGE, "engine": "1 cpu"}
    return key_of(**(given | changes))


def test_what_was_kept_is_given_back_with_its_copies(tmp_path) -> None:
    """Byte for byte, from a file as from the call that wrote it."""
    folder, content = CompiledFolder(tmp_path / "new"), os.urandom(10_000)

    written = folder.put("a", memoryview(content), 2)
    read = folder.get("a")

    assert read is not None
    assert bytes(written.content) == bytes(read.content) == content
    assert written.copies == read.copies == 2
    assert folder.get("b") is None
    assert [path.name for path in folder.folder.iterdir()] == ["a.compiled"]


def test_a_folder_that_cannot_be_written_gives_the_content_as_it_came(tmp_path) -> None:
    """The model is served all the same, and compiled again at the next start."""
    (tmp_path / "taken").write_text("a file")
    folder = CompiledFolder(tmp_path / "taken")

    kept = folder.put("a", memoryview(b"compiled"), 1)

    assert bytes(kept.content) == b"compiled"
    assert folder.get("a") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:-1],
        lambda whole: whole + b"x",
        lambda whole: b"[" * 4096,
        lambda whole: whole.replace(b'"copies": 2', b'"copies": 0'),
        lambda whole: whole.replace(b"compiled/2", b"compiled/0"),
        lambda whole: b"[1]".ljust(4096) + whole[4096:],
    ],
)
def test_a_damaged_file_counts_as_none(damage, tmp_path) -> None:
    """Whatever was done to it."""
    folder = CompiledFolder(tmp_path)
    folder.put("a", memoryview(b"compiled"), 2)
    file = tmp_path / "a.compiled"
    file.write_bytes(damage(file.read_bytes()))

    assert folder.get("a") is None


def test_a_key_changes_with_everything_that_the_compiled_model_depends_on(model) -> None:
    """And with nothing else: the same facts give the same key."""
    other_input = replace(colour_manifest(model), input=replace(colour_manifest(model).input, mean_values=(1.0,) * 3))
    before = key(model)
    changed = [
        key(model, manifest=other_input),
        key(model, execution=replace(EXECUTION, streams=1)),
        key(model, execution=replace(EXECUTION, precision=Precision.BF16)),
        key(model, plan=Plan.TENSOR),
        key(model, engine="2 cpu"),
    ]
    same = key(model)
    weights = model.with_name("weights.bin")
    weights.write_bytes(b"1")
    changed.append(key(model))
    weights.unlink()
    os.utime(model, ns=(0, model.stat().st_mtime_ns + 1))
    changed.append(key(model))

    assert same == before
    assert None not in changed
    assert len({before, *changed}) == len(changed) + 1


def test_the_input_of_a_manifest_is_no_part_of_the_tensor_plan(model) -> None:
    """There the graph is the model as it is."""
    other = replace(colour_manifest(model), input=replace(colour_manifest(model).input, mean_values=(1.0,) * 3))

    assert key(model, manifest=other, plan=Plan.TENSOR) == key(model, plan=Plan.TENSOR)


def test_a_model_in_a_folder_has_its_files_in_the_key(model) -> None:
    """As a SavedModel has."""
    manifest = replace(colour_manifest(model), file=str(model.parent))
    before = key(model, manifest=manifest)
    (model.parent / "variables").mkdir()
    (model.parent / "variables" / "variables.data").write_bytes(b"1")

    assert key(model, manifest=manifest) != before


def test_a_model_that_is_not_there_has_no_key(tmp_path) -> None:
    """The engine tells of it."""
    assert key(tmp_path / "gone" / "model.onnx") is None


@pytest.mark.parametrize("side_by_side", [True, False])
def test_copies_that_were_made_in_either_way_are_run_in_turns(side_by_side, model, tmp_path) -> None:
    """Streams that are idle take turns, so that inferences one after the other warm up every one of them."""
    loader, manifest = OpenVinoLoader(tmp_path, side_by_side=side_by_side), colour_manifest(model)
    pixels = np.full((1, 8, 8, 3), 51, np.uint8)
    for _ in range(2):  # compiled, then as it was kept
        runtime = loader.load(manifest, EXECUTION)
        requests = [runtime._requests.get() for _ in range(EXECUTION.streams)]
        for request in requests:
            runtime._requests.put(request)

        for _ in requests:
            np.testing.assert_allclose(runtime.infer(pixels)[0], np.full((1, 3), 0.2), atol=1e-6)

        assert len(runtime._compiled) == EXECUTION.streams
        for request in requests:
            np.testing.assert_allclose(request.get_output_tensor(0).data, np.full((1, 3), 0.2), atol=1e-6)


@pytest.mark.parametrize("plan", list(Plan))
def test_a_model_that_was_kept_is_the_one_that_was_compiled(plan, model, tmp_path, monkeypatch) -> None:
    """It takes and gives the same, bit for bit, and its file is not even read."""
    loader, manifest = OpenVinoLoader(tmp_path / "cache"), colour_manifest(model)
    first = loader.load(manifest, EXECUTION, plan)
    whole = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), np.uint8)
    batch = whole if plan is Plan.IMAGE else np.ascontiguousarray(whole.transpose(0, 3, 1, 2), np.float32)
    monkeypatch.setattr(OpenVinoLoader, "_compiled", None)

    second = loader.load(manifest, EXECUTION, plan)

    assert second.signature == first.signature
    for _ in range(EXECUTION.streams):
        np.testing.assert_array_equal(second.infer(batch)[0], first.infer(batch)[0])


def test_a_model_that_the_engine_refuses_is_compiled_anew(model, tmp_path) -> None:
    """Its file is whole, but holds what another build of the engine wrote."""
    loader, manifest = OpenVinoLoader(tmp_path), colour_manifest(model)
    answer = loader.load(manifest, EXECUTION).infer(np.ones((1, 8, 8, 3), np.uint8))[0]
    (file,) = tmp_path.glob("*.compiled")
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + bytes(len(whole) - 4096))

    again = loader.load(manifest, EXECUTION).infer(np.ones((1, 8, 8, 3), np.uint8))[0]

    np.testing.assert_array_equal(again, answer)
    assert file.read_bytes() != whole[:4096] + bytes(len(whole) - 4096)


def test_a_model_that_has_changed_answers_as_it_is_now(model, tmp_path) -> None:
    """The compiled model of before is not taken."""
    loader, manifest = OpenVinoLoader(tmp_path / "cache"), colour_manifest(model)
    pixels = np.full((1, 8, 8, 3), 51, np.uint8)
    loader.load(manifest, EXECUTION)
    scaled = replace(manifest, input=replace(manifest.input, scale_values=(51.0,) * 3))

    scores = loader.load(scaled, EXECUTION).infer(pixels)[0]

    np.testing.assert_allclose(scores, np.ones((1, 3)), atol=1e-6)


def test_a_model_with_large_weights_lies_in_the_engines_own_cache(model, tmp_path, monkeypatch) -> None:
    """To keep it would take its size in memory once more."""
    monkeypatch.setattr(openvino, "COPIES_BYTES", 1)

    OpenVinoLoader(tmp_path / "cache").load(colour_manifest(model), EXECUTION)

    assert not list((tmp_path / "cache").glob("*.compiled"))
    assert list((tmp_path / "cache").glob("*.blob"))
