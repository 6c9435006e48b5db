"""What the process of a device does, in this process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import colour_manifest, jpeg, write_colour_model, write_stiff_model

import vedette
from vedette.adapters.store.record import to_data
from vedette.clock import SystemClock
from vedette.errors import ExhaustedError, InternalError, InvalidError, NotFoundError, VedetteError
from vedette.values.execution import Execution, RuntimeName
from vedette.wiring.device_child import Worker, _answer, _told
from vedette.wiring.instances import find_manifest


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker in this process, which goes on with other tests: what its start has frozen is let go."""
    made = Worker()
    yield made
    made.close()
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def order(tmp_path: Path) -> dict[str, Any]:
    """The first message, for three images of a small model."""
    images = [tmp_path / f"{name}.jpg" for name in ("red", "green", "blue")]
    for image, colour in zip(images, [(250, 0, 0), (0, 250, 0), (0, 0, 250)], strict=True):
        image.write_bytes(jpeg(colour))
    return {
        "do": "load",
        "manifest": to_data(colour_manifest(write_colour_model(tmp_path / "colour.onnx"))),
        "execution": to_data(Execution(RuntimeName.ONNXRUNTIME)),
        "tiling": None,
        "images": [str(image) for image in images],
        "threads": 1,
        "cache": str(tmp_path / "cache"),
    }


def test_images_go_round_and_the_last_mini_batch_is_smaller(worker: Worker, order: dict[str, Any]) -> None:
    """Seven of three images in mini-batches of four: a time each, which together are the whole run."""
    told = worker.load(order)

    work = worker.run(4, 7)

    assert told["loaded_ns"] <= work.began_ns
    assert (len(work.batches_ns), work.images, work.answers) == (2, 7, 7 * 3)
    assert sum(work.batches_ns) == work.ended_ns - work.began_ns
    assert min(work.batches_ns) > 0
    assert 0 < work.sampled_peak_bytes <= work.peak_bytes + 2_000_000
    assert work.energy_j is None or work.energy_j >= 0


@pytest.mark.parametrize("runtime", [RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO])
def test_a_graph_of_fixed_batch_takes_any_mini_batch_and_is_told(
    worker: Worker, order: dict[str, Any], tmp_path: Path, runtime: RuntimeName
) -> None:
    """Six and one left over, of a graph that takes four; another graph tells no number."""
    stiff = to_data(colour_manifest(write_stiff_model(tmp_path / "stiff.onnx", 4)))
    assert worker.load(order)["fixed_batch"] is None

    told = worker.load(order | {"manifest": stiff, "execution": to_data(Execution(runtime))})
    work = worker.run(6, 7)

    assert told["fixed_batch"] == 4
    assert (len(work.batches_ns), work.images, work.answers) == (2, 7, 7 * 3)


def test_a_run_begins_at_its_instant_and_not_before(worker: Worker, order: dict[str, Any]) -> None:
    """An instant that has passed is no reason to wait."""
    clock = SystemClock()
    worker.load(order)
    at_ns = clock.now_ns() + 30_000_000

    later, passed = worker.run(1, 1, at_ns), worker.run(1, 1, at_ns)

    assert later.began_ns >= at_ns
    assert passed.began_ns > later.ended_ns


def test_answers_are_those_of_the_library(worker: Worker, order: dict[str, Any], pulled: Path, photos: Path) -> None:
    """The same classes in the same order, and scores that differ by rounding only, for a mini-batch of all photos."""
    images = sorted(str(photo) for photo in photos.glob("*.jpg"))
    worker.load(order | {"manifest": to_data(find_manifest("efficientnet-lite0", print)), "images": images})
    with vedette.load_model("efficientnet-lite0", runtime="onnxruntime", threads=1) as model:
        expected = [model(image) for image in images]
    del pulled

    assert worker._work is not None
    results = worker._work(worker._frames)

    assert [result.size for result in results] == [result.size for result in expected]
    for result, other in zip(results, expected, strict=True):
        assert [one.label for one in result.classes or ()] == [one.label for one in other.classes or ()]
        assert [one.score for one in result.classes or ()] == pytest.approx(
            [one.score for one in other.classes or ()], abs=1e-5
        )


def test_an_image_that_is_not_there_is_told(worker: Worker, order: dict[str, Any]) -> None:
    """Before anything is run."""
    order["images"].append("gone.jpg")

    with pytest.raises(NotFoundError, match=r"gone\.jpg cannot be read: No such file"):
        worker.load(order)


def test_whatever_goes_wrong_becomes_an_answer(worker: Worker, order: dict[str, Any]) -> None:
    """The parent waits for one."""
    order["execution"]["precision"] = "bf16"

    answer = _answer(worker, order)

    assert answer["error"]["kind"] == "unsupported"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), ExhaustedError),
        (InvalidError("OpenVINO refused a batch of 64: std::bad_alloc", help=""), ExhaustedError),
        (
            InvalidError("ONNX Runtime refused it: Failed to allocate memory for requested buffer", help=""),
            ExhaustedError,
        ),
        (InvalidError("ONNX Runtime refused it: Got invalid dimensions", help=""), InvalidError),
        (KeyError("nobody"), InternalError),
    ],
)
def test_an_allocation_that_failed_is_out_of_memory(error: Exception, kind: type[VedetteError]) -> None:
    """In whatever words an engine says so; other errors stay what they are."""
    told = _told(error)

    assert told.kind == kind.kind
    assert told.help or isinstance(error, VedetteError)
