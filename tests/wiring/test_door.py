"""The library: a model as something that is called."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest
from fakes import (
    BlobRuntime,
    blob_manifest,
    colour_manifest,
    jpeg,
    patches,
    plain,
    write_colour_model,
    write_linear_model,
)

import vedette
from vedette.adapters.config.repository import Repository
from vedette.adapters.runtimes.null import NullLoader
from vedette.errors import InvalidError, NotFoundError, UnavailableError, UnsupportedError
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.runtime import Instance
from vedette.values.frame import Size
from vedette.values.manifest import ModelType
from vedette.wiring.door import Model
from vedette.wiring.instances import Opened

RED, BLUE = (250, 5, 5), (5, 5, 250)


@pytest.fixture
def colour(home: Path, tmp_path: Path) -> str:
    """The colour model in the home folder."""
    model = write_colour_model(tmp_path / "model.onnx")
    Repository(home).save(colour_manifest(model.name), {model.name: model})
    return "colour"


@pytest.fixture
def model(colour: str):
    with vedette.load_model(colour, runtime="onnxruntime", threads=1) as loaded:
        yield loaded


def test_a_model_is_called_with_a_path(model, tmp_path) -> None:
    """One image, at once."""
    (tmp_path / "red.jpg").write_bytes(jpeg(RED, 64, 48))

    result = model(tmp_path / "red.jpg")

    assert result.classes[0].label == "red"
    assert (result.size.width, result.size.height) == (64, 48)
    assert result.source == str(tmp_path / "red.jpg")
    assert result.timeline.milliseconds()["total"] > 0


@pytest.mark.parametrize("image", [jpeg(BLUE), memoryview(jpeg(BLUE)), plain(BLUE)])
def test_a_model_is_called_with_bytes_or_pixels(model, image) -> None:
    """Whatever the program has."""
    assert model(image).classes[0].label == "blue"


def test_a_model_works_inside_a_running_event_loop(model) -> None:
    """Notebooks have one running all the time."""

    async def cell() -> list[str]:
        first = model(jpeg(RED)).classes[0].label
        return [first, *(outcome.classes[0].label for outcome in model.map([jpeg(BLUE)] * 3))]

    assert asyncio.run(cell()) == ["red", "blue", "blue", "blue"]


def test_map_gives_a_result_or_a_failure_for_every_image_in_order(model, tmp_path) -> None:
    """One bad image is a Failure among Results."""
    outcomes = list(model.map([jpeg(RED), b"no image", str(tmp_path / "gone.jpg"), plain(BLUE)], batch=2))

    assert [type(outcome).__name__ for outcome in outcomes] == ["Result", "Failure", "Failure", "Result"]
    assert outcomes[2].kind == "not_found"
    assert outcomes[3].classes[0].label == "blue"


def test_map_takes_a_folder(model, tmp_path) -> None:
    """As the command line does."""
    for name in ("b.jpg", "a.jpg"):
        (tmp_path / name).write_bytes(jpeg(RED))

    assert [Path(outcome.source).name for outcome in model.map(tmp_path)] == ["a.jpg", "b.jpg"]


def test_map_reads_its_images_as_its_results_are_taken(model) -> None:
    """A generator without end may be mapped; leaving it early ends the work."""
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield jpeg(RED)

    results = model.map(endless())
    for _ in range(5):
        next(results)
    results.close()
    after = len(taken)

    assert 5 <= after < 1000
    assert model(jpeg(RED)).classes[0].label == "red"


def test_a_missing_file_raises_the_error_of_its_kind(model) -> None:
    """A program can tell not found from damaged."""
    with pytest.raises(NotFoundError, match="is not there"):
        model("nowhere.jpg")
    with pytest.raises(InvalidError, match="not an image"):
        model(b"hello")


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_pixels_of_another_kind_are_refused_with_what_is_wanted(model, pixels) -> None:
    """Grey or float arrays are told, not guessed at."""
    with pytest.raises(InvalidError, match=r"uint8 of shape \(height, width, 3\)"):
        model(pixels)


def test_infer_takes_the_original_tensor(model) -> None:
    """The tensor plan is compiled at its first call."""
    tensor = np.random.default_rng(2).random((2, 3, 8, 8), np.float32)

    (scores,) = model.infer(tensor)

    np.testing.assert_allclose(scores, tensor.mean(axis=(2, 3)), atol=1e-6)


def test_a_model_of_plain_tensors_is_called_by_infer(home, tmp_path) -> None:
    """Not every model sees images."""
    file = write_linear_model(tmp_path / "model.onnx", np.eye(2))
    manifest = colour_manifest(file.name, name="linear", input=None, labels=(), model_type=ModelType.TENSOR)
    Repository(home).save(manifest, {file.name: file})

    with vedette.load_model("linear", runtime="onnxruntime", threads=1) as linear:
        (answer,) = linear.infer(np.array([[3, 4]], np.float32))
        with pytest.raises(vedette.VedetteError, match="plain tensors"):
            linear("x.jpg")

    np.testing.assert_allclose(answer, [[3, 4]])


def test_top_k_and_threshold_shape_every_answer(colour) -> None:
    """The same words as on the command line."""
    with vedette.load_model(colour, runtime="onnxruntime", threads=1, top_k=2, threshold=0.5) as loaded:
        assert [found.label for found in loaded(jpeg((250, 200, 5))).classes] == ["red", "green"]
        assert [found.label for found in loaded(jpeg(RED)).classes] == ["red"]


def test_an_unknown_model_offers_the_nearest_name(colour) -> None:
    """A typing error is told as one."""
    with pytest.raises(NotFoundError, match="colur") as caught:
        vedette.load_model("colur")
    assert "colour" in str(caught.value)


def test_a_device_that_is_not_here_is_an_error_of_the_library_too(colour) -> None:
    """Nothing falls back in silence."""
    with pytest.raises(UnavailableError, match="CUDAExecutionProvider"):
        vedette.load_model(colour, runtime="onnxruntime", device="cuda:0")


def test_a_closed_model_says_so_and_may_be_closed_again(colour) -> None:
    """With either engine."""
    for runtime in ("onnxruntime", "openvino"):
        loaded = vedette.load_model(colour, runtime=runtime, threads=1)
        loaded.close()
        loaded.close()

        for use in (lambda model=loaded: model(jpeg(RED)), lambda model=loaded: model.map([jpeg(RED)])):
            with pytest.raises(InvalidError, match="the model colour is closed"):
                use()


def test_results_may_be_left_while_the_source_still_waits(model) -> None:
    """A camera that shows nothing does not hold the program up."""
    never = threading.Event()

    def camera():
        yield jpeg(RED)
        never.wait()

    results = model.map(camera())
    assert next(results).classes[0].label == "red"
    results.close()
    never.set()


def test_a_folder_among_images_gives_all_of_its_own(model, tmp_path) -> None:
    """Nothing is left out in silence; one call takes one image."""
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(jpeg(RED))

    assert len(list(model.map([str(tmp_path), jpeg(BLUE)]))) == 3
    with pytest.raises(InvalidError, match="is a folder"):
        model(tmp_path)


@pytest.fixture
def blobs():
    """A detector that finds every patch of pure colour, as the library calls it."""
    opened = Opened(Instance(blob_manifest(), BlobRuntime()), NullLoader(), None)
    with Model(opened, Answering()) as loaded:
        yield loaded


def boxes(result) -> list[tuple[float, ...]]:
    return sorted(found.box for found in result.detections)


def test_a_detector_is_called_with_tiles_and_a_region_of_interest(blobs) -> None:
    """The same objects as through the pipeline, in pixels of the whole image."""
    car = patches(Size(192, 256), (50, 10, 80, 20, 0), (110, 110, 140, 150, 1))

    assert boxes(blobs(car, tile=(64, 64))) == [(50, 10, 80, 20), (110, 110, 140, 150)]
    assert boxes(blobs(car, tile=(64, 64), roi=(0, 0, 100, 100), batch=1)) == [(50, 10, 80, 20)]
    assert [boxes(outcome) for outcome in blobs.map([car] * 2, tile=(64, 64), batch=5)] == [
        [(50, 10, 80, 20), (110, 110, 140, 150)]
    ] * 2


def test_overlap_and_fill_without_tiles_are_an_error(blobs) -> None:
    """Nothing is ignored."""
    with pytest.raises(ValueError, match="belong to tiles"):
        blobs(plain(RED), overlap=10)


def test_a_classifier_takes_no_tiles(model) -> None:
    """It would look at parts of what it should name."""
    with pytest.raises(UnsupportedError, match="tiles are for detectors, colour is none"):
        model(plain(RED), tile=(8, 8))
