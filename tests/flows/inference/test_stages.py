"""The operator's own code in a server: what it may give, and what becomes of an image when it fails or hangs."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pytest
from fakes import BlobRuntime, blob_manifest, colour_manifest, jpeg, patches
from stations import ReadyModels, colour_station

import vedette
from vedette.clock import SystemClock
from vedette.errors import DeadlineError, InvalidError
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.hands import Errand, Hands
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.own import make_row
from vedette.flows.inference.postprocess import Answering, Delivery
from vedette.flows.inference.proof import check_golden
from vedette.flows.inference.runtime import Instance
from vedette.flows.inference.service import Service
from vedette.flows.inference.stages import Stages, threads_of
from vedette.flows.inference.station import Loaded, Station
from vedette.rules.vision.encode import encode_png
from vedette.rules.wire.result import to_object
from vedette.values.deadline import Deadline
from vedette.values.frame import Frame, Size
from vedette.values.golden import Expected, Golden
from vedette.values.result import Class, Detection, Failure, Result
from vedette.values.served import ModelRef
from vedette.values.serving import Limits
from vedette.values.tiling import Region, Tiling
from vedette.values.timeline import Span

CLOCK = SystemClock()
RED = jpeg((255, 0, 0))
LOOK = Look(Answering())


@dataclass
class Rig:
    """A service over stations, and how it is asked."""

    service: Service
    crew: Crew

    async def ask(
        self, *names: str, data: bytes = RED, look: Look = LOOK, timeout_s: float | None = None
    ) -> tuple[Delivery, ...]:
        now = CLOCK.now_ns()
        deadline = Deadline() if timeout_s is None else Deadline(at_ns=now + round(timeout_s * 1e9))
        order = ImageOrder("1", Frame("body", data), look, Span("acquire", now, now), tuple)
        with self.service.admit([ModelRef(name) for name in names], deadline) as admission:
            admission.begin(1)
            return await self.service.images(admission, order)


@asynccontextmanager
async def rig(workers: int = 2, **stations: ImageStation) -> AsyncIterator[Rig]:
    crew = Crew(workers, CLOCK)
    try:
        yield Rig(Service(ReadyModels(**stations), crew, Limits(), CLOCK), crew)
    finally:
        await asyncio.to_thread(crew.close)
        for station in stations.values():
            await asyncio.to_thread(station.close)


def outcome(tmp_path: Any, look: Look = LOOK, data: bytes = RED, **stages: Any) -> Result | Failure:
    """What the colour model with own code says of one image."""

    async def run() -> Result | Failure:
        async with rig(colour=colour_station(tmp_path, stages=Stages(**stages))) as server:
            (delivery,) = await server.ask("colour", data=data, look=look)
            return delivery.outcome

    return asyncio.run(run())


def blobs(**stages: Any) -> ImageStation:
    """The detector of patches, with own code."""
    runtime = BlobRuntime()
    return Station(Loaded(Instance(blob_manifest(), runtime), lambda: runtime, stages=Stages(**stages)), CLOCK)


def swapped(pixels: np.ndarray, spec: Any) -> np.ndarray:
    """A preprocess for which red is blue."""
    return vedette.fit_input(np.ascontiguousarray(pixels[..., ::-1]), spec)


def read_boxes(outputs: tuple[np.ndarray, ...], size: Size, labels: tuple[str, ...]) -> list[Detection]:
    """A postprocess that reads what `BlobRuntime` gives, in pixels of the model's input."""
    boxes, scores, classes = outputs
    assert size == Size(64, 64)
    return [
        Detection(labels[number], number, score, tuple(box))
        for box, score, number in zip(boxes.tolist(), scores.tolist(), classes.tolist(), strict=True)
        if score > 0
    ]


# --- what own code does ---


def test_own_code_takes_the_place_of_each_step(tmp_path) -> None:
    """Preprocess before the model, postprocess after it, a decision on the result; the timeline stays whole."""

    def name_best(outputs: tuple[np.ndarray, ...], size: Size, labels: tuple[str, ...]) -> list[Class]:
        assert (size, outputs[0].shape) == (Size(8, 8), (3,))
        return [Class(labels[number].upper(), number, outputs[0][number]) for number in range(3)]

    def decide(result: Result) -> Mapping[str, Any]:
        return {"ok": np.bool_(result.classes[0].score > 0.5), "seen": (result.classes[0].label,)}

    result = outcome(tmp_path, preprocess=swapped, postprocess=name_best, decide=decide)

    told = to_object(result)
    assert told["classes"][0]["label"] == "BLUE"
    assert [one["score"] for one in told["classes"]] == sorted((one["score"] for one in told["classes"]), reverse=True)
    assert told["decision"] == {"ok": True, "seen": ["BLUE"]}
    stages = ["acquire", "decode", "preprocess", "queue", "infer", "postprocess", "total"]
    assert list(told["timeline_ms"]) == stages


def test_without_own_code_a_result_says_nothing_of_it(tmp_path) -> None:
    """No empty keys."""
    told = to_object(outcome(tmp_path))

    assert not {"answer", "decision"} & set(told)


def test_a_preprocess_sees_the_picture_in_full_size_and_cannot_change_it(tmp_path) -> None:
    """A large JPEG is not decoded at a shrink for it; other models see the same pixels."""
    seen = []

    def look_at(pixels: np.ndarray, spec: Any) -> np.ndarray:
        seen.append((pixels.shape, pixels.dtype, pixels.flags.writeable))
        return vedette.fit_input(pixels, spec)

    outcome(tmp_path, data=jpeg((255, 0, 0), 320, 240), preprocess=look_at)
    region = Look(Answering(), region=Region(10, 20, Size(100, 50)))
    outcome(tmp_path, region, jpeg((255, 0, 0), 320, 240), preprocess=look_at)

    assert seen == [((240, 320, 3), np.uint8, False), ((50, 100, 3), np.uint8, False)]


def test_a_row_is_copied_so_that_own_code_may_use_its_memory_again() -> None:
    """Rows wait in batches."""
    kept = np.zeros((8, 8, 3), np.uint8)

    def reuse(pixels: np.ndarray, _: Any) -> np.ndarray:
        kept[:] = pixels[0, 0]
        return kept

    spec = colour_manifest().input
    first = make_row(reuse, np.full((2, 2, 3), 7, np.uint8), spec)
    make_row(reuse, np.full((2, 2, 3), 9, np.uint8), spec)

    assert (first == 7).all()


def test_an_answer_of_its_own_kind_is_free_json(tmp_path) -> None:
    """It has neither classes nor detections, and cannot be changed by the decision."""

    def decide(result: Result) -> Mapping[str, Any]:
        with pytest.raises(TypeError):
            result.answer["height"] = 0  # type: ignore[index]
        return {"tall": result.answer["height"] > 1}

    def measure(outputs: tuple[np.ndarray, ...], *_: Any) -> Mapping[str, Any]:
        return {"height": np.float32(1.5), "profile": outputs[0].round()}

    told = to_object(outcome(tmp_path, postprocess=measure, decide=decide))

    assert told["answer"] == {"height": 1.5, "profile": [1.0, 0.0, 0.0]}
    assert told["decision"] == {"tall": True}
    assert not {"classes", "detections"} & set(told)


def test_boxes_are_carried_back_and_merged_as_those_of_vedette() -> None:
    """The same detector read by own code and by Vedette: whole, cut in tiles, and in a region of interest."""
    png = encode_png(patches(Size(200, 100), (20, 10, 60, 50, 0), (100, 30, 150, 80, 1), (180, 5, 195, 20, 2)))
    looks = [
        LOOK,
        Look(Answering(), tiling=Tiling(Size(64, 64), 16)),
        Look(Answering(), region=Region(10, 5, Size(100, 90))),
        Look(Answering(threshold=0.6)),
        Look(Answering(), class_ids=(frozenset({1}), frozenset({1}))),
    ]

    async def run() -> None:
        runtime = BlobRuntime()
        plain: ImageStation = Station(Loaded(Instance(blob_manifest(), runtime), lambda: runtime), CLOCK)
        async with rig(own=blobs(postprocess=read_boxes), plain=plain) as server:
            for look in looks:
                own, ours = await server.ask("own", "plain", data=png, look=look)
                assert sorted(own.outcome.detections, key=str) == sorted(ours.outcome.detections, key=str)
            assert len((await server.ask("own", data=png))[0].outcome.detections) == 3

    asyncio.run(run())


def test_threshold_and_number_of_classes_hold_for_own_code(tmp_path) -> None:
    """What a caller asks for is not ignored."""
    classes = [Class(str(number), number, number / 10) for number in range(10)]
    asked = Look(Answering(top_k=3, threshold=0.75))

    few = outcome(tmp_path, asked, postprocess=lambda *_: classes)
    top = outcome(tmp_path, postprocess=lambda *_: classes)

    assert [one.score for one in few.classes] == [0.9, 0.8]
    assert [one.score for one in top.classes] == [0.9, 0.8, 0.7, 0.6, 0.5]


def test_raw_outputs_are_not_read_and_not_decided_on(tmp_path) -> None:
    """A client of plain tensors gets what the model gives for the row of the own preprocess."""
    calls = []

    async def run() -> Delivery:
        stages = Stages(swapped, lambda *_: calls.append("postprocess"), lambda _: calls.append("decide"))
        async with rig(colour=colour_station(tmp_path, stages=stages)) as server:
            return (await server.ask("colour", look=Look(Answering(), raw=True)))[0]

    delivery = asyncio.run(run())

    assert delivery.outputs[0][0].argmax() == 2
    assert not calls


def test_a_golden_image_goes_through_own_code(tmp_path) -> None:
    """A red picture whose channels are swapped is blue."""
    station = colour_station(tmp_path)
    golden = Golden("golden.jpg", RED, (Expected(1.0, "BLUE"),), tolerance=0.05)
    instance = station.loaded.instance

    def shout(outputs: tuple[np.ndarray, ...], _: Size, labels: tuple[str, ...]) -> list[Class]:
        return [Class(label.upper(), number, float(outputs[0][number])) for number, label in enumerate(labels)]

    check_golden(golden, instance, CLOCK, Stages(swapped, shout))
    with pytest.raises(InvalidError):
        check_golden(golden, instance, CLOCK, Stages(None, shout))
    station.close()


# --- own code that is wrong ---


def raises(*_: Any) -> Any:
    raise ZeroDivisionError("a secret line\nand another")


def leaves(*_: Any) -> Any:
    raise SystemExit(3)


def mumbles(*_: Any) -> Any:
    raise ValueError("\ud800")


class Mute(Exception):  # noqa: N818 - it is no error that tells itself
    def __str__(self) -> str:
        raise RuntimeError


def is_mute(*_: Any) -> Any:
    raise Mute


BAD_ROWS = [
    (mumbles, "failed: ValueError: \\ud800"),
    (is_mute, "failed: Mute: it cannot be told"),
    (raises, "failed: ZeroDivisionError: a secret line"),
    (leaves, "failed: SystemExit: 3"),
    (lambda *_: None, "gave a NoneType, expected an array of uint8 (8, 8, 3)"),
    (lambda *_: np.zeros((8, 8, 3), np.float32), "gave float32 (8, 8, 3), expected uint8 (8, 8, 3)"),
    (lambda *_: np.zeros((8, 9, 3), np.uint8), "gave uint8 (8, 9, 3)"),
    (lambda pixels, _: pixels.fill(0), "read-only"),
]
BAD_ANSWERS = [
    (raises, "failed: ZeroDivisionError: a secret line"),
    (lambda *_: None, "gave a NoneType, expected a list of Class or of Detection, or a mapping"),
    (lambda *_: "text", "gave a str"),
    (lambda *_: [1], "gave a list of int"),
    (lambda *_: [Class("a", 0, 0.5), Detection("a", 0, 0.5, (0, 0, 1, 1))], "gave a list of Class, Detection"),
    (lambda *_: [Class("a", 0, float("nan"))], "gave the score nan, expected 0 to 1"),
    (lambda *_: [Class("a", 0, 1.5)], "gave the score 1.5"),
    (lambda *_: [Class("a", -1, 0.5)], "gave the class_id -1"),
    (lambda *_: [Class("a", 0.5, 0.5)], "cannot be used"),
    (lambda *_: [Class(b"a", 0, 0.5)], "label is a bytes"),
    (lambda *_: [Class(["a"], 0, 0.5)], "gave the label ('a',), expected text"),
    (lambda *_: [Detection("a", 0, 0.5, (0, 0, float("inf"), 1))], "expected four finite numbers"),
    (lambda *_: [Detection("a", 0, 0.5, (0, 0, 1))], "expected four finite numbers"),
    (lambda *_: [Detection("a", 0, 0.5, None)], "cannot be used"),
    (lambda *_: {"a": {"b": [1, float("nan")]}}, "a.b[1] is nan"),
]
BAD_DECISIONS = [
    (raises, "failed: ZeroDivisionError: a secret line"),
    (lambda _: True, "gave a bool, expected a mapping"),
    (lambda _: {"picture": b"bytes"}, "picture is a bytes"),
    (lambda _: {1: 2}, "has the key 1"),
]
BAD = [
    *(("preprocess", code, said) for code, said in BAD_ROWS),
    *(("postprocess", code, said) for code, said in BAD_ANSWERS),
    *(("decide", code, said) for code, said in BAD_DECISIONS),
]


@pytest.mark.parametrize(("key", "code", "said"), BAD, ids=[f"{key}: {said[:40]}" for key, _, said in BAD])
def test_own_code_that_is_wrong_costs_one_model_one_answer(tmp_path, key: str, code: Any, said: str) -> None:
    """The error names it and says what was wrong; the other model of the request, and the next image, are answered."""

    async def run() -> None:
        bad = colour_station(tmp_path, stages=Stages(**{key: code}))
        async with rig(bad=bad, good=colour_station(tmp_path)) as server:
            for _ in range(2):
                failed, fine = await server.ask("bad", "good")
                assert isinstance(failed.outcome, Failure)
                assert failed.outcome.kind == "internal"
                assert failed.outcome.message.startswith("own code builtins:function ")
                assert said in failed.outcome.message
                assert "another" not in failed.outcome.message
                assert orjson.dumps(to_object(failed.outcome))
                assert fine.outcome.classes[0].label == "red"
        assert bad.statistics.snapshot().failures == (("internal", 2),)

    asyncio.run(run())


def test_an_error_that_own_code_raises_on_purpose_keeps_its_kind(tmp_path) -> None:
    """A picture without a part is the caller's matter, not a bug."""

    def refuse(*_: Any) -> Any:
        raise InvalidError("there is no part in this picture", help="take another")

    failure = outcome(tmp_path, preprocess=refuse)

    assert (failure.kind, failure.help) == ("invalid", "take another")
    assert failure.message == "there is no part in this picture (own code builtins:function)"


class Faulty:
    """Fails in a place of its own, so that nobody else's failure is taken for it."""

    def __call__(self, result: Result) -> Mapping[str, Any]:
        raise KeyError(result.model)


def test_the_traceback_is_logged_once(tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    """And named; the client does not see it."""

    async def run() -> list[str]:
        async with rig(colour=colour_station(tmp_path, stages=Stages(decide=Faulty()))) as server:
            return [(await server.ask("colour"))[0].outcome.message for _ in range(3)]

    with caplog.at_level(logging.ERROR):
        messages = asyncio.run(run())

    (record,) = [one for one in caplog.records if "test_stages:Faulty" in one.getMessage()]
    assert record.exc_info is not None
    assert messages == [f"own code {__name__}:Faulty failed: KeyError: 'colour'"] * 3


def test_own_code_without_boxes_cannot_answer_tiles() -> None:
    """Several answers are no single one."""

    async def run() -> Any:
        async with rig(own=blobs(postprocess=lambda *_: {"a": 1})) as server:
            png = encode_png(patches(Size(200, 100)))
            look = Look(Answering(), tiling=Tiling(Size(64, 64), 16))
            whole, cut = await server.ask("own", data=png), await server.ask("own", data=png, look=look)
            return dict(whole[0].outcome.answer), cut[0].outcome.kind

    assert asyncio.run(run()) == ({"a": 1}, "invalid")


# --- own code that hangs ---


class Gate:
    """Own code that comes back when it is let."""

    def __init__(self) -> None:
        self.entered, self.open = threading.Semaphore(0), threading.Event()

    def wait(self) -> None:
        self.entered.release()
        assert self.open.wait(30)


class HangsBefore(Gate):
    def __call__(self, pixels: np.ndarray, spec: Any) -> np.ndarray:
        if (pixels[0, 0] > 200).all():  # a white picture
            self.wait()
        return vedette.fit_input(pixels, spec)


class HangsAfter(Gate):
    def __call__(self, outputs: tuple[np.ndarray, ...], _: Size, labels: tuple[str, ...]) -> list[Class]:
        if outputs[0].min() > 0.8:
            self.wait()
        return [Class(label, number, float(outputs[0][number])) for number, label in enumerate(labels)]


class HangsDeciding(Gate):
    def __call__(self, result: Result) -> Mapping[str, Any]:
        if min(one.score for one in result.classes) > 0.8:
            self.wait()
        return {"ok": True}


WHITE = jpeg((255, 255, 255))


async def failure_of(one: asyncio.Future[tuple[Delivery, ...]]) -> str:
    """The own code that an answer of kind timeout names, whether it is told of the request or of the model."""
    try:
        (delivery,) = await one
    except DeadlineError as error:
        message = error.message
    else:
        assert isinstance(delivery.outcome, Failure)
        assert delivery.outcome.kind == "timeout"
        message = delivery.outcome.message
    found = re.search(r"own code \S+", message)
    assert found is not None, message
    return found[0]


@pytest.mark.parametrize(
    ("key", "kind"), [("preprocess", HangsBefore), ("postprocess", HangsAfter), ("decide", HangsDeciding)]
)
def test_own_code_that_hangs_fails_its_image_at_the_deadline(tmp_path, key: str, kind: type[Gate]) -> None:
    """Many more hang than there are workers; images of the same model and of others are answered meanwhile."""
    gate = kind()

    async def run() -> None:
        stages = Stages(**{key: gate})
        async with rig(bad=colour_station(tmp_path, stages=stages), good=colour_station(tmp_path)) as server:
            hung = [asyncio.ensure_future(server.ask("bad", data=WHITE, timeout_s=0.4)) for _ in range(2)]
            for _ in hung:
                assert await asyncio.to_thread(gate.entered.acquire, timeout=10)
            assert (await server.ask("good"))[0].outcome.classes[0].label == "red"
            for one in hung:
                assert await failure_of(one) == f"own code {__name__}:{kind.__name__}"
            for _ in range(4):
                (fine,) = await server.ask("bad")
                assert fine.outcome.classes[0].label == "red"
            gate.open.set()
            assert server.service.images_under_way == 0

    try:
        asyncio.run(run())
    finally:
        gate.open.set()


@contextmanager
def came_back() -> Iterator[threading.Semaphore]:
    """Released when a lost call is logged as having come back."""
    back = threading.Semaphore(0)
    handler = logging.Handler()
    handler.emit = lambda record: back.release() if "has come back, too late" in record.getMessage() else None
    log = logging.getLogger("vedette.flows.inference.hands")
    log.addHandler(handler)
    try:
        yield back
    finally:
        log.removeHandler(handler)


def test_too_many_lost_calls_close_the_code_and_each_return_opens_it() -> None:
    """Without a deadline the limit of the code holds; the place is refused at once until a call has come back."""
    gate, crew = Gate(), Crew(1, CLOCK)
    hands = Hands("shop:Slow", threads=1, limit_s=0.05)
    heard: list[Any] = []
    told = threading.Semaphore(0)

    def then(found: Any) -> None:
        heard.append(found)
        told.release()

    hands.start(Errand(gate.wait, then), crew)
    hands.start(Errand(lambda: 1, then), crew)
    assert told.acquire(timeout=10)
    assert told.acquire(timeout=10)
    assert (str(heard[0].message), hands.lost) == ("own code shop:Slow has not come back within 50 ms", 1)
    assert "was at work on other images, and not free, within 50 ms" in heard[1].message
    hands.start(Errand(lambda: 2, then), crew)
    assert told.acquire(timeout=10)
    assert (heard[2].kind, "1 calls have not come back" in heard[2].message) == ("unavailable", True)
    with came_back() as back:
        gate.open.set()
        assert back.acquire(timeout=10)
    hands.start(Errand(lambda: 3, then), crew)

    assert told.acquire(timeout=10)
    assert heard[3] == 3
    hands.close()
    crew.close()


def test_code_that_says_so_is_called_one_at_a_time(tmp_path) -> None:
    """`threads = 1`: never two threads in it; without it there are as many as workers at most, and here two meet."""

    class Counted:
        def __init__(self) -> None:
            self.inside, self.most = 0, 0
            self.lock, self.two = threading.Lock(), threading.Barrier(2)

        def __call__(self, result: Result) -> Mapping[str, Any]:
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self.meet()
            with self.lock:
                self.inside -= 1
            return {"model": result.model}

        def meet(self) -> None:
            """Wait for a second thread."""
            with suppress(threading.BrokenBarrierError):
                self.two.wait(10)

    class Alone(Counted):
        threads = 1

        def meet(self) -> None:
            sum(range(1000))

    async def run(code: Counted) -> int:
        async with rig(workers=4, colour=colour_station(tmp_path, stages=Stages(decide=code))) as server:
            await asyncio.gather(*(server.ask("colour") for _ in range(24)))
        return code.most

    assert asyncio.run(run(Alone())) == 1
    assert 2 <= asyncio.run(run(Counted())) <= 4


@pytest.mark.parametrize("told", [0, -1, True, 1.0, "1"])
def test_a_wrong_number_of_threads_is_told(told: Any) -> None:
    """It is a whole number from 1."""

    class Code:
        threads = told

    with pytest.raises(ValueError, match="threads must be a whole number from 1"):
        threads_of(Code())
