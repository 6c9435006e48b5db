"""A run from a source through every model to every sink."""

from __future__ import annotations

import asyncio
import threading
from itertools import pairwise

import numpy as np
import pytest
from fakes import ListSink, ListSource, MeanRuntime, StepClock, colour_manifest, jpeg, plain

from vedette.errors import ExhaustedError, InvalidError
from vedette.flows.inference.pipeline import Pipeline, Settings
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.preprocess import Intake, Preprocess
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.window import Window
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Frame, Reject
from vedette.values.result import Failure, Result
from vedette.values.timeline import STAGES

RED, GREEN, BLUE = (250, 5, 5), (5, 250, 5), (5, 5, 250)


def build(source, sinks, *, runtimes=None, batch=1, workers=2, keep_pixels=False, names=("colour",)) -> Pipeline:
    runtimes = runtimes or [MeanRuntime() for _ in names]
    instances = [Instance(colour_manifest(name=name), runtime) for name, runtime in zip(names, runtimes, strict=True)]
    clock = StepClock()
    preprocess = Preprocess([Intake(instance.manifest.input) for instance in instances], keep_pixels, clock)
    asked = Answering(top_k=1, picture=keep_pixels)
    return Pipeline(source, instances, sinks, preprocess, Settings(batch, workers, asked), clock)


def run(pipeline: Pipeline, limit_s: float = 20) -> None:
    asyncio.run(asyncio.wait_for(pipeline.run(), limit_s))


def frames(count: int) -> list[Frame]:
    return [Frame(f"{number}.jpg", jpeg((RED, GREEN, BLUE)[number % 3])) for number in range(count)]


def outcomes(sink: ListSink):
    return [delivery.outcome for delivery in sink.deliveries]


def test_every_image_is_answered_in_the_order_in_which_it_came() -> None:
    """Stages overlap, the order of the answers does not change."""
    sink = ListSink()

    run(build(ListSource(frames(50)), [sink], workers=4))

    assert [outcome.source for outcome in outcomes(sink)] == [f"{number}.jpg" for number in range(50)]
    assert [outcome.classes[0].label for outcome in outcomes(sink)] == [
        ("red", "green", "blue")[number % 3] for number in range(50)
    ]
    assert sink.completed is True


def test_an_early_image_that_takes_long_holds_the_later_ones_back() -> None:
    """Order is kept even when the first image is the last to be ready."""
    others_done = threading.Event()
    seen = []

    def before(batch: np.ndarray) -> None:
        seen.append(batch)
        if batch[0, 0, 0, 0] == RED[0]:
            assert others_done.wait(10)
        elif len(seen) == 4:
            others_done.set()

    execution = Execution(RuntimeName.NULL, streams=2)
    sink = ListSink()
    items = [Frame("first", plain(RED)), *(Frame(f"{number}", plain(GREEN)) for number in range(3))]

    run(build(ListSource(items), [sink], runtimes=[MeanRuntime(execution, before)]))

    assert [outcome.source for outcome in outcomes(sink)] == ["first", "0", "1", "2"]


def test_a_failing_image_is_reported_and_does_not_stop_the_rest() -> None:
    """A bad image, a rejected one and good ones come out each as what they are."""
    reject = Reject("gone.jpg", "not_found", "gone.jpg is not there", "check the name")
    sink = ListSink()

    run(build(ListSource([frames(1)[0], Frame("bad.jpg", b"no image"), reject, frames(3)[2]]), [sink]))

    first, bad, gone, last = outcomes(sink)
    assert isinstance(first, Result)
    assert isinstance(bad, Failure)
    assert (bad.source, bad.kind) == ("bad.jpg", "invalid")
    assert (gone.source, gone.kind, gone.help) == ("gone.jpg", "not_found", "check the name")
    assert last.classes[0].label == "blue"


def test_an_engine_that_refuses_a_batch_fails_its_images_only() -> None:
    """The error of the engine becomes the reason of each image of that batch."""

    def refuse_green(batch: np.ndarray) -> None:
        if batch[0, 0, 0, 1] > 200:
            raise InvalidError("no green", help="none")

    sink = ListSink()

    run(build(ListSource(frames(6)), [sink], runtimes=[MeanRuntime(before=refuse_green)]))

    kinds = [type(outcome).__name__ for outcome in outcomes(sink)]
    assert kinds == ["Result", "Failure", "Result"] * 2
    assert outcomes(sink)[1].message == "no green"


def test_an_unexpected_error_is_named_as_ours() -> None:
    """A bug in one image's path is told as a bug, and the run goes on."""

    def explode(batch: np.ndarray) -> None:
        raise RuntimeError("boom")

    sink = ListSink()

    run(build(ListSource(frames(2)), [sink], runtimes=[MeanRuntime(before=explode)]))

    assert {outcome.kind for outcome in outcomes(sink)} == {"internal"}
    assert outcomes(sink)[0].message == "RuntimeError: boom"


def test_a_model_with_other_labels_than_outputs_is_reported_for_each_image() -> None:
    """A wrong manifest is the reason, not a crash."""
    sink = ListSink()
    pipeline = build(ListSource(frames(2)), [sink])
    instance = Instance(colour_manifest(labels=("one", "two")), MeanRuntime())

    run(Pipeline(pipeline.source, [instance], [sink], pipeline.preprocess, pipeline.settings, pipeline.clock))

    assert all("3 scores for 2 labels" in outcome.message for outcome in outcomes(sink))


def test_batches_are_filled_and_the_last_one_is_what_is_left() -> None:
    """--batch 4 with ten images: 4, 4, 2."""
    runtime = MeanRuntime()
    sink = ListSink()

    run(build(ListSource(frames(10)), [sink], runtimes=[runtime], batch=4, workers=1))

    assert runtime.batches == [4, 4, 2]
    assert len(sink.deliveries) == 10


@pytest.mark.parametrize("batch", [1, 2, 3, 8, 64])
def test_the_batch_size_does_not_change_the_answers(batch: int) -> None:
    """Same labels, same scores."""
    alone, together = ListSink(), ListSink()

    run(build(ListSource(frames(20)), [alone]))
    run(build(ListSource(frames(20)), [together], batch=batch))

    assert [outcome.classes for outcome in outcomes(alone)] == [outcome.classes for outcome in outcomes(together)]


def test_a_batch_larger_than_the_bytes_allowed_under_way_never_stops_the_run(monkeypatch) -> None:
    """Limits slow a run down, they never stop it."""
    monkeypatch.setattr(Window.__init__, "__defaults__", (1, 10))
    images = frames(40)
    for _ in range(25):  # which image waits in which batch is a matter of chance
        runtime, sink = MeanRuntime(), ListSink()

        run(build(ListSource(images), [sink], runtimes=[runtime], batch=16, workers=2))

        assert sum(runtime.batches) == 40
        assert max(runtime.batches) == 16
        assert [outcome.source for outcome in outcomes(sink)] == [f"{number}.jpg" for number in range(40)]


def test_no_more_batches_run_at_once_than_a_model_has_streams() -> None:
    """Two workers, one stream."""
    running, most = [], []

    def watch(batch: np.ndarray) -> None:
        running.append(batch)
        most.append(len(running))
        threading.Event().wait(0.001)
        running.pop()

    run(build(ListSource(frames(60)), [ListSink()], runtimes=[MeanRuntime(before=watch)], workers=4))

    assert max(most) == 1


def test_several_models_see_one_image_and_their_answers_stand_side_by_side() -> None:
    """Same id, kept apart by model, in the order of the models."""
    sink = ListSink()

    run(build(ListSource(frames(9)), [sink], names=("one", "two", "three")))

    assert [outcome.model for outcome in outcomes(sink)] == ["one", "two", "three"] * 9
    assert len({outcome.id for outcome in outcomes(sink)}) == 9
    assert outcomes(sink)[0].id == outcomes(sink)[2].id


def test_every_sink_gets_everything() -> None:
    """Several destinations at once."""
    sinks = [ListSink(), ListSink(), ListSink()]

    run(build(ListSource(frames(30)), sinks))

    assert [len(sink.deliveries) for sink in sinks] == [30, 30, 30]


def test_a_slow_sink_stops_the_source_from_running_ahead() -> None:
    """Back-pressure: what is under way is bounded, however long the source is."""
    release = threading.Event()
    blocked = threading.Event()

    def hold(_: object) -> None:
        blocked.set()
        release.wait(20)

    source, sink = ListSource(frames(2000)), ListSink(before=hold)

    async def scenario() -> int:
        task = asyncio.create_task(build(source, [sink]).run())
        await asyncio.to_thread(blocked.wait, 10)
        taken = -1
        while taken != source.taken:  # until the source has stood still for a while
            taken = source.taken
            await asyncio.sleep(0.1)
        release.set()
        await task
        return taken

    taken = asyncio.run(asyncio.wait_for(scenario(), 60))

    assert taken < 250
    assert len(sink.deliveries) == 2000


def test_a_sink_that_cannot_go_on_ends_the_run_with_its_error() -> None:
    """Disk full: every sink is closed as incomplete and the error comes out."""

    def full(_: object) -> None:
        raise ExhaustedError("the disk is full", help="free some space")

    broken, other = ListSink(before=full), ListSink()

    with pytest.raises(ExhaustedError, match="the disk is full"):
        run(build(ListSource(frames(100)), [broken, other]))

    assert (broken.completed, other.completed) == (False, False)


def test_every_sink_is_closed_even_if_another_one_cannot_be() -> None:
    """One full disk does not cost the other output its name."""

    class Unclosable(ListSink):
        def close(self, *, complete: bool) -> None:
            raise ExhaustedError("no room for the last record", help="free some space")

    before, after = ListSink(), ListSink()

    with pytest.raises(ExhaustedError, match="no room"):
        run(build(ListSource(frames(3)), [before, Unclosable(), after]))

    assert (before.completed, after.completed) == (True, True)


def test_a_source_that_breaks_ends_the_run_with_its_error() -> None:
    """Not one image but the source itself."""
    sink = ListSink()

    with pytest.raises(OSError, match="the disk was pulled"):
        run(build(ListSource([*frames(3), OSError("the disk was pulled")]), [sink]))

    assert sink.completed is False


def test_an_interrupted_run_closes_its_sinks_as_incomplete_and_keeps_what_was_delivered() -> None:
    """Cancellation is clean: whole records, in order, from the first on."""
    sink = ListSink()
    some = threading.Event()
    sink.before = lambda _: some.set() if len(sink.deliveries) >= 5 else None

    async def scenario() -> None:
        task = asyncio.create_task(build(ListSource(frames(5000)), [sink]).run())
        await asyncio.to_thread(some.wait, 10)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())

    assert sink.completed is False
    assert 5 <= len(sink.deliveries) < 5000
    assert [outcome.source for outcome in outcomes(sink)] == [f"{n}.jpg" for n in range(len(sink.deliveries))]


def test_after_an_interruption_every_sink_has_what_one_of_them_had() -> None:
    """What was printed is in the file too."""
    quick, slow, enough = ListSink(), ListSink(), threading.Event()
    quick.before = lambda _: enough.set() if len(quick.deliveries) >= 90 else None
    slow.before = lambda _: threading.Event().wait(0.005)

    async def scenario() -> None:
        task = asyncio.create_task(build(ListSource(frames(5000)), [quick, slow]).run())
        await asyncio.to_thread(enough.wait, 20)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())

    assert len(quick.deliveries) >= 90
    assert [each.outcome.source for each in quick.deliveries] == [each.outcome.source for each in slow.deliveries]


def test_a_source_that_blocks_for_ever_does_not_hold_up_an_interruption() -> None:
    """A dead camera or an open terminal: Ctrl-C ends the run at once."""
    never = threading.Event()
    reading = threading.Event()

    class Blocked:
        def frames(self):
            reading.set()
            never.wait()
            yield from ()

    async def scenario() -> None:
        task = asyncio.create_task(build(Blocked(), [ListSink()]).run())
        await asyncio.to_thread(reading.wait, 10)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asyncio.wait_for(scenario(), 10))
    never.set()


def test_an_empty_source_is_a_run_without_results() -> None:
    """Nothing in, nothing out, and no error."""
    sink = ListSink()

    run(build(ListSource([]), [sink]))

    assert sink.deliveries == []
    assert sink.completed is True


def test_pictures_are_drawn_at_the_size_of_the_original_when_they_are_wanted() -> None:
    """A JPEG for each answer, as large as the image."""
    from vedette.rules.vision.header import read_header

    sink = ListSink()

    run(build(ListSource([Frame("x", jpeg(RED, 640, 480))]), [sink], keep_pixels=True))

    header = read_header(sink.deliveries[0].picture)
    assert (header.format, str(header.size)) == ("jpeg", "640x480")


def test_the_stages_of_one_image_follow_each_other_and_span_its_total() -> None:
    """No stage of an untiled image overlaps another; only the hand-overs lie between them."""
    sink = ListSink()

    run(build(ListSource(frames(1)), [sink]))

    timeline = outcomes(sink)[0].timeline
    assert [span.stage for span in timeline.spans] == [
        "acquire", "queue", "decode", "preprocess", "queue", "infer", "postprocess", "postprocess",
    ]  # fmt: skip
    gaps = [after.start_ns - before.end_ns for before, after in pairwise(timeline.spans)]
    assert all(gap == 0 for gap in gaps[:-1])
    times = timeline.milliseconds()
    total = times.pop("total")
    assert list(times) == list(STAGES)
    assert sum(times.values()) == pytest.approx(total)


def test_ids_are_the_same_in_every_run_and_different_for_every_image() -> None:
    """The same image twice in one command is two images."""
    first, second = ListSink(), ListSink()
    items = [Frame("a.jpg", jpeg(RED)), Frame("a.jpg", jpeg(RED)), Frame("b.jpg", jpeg(RED))]

    run(build(ListSource(items), [first]))
    run(build(ListSource(items), [second]))

    ids = [outcome.id for outcome in outcomes(first)]
    assert len(set(ids)) == 3
    assert ids == [outcome.id for outcome in outcomes(second)]
