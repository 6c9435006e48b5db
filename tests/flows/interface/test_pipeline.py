"""A pipeline of the uniform interface, without models, files and sockets."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes import ListSource, StepClock
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, OverloadedError, VedetteError
from vedette.flows.inference.image_order import Look
from vedette.flows.inference.postprocess import Answering, Delivery
from vedette.flows.interface import outlet
from vedette.flows.interface.computation import Answered, Wish
from vedette.flows.interface.images import Shot
from vedette.flows.interface.job import Job, JobState
from vedette.flows.interface.pipeline import JOBS_KEPT, InterfacePipeline, Surroundings
from vedette.flows.interface.pipelines import DEFAULT, MOST, Pipelines
from vedette.flows.interface.reading import Opened
from vedette.rules.interface.state import Call, allowed
from vedette.values.deadline import Deadline, DeadlineClass
from vedette.values.frame import Frame, Reject, Size
from vedette.values.result import Result
from vedette.values.served import PipelineState
from vedette.values.serving import PipelineOptions
from vedette.values.timeline import Span, Timeline

S = PipelineState


class SkippingClock(StepClock):
    """Never waits."""

    async def sleep_until(self, instant_ns: int) -> None:
        await asyncio.sleep(0)


@dataclass
class Named:
    """Inputs by address: what each gives, and whether that is a single image."""

    sources: dict[str, tuple[Sequence[Any], bool]]

    def check(self, address: str) -> None:
        if address not in self.sources:
            raise ForbiddenError(f"{address} is not allowed", help="take another")

    def open(self, address: str) -> Opened:
        items, single = self.sources[address]
        if items and items[0] is NotFoundError:
            raise NotFoundError("nothing there", help="look")
        return Opened(ListSource(items), single)


@dataclass
class Kept:
    """Destinations that keep what they take, by address."""

    taken: dict[str, list[str]] = field(default_factory=dict)

    def open(self, address: str) -> Any:
        return KeptAt(self.taken.setdefault(address, []))


@dataclass
class KeptAt:
    taken: list[str]

    def write(self, delivery: Delivery) -> None:
        self.taken.append(delivery.outcome.source)


@dataclass
class Hanging:
    """A destination that says when it is written to, and hangs until it is released."""

    release: threading.Event
    entered: threading.Event

    def open(self, address: str) -> Any:
        return self

    def write(self, delivery: Delivery) -> None:
        self.entered.set()
        assert self.release.wait(30)


@dataclass
class Run:
    """Runs images: `before` is awaited for each shot; keeps the deadlines and looks that were asked for."""

    before: Callable[[Shot], Coroutine[Any, Any, None]] | None = None
    deadlines: list[Deadline] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    refusals: list[VedetteError] = field(default_factory=list)
    inside: int = 0
    most: int = 0
    released: int = 0

    def check(self, models: Sequence[str]) -> None:
        if "missing" in models:
            raise NotFoundError("no model missing", help="")

    @contextmanager
    def admit(self, models: Sequence[str], deadline_of: Any) -> Any:
        self.deadlines.append(deadline_of(DeadlineClass.SOFT))
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            yield self
        finally:
            self.inside -= 1

    manifests = ()

    def grow(self, size_bytes: int) -> None:
        """Any size."""

    def release(self) -> None:
        """What is inside has left."""
        self.released += 1

    async def run(self, shot: Shot) -> tuple[Delivery, ...]:
        self.looks.append(shot.look)
        if self.refusals:
            raise self.refusals.pop(0)
        if self.before is not None:
            await self.before(shot)
        return (Delivery(Result(shot.id, shot.frame.source, 0, None, Size(1, 1), "m", "1", "r", "p", (), Timeline())),)


def frames(count: int) -> list[Frame]:
    return [Frame(f"f{number}", b"x") for number in range(count)]


INPUTS = {
    "/one": ([Frame("f0", b"x")], True),
    "/many": (frames(20), False),
    "/rejected": ([Reject("r", "not_found", "it is gone", "look")], True),
    "/missing": ([NotFoundError], True),
    "/broken": ([*frames(2), ValueError("broken")], False),
    "/empty": ([], True),
    "/mixed": ([Frame("f0", b"x"), Reject("r", "invalid", "no image", ""), Frame("f1", b"x")], False),
}
WISH = Wish("id", lambda manifests: Look(Answering()), Deadline)


def make(run: Run | None = None, **options: Any) -> tuple[InterfacePipeline, Kept]:
    kept = Kept()
    around = Surroundings(Named(INPUTS), kept, run or Run(), SkippingClock(), at_once=3)
    return InterfacePipeline(PipelineOptions("p", **options), around), kept


def check(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 30))


async def ended(pipeline: InterfacePipeline) -> Job:
    assert pipeline._task is not None
    await asyncio.wait([pipeline._task])
    job = pipeline.newest
    assert job is not None
    return job


def test_a_single_image() -> None:
    """It is answered with the states of its deliveries, and counted."""

    async def one() -> None:
        pipeline, kept = make(input="/one", outputs=(("a", "/out/a.csv"), ("b", "/out/b.csv")))
        answered = await pipeline.compute(WISH)
        await pipeline.close()

        assert isinstance(answered, Answered)
        assert {name: sent.error for name, sent in answered.sent.items()} == {"a": None, "b": None}
        assert kept.taken == {"/out/a.csv": ["f0"], "/out/b.csv": ["f0"]}
        assert pipeline.state is S.READY
        job = pipeline.newest
        assert job is not None
        assert (job.state, job.done, job.outputs["a"].delivered) == (JobState.DONE, 1, 1)

    check(one())


def test_many_images_keep_their_order() -> None:
    """Whatever image is ready first, outputs get them in the order of the input; no more than allowed run at once."""

    async def slow_first(shot: Shot) -> None:
        for _ in range(20 - int(shot.frame.source[1:])):
            await asyncio.sleep(0)

    async def many() -> None:
        run = Run(slow_first)
        pipeline, kept = make(run, input="/many", outputs=(("a", "/out/a.csv"), ("p", "/out/p/")))
        job = await pipeline.compute(WISH)
        assert isinstance(job, Job)
        assert pipeline.state is S.RUNNING
        await ended(pipeline)

        assert (job.state, job.done, job.failed) == (JobState.DONE, 20, 0)
        assert kept.taken["/out/a.csv"] == [f"f{number}" for number in range(20)]
        assert run.most <= 3
        assert {deadline.kind for deadline in run.deadlines} == {DeadlineClass.BEST_EFFORT}
        assert all(look.asked.picture for look in run.looks)
        assert pipeline.state is S.READY

    check(many())


def test_a_full_queue_is_waited_for() -> None:
    """Background work that is not let in comes again: nothing is lost."""

    async def many() -> None:
        run = Run(refusals=[OverloadedError("full", help="", retry_after_s=0.1)] * 7)
        pipeline, kept = make(run, input="/many", outputs=(("a", "/out/a.csv"),))
        await pipeline.compute(WISH)
        job = await ended(pipeline)

        assert (job.done, job.failed, len(kept.taken["/out/a.csv"])) == (20, 0, 20)

    check(many())


def test_one_bad_image_among_many() -> None:
    """It is counted and delivered as a failure, the others are as they are."""

    async def many() -> None:
        pipeline, kept = make(input="/mixed", outputs=(("a", "/out/a.csv"),))
        await pipeline.compute(WISH)
        job = await ended(pipeline)

        assert (job.state, job.done, job.failed) == (JobState.DONE, 2, 1)
        assert kept.taken["/out/a.csv"] == ["f0", "r", "f1"]

    check(many())


@pytest.mark.parametrize(
    ("address", "kind"), [("/rejected", "not_found"), ("/missing", "not_found"), ("/empty", "not_found")]
)
def test_inputs_that_cannot_be_had(address: str, kind: str) -> None:
    """The caller gets the error, the job keeps it, the pipeline has failed and can be asked again."""

    async def one() -> None:
        pipeline, _ = make(input=address)
        for _ in range(2):
            with pytest.raises(VedetteError) as error:
                await pipeline.compute(WISH)
            assert error.value.kind == kind
            assert pipeline.state is S.FAILED
            assert pipeline.newest is not None
            assert pipeline.newest.error is error.value
        pipeline.set_input("/one")
        assert pipeline.state is S.READY

    check(one())


def test_a_source_that_breaks() -> None:
    """A bug in a source is an internal error of the job, not the end of the server."""

    async def many() -> None:
        pipeline, _ = make(input="/broken")
        await pipeline.compute(WISH)
        job = await ended(pipeline)

        assert job.state is JobState.FAILED
        assert job.error is not None
        assert job.error.kind == "internal"
        assert pipeline.state is S.FAILED

    check(many())


@pytest.mark.parametrize("address", ["/one", "/many"])
def test_a_caller_that_goes(address: str) -> None:
    """A single image that nobody waits for is dropped, and the pipeline is ready; a job goes on by itself."""

    async def gone() -> None:
        entered, release = asyncio.Event(), asyncio.Event()

        async def hang(shot: Shot) -> None:
            entered.set()
            await release.wait()

        run = Run(hang)
        pipeline, _ = make(run, input=address)
        caller = asyncio.create_task(pipeline.compute(WISH))
        await entered.wait()
        caller.cancel()
        await asyncio.wait([caller])
        release.set()
        job = await ended(pipeline)

        assert pipeline.state is S.READY
        assert job.state is (JobState.STOPPED if address == "/one" else JobState.DONE)
        assert run.inside == 0

    check(gone())


def test_a_wish_for_a_single_image() -> None:
    """Many images refuse it before anything runs."""

    async def many() -> None:
        pipeline, _ = make(input="/many")
        with pytest.raises(InvalidError, match="timeout_ms"):
            await pipeline.compute(Wish("id", WISH.look_of, WISH.deadline_of, ("timeout_ms",)))
        assert pipeline.state is S.FAILED

    check(many())


def test_old_jobs_are_forgotten() -> None:
    """The newest are kept, so that memory is bounded."""

    async def many() -> None:
        pipeline, _ = make(input="/one")
        seen = []
        for _ in range(JOBS_KEPT + 2):
            await pipeline.compute(WISH)
            assert pipeline.newest is not None
            seen.append(pipeline.newest.id)

        assert pipeline.job(seen[-1]) is pipeline.newest
        assert pipeline.job(seen[2]).id == seen[2]
        with pytest.raises(NotFoundError):
            pipeline.job(seen[1])

    check(many())


def test_outputs_that_stay_keep_their_queue() -> None:
    """A change of one output leaves the others at work; a refused change leaves all."""

    async def one() -> None:
        pipeline, _ = make(outputs=(("a", "/out/a.csv"), ("b", "/out/b.csv")))
        before = dict(pipeline._outlets)
        pipeline.merge_outputs({"b": "/out/c.csv"})
        with pytest.raises(InvalidError):
            pipeline.set_outputs({"bad id": "/out/a.csv"})

        assert pipeline._outlets["a"] is before["a"]
        assert pipeline._outlets["b"] is not before["b"]
        assert pipeline.outputs == {"a": "/out/a.csv", "b": "/out/c.csv"}

    check(one())


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(["input", "one", "output", "compute", "carry", "stop", "yield", "missing"]), max_size=25)
)
def test_calls_in_any_order(steps: list[str]) -> None:
    """Whatever is called whenever: a call succeeds exactly where the table allows it, and the state is the table's."""

    async def all_steps() -> None:
        pipeline, _ = make()
        computing: list[asyncio.Task[Any]] = []
        for step in steps:
            before, may = pipeline.state, allowed(pipeline.state)
            if step in ("input", "one", "missing"):
                where = {"input": "/many", "one": "/one", "missing": "/missing"}[step]
                _expect(lambda: pipeline.set_input(where), Call.SET_INPUT in may)  # noqa: B023 - called at once
            elif step == "output":
                _expect(lambda: pipeline.set_outputs({"a": "/out/a.csv"}), Call.SET_OUTPUT in may)
            elif step == "stop":
                _expect(pipeline.stop, Call.STOP in may)
                assert pipeline.state is (S.STOPPING if Call.STOP in may else before)
            elif step == "compute":
                computing.append(asyncio.create_task(_computed(pipeline)))
                await asyncio.sleep(0)
            elif step == "carry":
                with pipeline.admit(WISH) as entry:
                    assert Call.CARRY in may
                    assert entry is not None
            else:
                await asyncio.sleep(0)
            assert pipeline.state in S
        results = await asyncio.gather(*computing, return_exceptions=True)
        if pipeline._task is not None:
            await asyncio.wait([pipeline._task])
            await asyncio.sleep(0)

        assert pipeline.state in (S.IDLE, S.READY, S.FAILED)
        assert all(isinstance(one, Answered | Job | VedetteError) for one in results)
        await pipeline.close()

    check(all_steps())


async def _computed(pipeline: InterfacePipeline) -> Any:
    """Compute; nothing is awaited between the look at the state and the call."""
    if Call.COMPUTE in allowed(pipeline.state):
        return await pipeline.compute(WISH)
    with pytest.raises(ConflictError, match="not possible") as refused:
        await pipeline.compute(WISH)
    return refused.value


def _expect(act: Callable[[], Any], allowed_: bool) -> None:  # noqa: FBT001
    if allowed_:
        act()
        return
    with pytest.raises(ConflictError):
        act()


def test_pipelines_by_name() -> None:
    """They are made, found, replaced and removed; the number is bounded, the default stays, a running one too."""

    async def several() -> None:
        run = Run()
        made = Pipelines((PipelineOptions("a"),), Surroundings(Named(INPUTS), Kept(), run, SkippingClock()))
        assert [one.name for one in made.every()] == ["a", DEFAULT]
        assert made.create(PipelineOptions("b", input="/many")) is True
        assert made.create(PipelineOptions("b", input="/many")) is False
        with pytest.raises(NotFoundError, match="no pipeline 'c'"):
            made.get("c")
        with pytest.raises(NotFoundError, match="missing"):
            made.create(PipelineOptions("c", ("missing",)))
        for name in ("", "a/b", ".", "ä", "x" * 65):
            with pytest.raises(InvalidError):
                made.create(PipelineOptions(name))
        await made.get("b").compute(WISH)
        for act in (lambda: made.remove("b"), lambda: made.create(PipelineOptions("b")), lambda: made.remove(DEFAULT)):
            with pytest.raises(ConflictError):
                act()
        await ended(made.get("b"))
        made.remove("b")
        for number in range(MOST - 2):
            made.create(PipelineOptions(f"n{number}"))
        with pytest.raises(InvalidError, match="limit"):
            made.create(PipelineOptions("more"))
        await made.close()

    check(several())


def test_closing_stops_what_is_under_way() -> None:
    """A job of a server that ends is stopped, and what its outputs took is there."""

    async def close() -> None:
        entered = asyncio.Event()

        async def hang(shot: Shot) -> None:
            entered.set()
            await asyncio.Event().wait()

        pipeline, _ = make(Run(hang), input="/many", outputs=(("a", "/out/a.csv"),))
        job = await pipeline.compute(WISH)
        await entered.wait()
        await pipeline.close()

        assert isinstance(job, Job)
        assert job.state is JobState.STOPPED
        assert pipeline.state is S.READY

    check(close())


def test_stopped_before_it_began() -> None:
    """A stop that comes in the same breath as the computation leaves the pipeline ready."""

    async def stop() -> None:
        pipeline, _ = make(input="/many")
        caller = asyncio.create_task(pipeline.compute(WISH))
        asyncio.get_running_loop().call_soon(pipeline.stop)
        with pytest.raises(ConflictError, match="stopped"):
            await caller

        assert pipeline.state is S.READY
        assert pipeline.newest is not None
        assert pipeline.newest.state is JobState.STOPPED

    check(stop())


class Data(bytearray):
    """Bytes of an image of which one can see whether they are still there."""


def test_an_output_that_hangs_holds_neither_place_nor_image() -> None:
    """Both are given back before the answer waits for the output."""

    async def work() -> None:
        release, entered, run = threading.Event(), threading.Event(), Run()
        around = Surroundings(Named(INPUTS), Hanging(release, entered), run, SkippingClock())
        pipeline = InterfacePipeline(PipelineOptions("p", outputs=(("a", "/out/a.csv"),)), around)
        given = [Frame("f0", Data(b"x"))]
        image = weakref.ref(given[0].payload)
        with pipeline.admit(WISH) as entry:
            waiting = asyncio.create_task(pipeline.carried(entry, given.pop(), Span("acquire", 0, 1), WISH))
            assert await asyncio.to_thread(entered.wait, 30)

            assert (run.released, image(), waiting.done()) == (1, None, False)
            release.set()
            answered = await waiting
        await pipeline.close()
        assert answered.sent["a"].error is None

    check(work())


def test_the_input_of_a_computation_holds_no_place_either() -> None:
    """As for an image that comes with its request."""

    async def work() -> None:
        release, entered, run = threading.Event(), threading.Event(), Run()
        around = Surroundings(Named(INPUTS), Hanging(release, entered), run, SkippingClock())
        pipeline = InterfacePipeline(PipelineOptions("p", input="/one", outputs=(("a", "/out/a.csv"),)), around)
        waiting = asyncio.create_task(pipeline.compute(WISH))
        assert await asyncio.to_thread(entered.wait, 30)

        assert (run.released, waiting.done()) == (1, False)
        release.set()
        await waiting
        await pipeline.close()

    check(work())


def test_an_end_does_not_wait_for_an_output_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a single image nor for a job; both are stopped."""
    monkeypatch.setattr(outlet, "ENDS_S", 0.05)

    async def work(address: str) -> None:
        release, entered = threading.Event(), threading.Event()
        around = Surroundings(Named(INPUTS), Hanging(release, entered), Run(), SkippingClock())
        options = PipelineOptions("default", input=address, outputs=(("a", "/out/a.csv"),))
        pipelines = Pipelines((options,), around)
        computing = asyncio.create_task(pipelines.get("default").compute(WISH))
        assert await asyncio.to_thread(entered.wait, 30)
        await pipelines.close()
        await asyncio.wait([computing])
        release.set()

        assert pipelines.get("default").newest.state is JobState.STOPPED

    check(work("/one"))
    check(work("/many"))
