"""A run over images that are cut: tiles of one image and of several share batches, and come out as one result."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections import deque

import numpy as np
import pytest
from fakes import BlobRuntime, ListSink, ListSource, MeanRuntime, StepClock, blob_manifest, colour_manifest, patches
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.flows.inference.pipeline import Pipeline, Settings
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.preprocess import Intake, Preprocess
from vedette.flows.inference.runtime import Instance
from vedette.rules.vision.decode import Decoded, decode
from vedette.rules.vision.encode import encode_jpeg
from vedette.rules.vision.header import read_header
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Frame, Size
from vedette.values.result import Failure, Result
from vedette.values.tiling import Fill, Region, Tiling

TILES = Tiling(Size(64, 64))
OVERLAPPING = Tiling(Size(64, 64), overlap=16)
CAR = Size(192, 256)
BOXES = ((10, 10, 40, 30, 0), (80, 70, 120, 90, 1), (130, 200, 190, 250, 2))


def build(frames, sink, *, tiling=TILES, batch=1, workers=2, runtime=None, asked=None, side=64, **options) -> Pipeline:
    runtime = runtime or BlobRuntime()
    instances = [Instance(blob_manifest(side), runtime)]
    asked, clock = asked or Answering(), StepClock()
    preprocess = Preprocess(
        [Intake(instances[0].manifest.input, tiling)], asked.picture or asked.crops, clock, **options
    )
    return Pipeline(ListSource(frames), instances, [sink], preprocess, Settings(batch, workers, asked), clock)


def answers(frames, **options) -> list[Result]:
    sink = ListSink()
    asyncio.run(asyncio.wait_for(build(frames, sink, **options).run(), 20))
    return [delivery.outcome for delivery in sink.deliveries]


def found(result: Result) -> list[tuple]:
    return sorted((*(round(side, 6) for side in one.box), one.class_id) for one in result.detections)


def truth(*boxes) -> list[tuple]:
    return sorted((*(float(side) for side in box[:4]), box[4]) for box in boxes)


def cars(count: int) -> list[Frame]:
    return [Frame(f"{number}.png", patches(CAR, *BOXES[: 1 + number % 3])) for number in range(count)]


def test_objects_are_told_in_pixels_of_the_whole_image() -> None:
    """Wherever their tile lies."""
    (result,) = answers([Frame("car", patches(CAR, *BOXES))])

    assert found(result) == truth(*BOXES)
    assert (result.size, result.tiles, result.classes) == (CAR, 12, None)
    assert [one.score for one in result.detections] == sorted((one.score for one in result.detections), reverse=True)


@pytest.mark.parametrize("tiling", [TILES, OVERLAPPING, Tiling(Size(64, 64), 16, Fill.OVERVIEW)])
def test_an_object_that_is_cut_by_a_seam_comes_out_as_one_box(tiling: Tiling) -> None:
    """Over two tiles, over four, and beside another that is whole."""
    boxes = ((50, 10, 80, 20, 0), (110, 110, 140, 150, 1), (5, 70, 30, 90, 2))

    (result,) = answers([Frame("car", patches(CAR, *boxes))], tiling=tiling)

    assert found(result) == truth(*boxes)


def test_a_model_whose_input_has_another_size_than_the_tiles_still_answers_in_pixels_of_the_image() -> None:
    """Each tile is resized; the way back is part of its place."""
    boxes = ((16, 16, 48, 32, 0), (80, 80, 112, 112, 1))

    (result,) = answers([Frame("car", patches(CAR, *boxes))], side=128)

    assert np.allclose(found(result), truth(*boxes), atol=1.0)


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 8, 12, 13, 64])
def test_the_batch_size_does_not_change_what_is_found(batch: int) -> None:
    """Tiles of one image and of several share batches; every image gets its own back."""
    frames = cars(9)

    together = answers(frames, batch=batch, tiling=OVERLAPPING)

    assert [found(result) for result in together] == [truth(*BOXES[: 1 + number % 3]) for number in range(9)]


def test_batches_are_filled_across_images() -> None:
    """Three images of 12 tiles in batches of 8: 8, 8, 8, 8 and 4."""
    runtime = BlobRuntime()

    answers(cars(3), batch=8, workers=1, runtime=runtime)

    assert runtime.batches == [8, 8, 8, 8, 4]


def test_blank_tiles_fill_up_to_a_power_of_two_and_answer_nothing() -> None:
    """12 tiles become 16; the result tells of 12."""
    runtime = BlobRuntime()

    (result,) = answers(cars(1), runtime=runtime, tiling=Tiling(Size(64, 64), fill=Fill.BLANK), batch=16)

    assert runtime.batches == [16]
    assert (result.tiles, found(result)) == (12, truth(BOXES[0]))


def test_a_large_object_that_the_overview_saw_replaces_its_fragments() -> None:
    """Seen whole at a lower resolution, it is one box."""
    boxes = ((20, 20, 180, 240, 1),)

    (result,) = answers([Frame("car", patches(CAR, *boxes))], tiling=Tiling(Size(64, 64), fill=Fill.OVERVIEW))

    assert result.tiles == 13
    assert np.allclose(found(result), truth(*boxes), atol=4)


def test_an_image_smaller_than_a_tile_gives_one_padded_tile() -> None:
    """At the scale of every other tile, and without objects in the padding."""
    (result,) = answers([Frame("small", patches(Size(40, 30), (5, 5, 40, 30, 0)))])

    assert (result.tiles, found(result)) == (1, truth((5, 5, 40, 30, 0)))


def test_an_image_without_objects_is_a_result_without_detections() -> None:
    """Empty, not missing."""
    (result,) = answers([Frame("car", patches(CAR))])

    assert result.detections == ()


def test_objects_outside_the_region_of_interest_are_not_looked_for() -> None:
    """And those inside keep their place in the whole image."""
    runtime = BlobRuntime()
    options = {"region_of": lambda source: Region(64, 0, Size(128, 128)) if source == "car" else None}

    (result,) = answers([Frame("car", patches(CAR, *BOXES))], runtime=runtime, **options)

    assert found(result) == truth(BOXES[1])
    assert sum(runtime.batches) == 4


@pytest.mark.parametrize("batch", [1, 5, 64])
def test_one_failing_tile_fails_its_image_only(batch: int) -> None:
    """A batch of tiles that the engine refuses is the reason of every image in it."""

    def refuse(rows: np.ndarray) -> None:
        if (rows[..., 2] > 0).any():
            raise InvalidError("no blue", help="none")

    outcomes = answers(cars(9), batch=batch, runtime=BlobRuntime(before=refuse), workers=1)

    failed = [isinstance(outcome, Failure) for outcome in outcomes]
    assert all(failed[2::3])
    assert batch > 1 or sum(failed) == 3


def test_a_classifier_beside_a_detector_sees_the_whole_image() -> None:
    """Tiles are for detectors; both answers stand side by side."""
    sink = ListSink()
    instances = [Instance(blob_manifest(), BlobRuntime()), Instance(colour_manifest(), MeanRuntime())]
    intakes = [Intake(instances[0].manifest.input, TILES), Intake(instances[1].manifest.input)]
    clock = StepClock()
    preprocess = Preprocess(intakes, keep_pixels=False, clock=clock)
    pipeline = Pipeline(ListSource(cars(4)), instances, [sink], preprocess, Settings(8, 2), clock)

    asyncio.run(asyncio.wait_for(pipeline.run(), 20))

    outcomes = [delivery.outcome for delivery in sink.deliveries]
    assert [outcome.model for outcome in outcomes] == ["blobs", "colour"] * 4
    assert [outcome.tiles for outcome in outcomes] == [12, 1] * 4
    assert all(outcome.classes for outcome in outcomes[1::2])


def test_one_image_keeps_every_stream_of_its_model_busy() -> None:
    """Two workers share the batches that one image filled."""
    together = threading.Barrier(2)
    waits = iter([True] * 2)

    def meet(rows: np.ndarray) -> None:
        if next(waits, False):
            together.wait(10)  # passed only if two batches run at the same time

    runtime = BlobRuntime(Execution(RuntimeName.NULL, streams=2), meet)

    (result,) = answers(cars(1), batch=4, runtime=runtime)

    assert found(result) == truth(BOXES[0])
    assert runtime.batches == [4, 4, 4]


def test_the_rest_of_the_last_image_does_not_wait_for_the_batches_before_it() -> None:
    """12 tiles in batches of 8: eight and four at the same time."""
    together = threading.Barrier(2)
    runtime = BlobRuntime(Execution(RuntimeName.NULL, streams=2), lambda rows: together.wait(10) and None)

    (result,) = answers(cars(1), batch=8, runtime=runtime)

    assert found(result) == truth(BOXES[0])
    assert sorted(runtime.batches) == [4, 8]


def test_pictures_and_crops_of_a_cut_image_are_made_in_full_size() -> None:
    """The picture is as large as the image, each crop as large as its box."""
    sink = ListSink()
    frame = Frame("car", patches(CAR, *BOXES))

    asyncio.run(build([frame], sink, asked=Answering(picture=True, crops=True)).run())

    (delivery,) = sink.deliveries
    assert str(read_header(delivery.picture).size) == "192x256"
    sizes = {label: str(read_header(crop).size) for label, crop in delivery.crops}
    assert sizes == {"red": "30x20", "green": "40x20", "blue": "60x50"}


def test_few_large_images_are_alive_at_once() -> None:
    """Rows of waiting tiles do not hold their image; at most three decoded images are in memory."""
    alive: list[weakref.ref] = []
    most: list[int] = []

    class Tracked(np.ndarray):
        """An array that can be referred to weakly."""

    def tracked(data, header, shrink):
        pixels = decode(data, header=header).pixels.view(Tracked)
        alive.append(weakref.ref(pixels))
        gc.collect()
        most.append(sum(one() is not None for one in alive))
        return Decoded(pixels, header.size)

    jpegs = [Frame(f"{number}.jpg", encode_jpeg(patches(Size(640, 640)))) for number in range(12)]

    answers(jpegs, batch=64, workers=6, decode=tracked)

    assert len(most) == 12
    assert max(most) <= 3


def test_the_stages_of_a_cut_image_overlap_and_its_inference_time_leaves_out_decoding() -> None:
    """From the decoded image to its results."""
    (result,) = answers(cars(1), batch=2, workers=1)

    times = result.timeline.milliseconds()
    decode_end = max(span.end_ns for span in result.timeline.spans if span.stage == "decode")
    last = max(span.end_ns for span in result.timeline.spans)
    assert 0.9 * (last - decode_end) / 1e6 < result.inference_ms <= (last - decode_end) / 1e6
    assert times["total"] > result.inference_ms


def test_drawing_is_no_part_of_the_inference_time() -> None:
    """Only results are: a picture may take longer than all tiles."""
    (bare,), (drawn,) = (
        [delivery.outcome for delivery in searched(asked).deliveries]
        for asked in (Answering(), Answering(picture=True, crops=True))
    )

    assert drawn.inference_ms == pytest.approx(bare.inference_ms, abs=0.01)


def searched(asked: Answering) -> ListSink:
    sink = ListSink()
    asyncio.run(build(cars(1), sink, batch=2, workers=1, asked=asked).run())
    return sink


def test_an_image_that_would_be_cut_in_too_many_tiles_is_refused_and_the_rest_goes_on() -> None:
    """A slip of the keyboard does not fill the memory."""
    small, large = Frame("small", patches(Size(64, 64))), Frame("large", patches(Size(640, 640)))

    first, second = answers([large, small], tiling=Tiling(Size(8, 8)))

    assert isinstance(first, Failure)
    assert "6,400 tiles, more than 4,096" in first.message
    assert second.tiles == 64


def test_rows_do_not_pile_up_before_a_slow_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that cuts runs a batch itself while too many wait."""
    most = [0]

    class Watched(deque):
        """What is ready to be run."""

        def append(self, item) -> None:
            super().append(item)
            most[0] = max(most[0], len(self))

    monkeypatch.setattr("vedette.flows.inference.pipeline.deque", Watched)

    (result,) = answers([Frame("x", patches(Size(640, 640)))], tiling=Tiling(Size(16, 16)), side=16)

    assert result.tiles == 1600
    assert 1 <= most[0] <= 6


def test_an_interrupted_run_ends_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """However many tiles wait; asyncio has nothing to complain of."""
    started = threading.Event()

    def slow(_: np.ndarray) -> None:
        started.set()
        threading.Event().wait(0.005)

    frames = [Frame(f"{number}", patches(Size(640, 640))) for number in range(4)]

    async def scenario() -> None:
        run = build(frames, ListSink(), tiling=Tiling(Size(16, 16)), batch=4, runtime=BlobRuntime(before=slow), side=16)
        task = asyncio.create_task(run.run())
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asyncio.wait_for(scenario(), 20))

    assert caplog.records == []


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_is_in_the_image_is_found_once_and_in_its_place(data: st.DataObject) -> None:
    """Random patches, one a cell so that none touch, through tiles with overlap in batches of any size."""
    cells = data.draw(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=8))
    boxes = []
    for column, row in sorted(cells):
        left, top = 48 * column + data.draw(st.integers(2, 10)), 42 * row + data.draw(st.integers(2, 10))
        width, height = data.draw(st.integers(12, 34)), data.draw(st.integers(12, 28))
        boxes.append((left, top, left + width, top + height, data.draw(st.integers(0, 2))))
    tiling = Tiling(Size(64, 64), data.draw(st.sampled_from((0, 40))))

    (result,) = answers([Frame("x", patches(CAR, *boxes))], tiling=tiling, batch=data.draw(st.integers(1, 20)))

    assert found(result) == truth(*boxes)
