"""One mini-batch: every row in one inference, every image its answer."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import BlobRuntime, MeanRuntime, StepClock, blob_manifest, colour_manifest, jpeg, patches
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidError, UnsupportedError
from vedette.flows.bench.mini_batches import MiniBatches, found_in, sizes
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.values.frame import Frame, Size
from vedette.values.tiling import Fill, Tiling

COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
NAMES = ["red", "green", "blue"]


def frames() -> list[Frame]:
    return [Frame(name, jpeg(colour)) for name, colour in zip(NAMES, COLOURS, strict=True)]


class Lists(MeanRuntime):
    """Answers one row more than it was given, as a graph does that lists what it found."""

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        (scores,) = super().infer(*tensors)
        return (np.concatenate([scores, scores[:1]]),)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_mini_batch_is_one_inference_and_answers_come_in_its_order(threads: int) -> None:
    """Whoever decodes."""
    runtime = MeanRuntime()
    work = MiniBatches(Instance(colour_manifest(), runtime), None, threads, StepClock())

    results = work(frames())
    work.close()

    assert runtime.batches == [3]
    assert [result.source for result in results] == NAMES
    assert [result.classes[0].label for result in results] == NAMES
    assert [found_in(result) for result in results] == [3, 3, 3]
    assert runtime.closed


def test_all_tiles_of_all_images_are_one_inference() -> None:
    """Blank ones too; what they show is found in pixels of each image."""
    runtime = BlobRuntime()
    tiling = Tiling(Size(64, 64), 0, Fill.BLANK)
    work = MiniBatches(Instance(blob_manifest(), runtime), tiling, 1, StepClock())
    wide, small = patches(Size(192, 64), (140, 10, 160, 30, 0)), patches(Size(64, 64), (4, 4, 20, 20, 2))

    results = work([Frame("wide", wide), Frame("small", small)])

    assert runtime.batches == [4 + 1]
    assert [result.tiles for result in results] == [3, 1]
    assert [found_in(result) for result in results] == [1, 1]
    np.testing.assert_allclose(results[0].detections[0].box, (140, 10, 160, 30), atol=2)


def test_a_model_that_cannot_answer_several_rows_says_so() -> None:
    """It is not run row by row in silence, because that would be another measurement."""
    work = MiniBatches(Instance(colour_manifest(), Lists()), None, 1, StepClock())

    with pytest.raises(InvalidError, match="colour does not answer 3 rows at once"):
        work(frames())


def test_a_model_of_plain_tensors_is_refused() -> None:
    """A device works through images."""
    with pytest.raises(UnsupportedError, match="plain tensors"):
        MiniBatches(Instance(colour_manifest(input=None), MeanRuntime()), None, 1, StepClock())


def test_tiles_are_for_detectors() -> None:
    """A classifier has one answer for an image."""
    with pytest.raises(UnsupportedError, match="colour is none"):
        MiniBatches(Instance(colour_manifest(), MeanRuntime()), Tiling(Size(64, 64)), 1, StepClock())


def test_an_image_that_cannot_be_decoded_ends_the_mini_batch() -> None:
    """With the error that it has everywhere."""
    work = MiniBatches(Instance(colour_manifest(), MeanRuntime()), None, 1, StepClock())

    with pytest.raises(InvalidError):
        work([Frame("broken", b"no image")])


@given(st.integers(1, 70), st.integers(1, 500))
def test_mini_batches_are_full_but_the_last(batch: int, images: int) -> None:
    """Their number is that of the plan: the first and t later ones, (t + 1) b >= n."""
    made = list(sizes(batch, images))

    assert sum(made) == images
    assert all(size == batch for size in made[:-1])
    assert 1 <= made[-1] <= batch
    assert (len(made) - 1) * batch < images <= len(made) * batch
