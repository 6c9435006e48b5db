"""What one image teaches: the work of one core, and the time from its decoding to its last answer."""

from __future__ import annotations

import pytest
from fakes import colour_manifest
from stations import gated_station

from vedette.clock import SystemClock
from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.gather import Work
from vedette.flows.inference.lesson import Lesson
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.vision.places import places
from vedette.values.frame import Frame, Size
from vedette.values.result import Failure, Result
from vedette.values.timeline import Span, Timeline

MS = 1_000_000
SIZE = Size(8, 8)


def stations(count: int) -> tuple[ImageStation, ...]:
    return tuple(gated_station(SystemClock()) for _ in range(count))


def work_of(*ends_ms: int) -> Work:
    """An image that is decoded from 10 to 12 ms; model i answers its one row at `ends_ms[i]`."""
    received = Span("acquire", 0, 1 * MS)
    spec = colour_manifest().input
    assert spec is not None
    placed = tuple(places(SIZE, spec) for _ in ends_ms)
    work = Work(Arrival(0, "a", Frame("a.jpg", b""), received), SIZE, placed, None, Span("decode", 10 * MS, 12 * MS))
    for model, end in enumerate(ends_ms):
        work.gather(model, 0, (), Span("infer", 12 * MS, end * MS))
    return work


def good() -> Delivery:
    timeline = Timeline((Span("infer", 0, 5 * MS),))
    return Delivery(Result("a", "a.jpg", 0, None, SIZE, "colour", "1", "onnxruntime", "fp32", (), timeline))


def bad() -> Delivery:
    return Delivery(Failure("a", "a.jpg", 0, "invalid", "it is broken", "-"))


def test_own_work_is_shared_evenly_and_inference_is_of_its_model() -> None:
    """6 ms of work for two models, of which the second ran for 4 + 5 ms."""
    both = stations(2)
    lesson = Lesson(both)
    for part_ms in (2, 4):
        lesson.worked(part_ms * MS)
    for model, share_ms in ((0, 1), (1, 4), (1, 5)):
        lesson.inferred(model, share_ms * MS)

    lesson.answered(work_of(20, 40), (good(), good()), 50 * MS)

    assert [one.knowledge.busy.mean_ms for one in both] == pytest.approx([3 + 1, 3 + 9])


def test_latency_of_one_model_lasts_until_the_answer_is_made() -> None:
    """From the start of the decoding at 10 ms to 50 ms; waiting before it is not the image's own."""
    (one,) = stations(1)

    Lesson((one,)).answered(work_of(20), (good(),), 50 * MS)

    assert one.knowledge.latency.mean_ms == pytest.approx(40)
    assert one.statistics.snapshot().succeeded == 1


def test_latency_of_several_models_lasts_until_each_ones_own_last_answer() -> None:
    """A quick model does not learn how long the slow one takes."""
    both = stations(2)

    Lesson(both).answered(work_of(20, 40), (good(), good()), 50 * MS)

    assert [one.knowledge.latency.mean_ms for one in both] == pytest.approx([10, 30])


def test_a_failure_is_counted_and_teaches_no_time() -> None:
    """The other model of the same image learns as ever."""
    both = stations(2)

    Lesson(both).answered(work_of(20, 40), (bad(), good()), 50 * MS)

    assert [one.knowledge.latency.mean_ms for one in both] == [None, pytest.approx(30)]
    assert both[0].knowledge.busy.mean_ms is None
    assert both[0].statistics.snapshot().failures == (("invalid", 1),)
    assert both[1].statistics.snapshot().failures == ()


def test_an_image_that_came_too_late_teaches_its_latency_only() -> None:
    """It counts neither as served nor as failed, and how much work it would have been is not known."""
    (one,) = stations(1)
    lesson = Lesson((one,))
    lesson.worked(7 * MS)

    lesson.too_late(work_of(20), 90 * MS)

    assert one.knowledge.latency.mean_ms == pytest.approx(80)
    assert one.knowledge.busy.mean_ms is None
    assert one.statistics.snapshot().succeeded == 0
    assert one.statistics.snapshot().failures == ()
