"""The repository, live: what is loaded, what serves, and what requests see while models come and go."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
from fakes import jpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from made_repository import BROKEN, Opens, SteppedClock, Store, latest

from vedette.clock import SystemClock
from vedette.errors import InternalError, InvalidError, NotFoundError, UnavailableError, VedetteError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.loading import Pace
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.repository import LiveRepository
from vedette.flows.inference.service import Service
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Frame
from vedette.values.golden import Expected, Golden
from vedette.values.result import Result
from vedette.values.served import ModelRef, ModelState
from vedette.values.serving import Limits, VersionPolicy
from vedette.values.timeline import Span

CLOCK = SystemClock()
RED = jpeg((255, 0, 0))
READY, UNAVAILABLE = ModelState.READY, ModelState.UNAVAILABLE


@asynccontextmanager
async def live(
    store: Store, opens: Opens | None = None, *names: str, pace: Pace | None = None
) -> AsyncIterator[LiveRepository]:
    """A repository that has started; with names it serves only these."""
    repository = LiveRepository(store, opens or Opens(), CLOCK, pace)
    try:
        await repository.start(names or None)
        yield repository
    finally:
        await repository.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 30))


def states(repository: LiveRepository) -> dict[str, ModelState]:
    return {f"{entry.name}@{entry.version}": entry.state for entry in repository.index()}


def reason(repository: LiveRepository, name: str, version: str = "1") -> str:
    (told,) = [entry.reason for entry in repository.index() if (entry.name, entry.version) == (name, version)]
    return told


def serving(repository: LiveRepository, name: str, version: str | None = None) -> tuple[str, int]:
    """The version that serves, and what it was loaded from."""
    station = repository.station(ModelRef(name, version))
    return station.manifest.version, station.loaded.instance.runtime.content  # type: ignore[attr-defined]


async def idle(repository: LiveRepository) -> None:
    """Whatever goes on behind the scenes has ended."""
    while repository._tasks:
        await asyncio.gather(*repository._tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - a repository has states, and no event for each of them
        await asyncio.sleep(0)


# --- start ---


def test_at_the_start_all_models_are_loaded_the_newest_version_of_each() -> None:
    """The index tells what serves; a version that the policy leaves out is not loaded."""

    async def test() -> None:
        async with live(Store({"a": {"1": 10, "2": 20}, "b": {"7": 70}})) as repository:
            assert repository.names() == ("a", "b")
            assert states(repository) == {"a@2": READY, "b@7": READY}
            assert serving(repository, "a") == ("2", 20)
            assert repository.versions("a") == ("2",)
            assert repository.ready()

    run(test())


def test_what_nobody_chose_is_in_the_index_and_not_wanted() -> None:
    """A model beside those that were named, and a version that another has replaced, are no fault of the server."""

    async def test() -> None:
        store = Store({"a": {"1": 10}, "b": {"1": BROKEN}, "c": {"1": 30}})
        async with live(store, None, "a", "b") as repository:
            store.models["a"]["2"] = 20
            await repository.poll()
            await repository.poll()
            await idle(repository)
            told = {f"{entry.name}@{entry.version}": (entry.state, entry.wanted) for entry in repository.index()}
            assert told == {
                "a@1": (UNAVAILABLE, False),
                "a@2": (READY, True),
                "b@1": (UNAVAILABLE, True),
                "c@1": (UNAVAILABLE, False),
            }
            await repository.load("c")
            assert all(entry.wanted for entry in repository.index() if entry.name == "c")

    run(test())


def test_a_model_that_does_not_load_leaves_the_others_and_says_why() -> None:
    """It is UNAVAILABLE with the reason; a request for it is told the same."""

    async def test() -> None:
        async with live(Store({"bad": {"1": BROKEN}, "good": {"1": 10}})) as repository:
            assert states(repository) == {"bad@1": UNAVAILABLE, "good@1": READY}
            assert "bad/-1 is no model" in reason(repository, "bad")
            with pytest.raises(UnavailableError, match="bad version 1 is not ready: bad/-1 is no model"):
                repository.station(ModelRef("bad"))
            assert [entry.name for entry in repository.index(ready=True)] == ["good"]
            assert repository.ready()

    run(test())


def test_an_unexpected_error_of_an_engine_is_a_reason_too() -> None:
    """A bug in one model's loading costs that model only."""

    def crash(manifest) -> None:
        if manifest.name == "bad":
            raise ZeroDivisionError("oops")

    async def test() -> None:
        async with live(Store({"bad": {"1": 1}, "good": {"1": 1}}), Opens(crash)) as repository:
            assert states(repository) == {"bad@1": UNAVAILABLE, "good@1": READY}
            assert "ZeroDivisionError: oops" in reason(repository, "bad")
            with pytest.raises(InternalError):
                await repository.load("bad")

    run(test())


def test_several_models_are_loaded_at_once_at_the_start_and_each_serves_when_it_is_ready() -> None:
    """Two loads meet at a barrier, which one after the other they never would; a third that waits holds nobody up."""
    meet, hold = threading.Barrier(2), threading.Event()

    def before(manifest) -> None:
        assert hold.wait(10) if manifest.name == "slow" else meet.wait(10) >= 0

    async def test() -> None:
        repository = LiveRepository(Store({"a": {"1": 1}, "b": {"1": 1}, "slow": {"1": 1}}), Opens(before), CLOCK)
        starting = asyncio.ensure_future(repository.start())
        await until(lambda: len(repository.index(ready=True)) == 2)
        assert states(repository)["slow@1"] is ModelState.LOADING
        with pytest.raises(UnavailableError, match="it is being loaded"):
            repository.station(ModelRef("slow"))
        assert not repository.ready()
        hold.set()
        await starting
        assert repository.ready()
        await repository.close()

    run(test())


def test_with_names_only_those_are_served_and_one_that_is_not_there_is_told() -> None:
    """The others are known but not loaded."""

    async def test() -> None:
        async with live(Store({"a": {"1": 1}, "b": {"1": 1}}), None, "a", "c") as repository:
            assert states(repository) == {"a@1": READY, "b@1": UNAVAILABLE, "c@": UNAVAILABLE}
            assert reason(repository, "c", "") == "the repository holds no such model"
            await repository.load("b")
            assert serving(repository, "b") == ("1", 1)

    run(test())


def test_every_stream_is_warm_before_a_model_is_ready() -> None:
    """`warm_up` inferences for each of two streams and one that is timed, and none where it is 0."""
    store, opens = Store({"a": {"1": 1}, "b": {"1": 1}}), Opens()
    store.chosen = {"a": latest("a", warm_up=3), "b": latest("b", warm_up=0)}

    async def test() -> None:
        async with live(store, opens):
            assert {manifest.name: engine.runs for manifest, engine in opens.engines} == {"a": 7, "b": 0}

    run(test())


# --- requests ---


def test_a_name_or_version_that_is_not_there_is_not_found() -> None:
    """The message names the nearest model, or the versions that there are."""

    async def test() -> None:
        async with live(Store({"resnet50": {"1": 1}})) as repository:
            with pytest.raises(NotFoundError, match="the nearest: resnet50"):
                repository.station(ModelRef("resnet5"))
            with pytest.raises(NotFoundError, match="no version 9; it has: 1"):
                repository.station(ModelRef("resnet50", "9"))
            with pytest.raises(NotFoundError):
                repository.versions("nobody")

    run(test())


def test_several_versions_serve_side_by_side_and_the_newest_is_meant_without_a_version() -> None:
    """By the value of the number, not by its text."""
    store = Store({"a": {"9": 9, "10": 10, "2": 2}})
    store.chosen["a"] = latest("a", versions=VersionPolicy(latest=2))

    async def test() -> None:
        async with live(store) as repository:
            assert repository.versions("a") == ("9", "10")
            assert serving(repository, "a") == ("10", 10)
            assert serving(repository, "a", "9") == ("9", 9)

    run(test())


def test_a_version_that_the_options_name_and_nobody_finds_is_in_the_index() -> None:
    """It is UNAVAILABLE, and a load by request fails for it."""
    store = Store({"a": {"1": 1}})
    store.chosen["a"] = latest("a", versions=VersionPolicy(only=("1", "3")))

    async def test() -> None:
        async with live(store) as repository:
            assert states(repository) == {"a@1": READY, "a@3": UNAVAILABLE}
            with pytest.raises(NotFoundError, match="no version 3; it has: 1"):
                await repository.load("a")

    run(test())


# --- changes ---


def test_a_new_version_takes_over_and_the_old_one_is_closed_when_its_last_request_has_left() -> None:
    """Until then the old one answers whoever is under way with it."""
    store, opens = Store({"a": {"1": 10}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            old = repository.station(ModelRef("a"))
            old.enter()
            store.models["a"]["2"] = 20
            await repository.poll()
            assert serving(repository, "a") == ("1", 10)  # seen once: it may still be copied
            await repository.poll()
            assert serving(repository, "a") == ("2", 20)
            assert states(repository) == {"a@1": ModelState.UNLOADING, "a@2": READY}
            assert opens.open_engines() == [10, 20]
            old.leave()
            await idle(repository)
            assert opens.open_engines() == [20]
            assert states(repository) == {"a@1": UNAVAILABLE, "a@2": READY}
            assert reason(repository, "a") == "another version serves in its place"

    run(test())


def test_a_new_version_that_does_not_load_leaves_the_old_one_serving() -> None:
    """The index says why; the same files are not tried again, others are."""
    store, opens = Store({"a": {"1": 10}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            store.models["a"]["2"] = BROKEN
            for _ in range(4):
                await repository.poll()
            assert states(repository) == {"a@1": READY, "a@2": UNAVAILABLE}
            assert "no model" in reason(repository, "a", "2")
            assert opens.tried == ["a@1", "a@2"]
            store.models["a"]["2"] = 21
            await repository.poll()
            await repository.poll()
            assert serving(repository, "a") == ("2", 21)

    run(test())


def test_changed_files_of_the_same_version_are_loaded_beside_it() -> None:
    """It is READY all the time; if the new files do not load, the index tells it of the version that serves."""
    store, opens = Store({"a": {"1": 10}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            for content, served in ((11, 11), (BROKEN, 11), (12, 12)):
                store.models["a"]["1"] = content
                await repository.poll()
                await repository.poll()
                await idle(repository)
                assert serving(repository, "a") == ("1", served)
                assert states(repository) == {"a@1": READY}
                assert ("cannot be loaded" in reason(repository, "a")) is (content == BROKEN)
            assert opens.open_engines() == [12]

    run(test())


def test_files_that_change_at_every_look_are_not_loaded() -> None:
    """Whoever copies still writes."""
    store, opens = Store({"a": {"1": 1}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            for content in range(2, 9):
                store.models["a"]["1"] = content
                await repository.poll()
            assert opens.tried == ["a@1"]
            await repository.poll()
            assert serving(repository, "a") == ("1", 8)

    run(test())


def test_a_folder_that_goes_is_unloaded_and_forgotten() -> None:
    """Not at the first look, for it may have been renamed for a moment; others stay."""
    store, opens = Store({"a": {"1": 10}, "b": {"1": 20}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            del store.models["a"]
            await repository.poll()
            assert serving(repository, "a") == ("1", 10)
            await repository.poll()
            await idle(repository)
            assert repository.names() == ("b",)
            assert opens.open_engines() == [20]
            with pytest.raises(NotFoundError):
                repository.station(ModelRef("a"))

    run(test())


def test_a_version_that_comes_back_serves_again() -> None:
    """Version 2 replaces 1 and is removed: 1 is loaded anew before 2 leaves."""
    store = Store({"a": {"1": 10}})

    async def test() -> None:
        async with live(store) as repository:
            store.models["a"]["2"] = 20
            await repository.poll()
            await repository.poll()
            await idle(repository)
            del store.models["a"]["2"]
            for _ in range(3):
                await repository.poll()
                assert serving(repository, "a")[1] in (10, 20)
            await idle(repository)
            assert serving(repository, "a") == ("1", 10)
            assert states(repository) == {"a@1": READY}

    run(test())


def test_a_folder_that_cannot_be_served_any_more_leaves_what_serves() -> None:
    """Such as one whose description was broken; a model that never served tells the problem."""
    store = Store({"a": {"1": 10}, "b": {"1": 1}}, problems={"b": "b has no version folder"})

    async def test() -> None:
        async with live(store) as repository:
            store.problems["a"] = "a/model.yaml: unknown key"
            store.models["a"] = {}
            for _ in range(3):
                await repository.poll()
            assert serving(repository, "a") == ("1", 10)
            assert reason(repository, "a") == "a/model.yaml: unknown key"
            assert reason(repository, "b") == "b has no version folder"
            with pytest.raises(InvalidError, match="b has no version folder"):
                await repository.load("b")

    run(test())


def test_after_the_start_one_version_is_loaded_at_a_time_and_aside() -> None:
    """The hook surrounds each load that happens beside requests, and none of the start."""
    begun, gate, aside = threading.Semaphore(0), threading.Semaphore(2), []
    store = Store({"a": {"1": 1}, "b": {"1": 1}})

    def before(_) -> None:
        begun.release()
        assert gate.acquire(timeout=10)

    @contextmanager
    def hook():
        aside.append(threading.current_thread().name)
        yield

    async def test() -> None:
        opens = Opens(before)
        async with live(store, opens, pace=Pace(2, hook)) as repository:
            assert (aside, len(opens.tried)) == ([], 2)
            for _ in opens.tried:
                begun.acquire()
            store.models |= {name: {"1": 1} for name in "cde"}
            await repository.poll()
            polling = asyncio.ensure_future(repository.poll())
            for count in range(3, 6):
                assert await asyncio.to_thread(begun.acquire, timeout=10)
                await asyncio.to_thread(lambda: None)
                assert len(opens.tried) <= count
                gate.release()
            await polling
            assert len(repository.index(ready=True)) == 5
            assert len(aside) == 3
            assert all(name.startswith("vedette-load") for name in aside)

    run(test())


@pytest.mark.parametrize(("threads", "gentle"), [(1, ["a", "b"]), (2, [])])
def test_after_the_start_a_model_is_warmed_up_gently_if_its_engine_starts_no_threads(threads, gentle) -> None:
    """One inference for each of the two streams; the last, which is timed, runs as requests will."""
    store, warmed, runs = Store({"first": {"1": 1}}), [], []
    opens = Opens(execution=Execution(RuntimeName.NULL, streams=2, threads=threads))

    def gently(work: Callable[[], None]) -> None:
        manifest, engine = opens.engines[-1]
        warmed.append(manifest.name)
        work()
        runs.append(engine.runs)

    async def test() -> None:
        async with live(store, opens, pace=Pace(gently=gently)) as repository:
            assert warmed == []
            for name in "ab":
                store.models[name] = {"1": 1}
                await repository.load(name)
            assert (warmed, runs) == (gentle, [2] * len(gentle))
            assert [engine.runs for _, engine in opens.engines] == [3, 3, 3]

    run(test())


def test_a_new_model_begins_with_what_the_old_one_has_learnt() -> None:
    """Or a hard deadline would be refused until it has been measured."""
    store = Store({"a": {"1": 1}})

    async def test() -> None:
        async with live(store) as repository:
            knowledge = repository.station(ModelRef("a")).knowledge
            learnt = knowledge.latency = knowledge.latency.after(12.0)
            store.models["a"]["2"] = 2
            await repository.poll()
            await repository.poll()
            assert repository.station(ModelRef("a")).knowledge.latency == learnt

    run(test())


# --- by request ---


def test_a_load_by_request_takes_the_files_as_they_are_and_is_idempotent() -> None:
    """A second load of the same files does nothing; changed files are loaded beside."""
    store, opens = Store({"a": {"1": 10}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            await asyncio.gather(*(repository.load("a") for _ in range(5)))
            assert opens.tried == ["a@1"]
            store.models["a"]["2"] = 20
            await asyncio.gather(*(repository.load("a") for _ in range(5)))
            assert opens.tried == ["a@1", "a@2"]
            assert serving(repository, "a") == ("2", 20)
            with pytest.raises(NotFoundError):
                await repository.load("nobody")

    run(test())


def test_a_load_by_request_tries_once_more_what_failed_and_raises_the_reason() -> None:
    """Also where an older load of the version serves."""
    store, opens = Store({"a": {"1": 10}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            store.models["a"]["1"] = BROKEN
            for _ in range(2):
                with pytest.raises(InvalidError, match="no model"):
                    await repository.load("a")
            assert opens.tried == ["a@1", "a@1", "a@1"]
            assert serving(repository, "a") == ("1", 10)

    run(test())


def test_an_unload_by_request_waits_for_the_last_request_and_lasts() -> None:
    """No new request is let in meanwhile; polling does not load it again, a load by request does."""
    store, opens = Store({"a": {"1": 10}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            station = repository.station(ModelRef("a"))
            station.enter()
            unloading = asyncio.ensure_future(repository.unload("a"))
            await until(lambda: states(repository)["a@1"] is not READY)
            assert states(repository)["a@1"] is ModelState.UNLOADING
            with pytest.raises(UnavailableError, match="being unloaded"):
                repository.station(ModelRef("a"))
            assert not unloading.done()
            assert opens.open_engines() == [10]
            station.leave()
            await unloading
            assert opens.open_engines() == []
            assert reason(repository, "a") == "unloaded by request"
            store.models["a"]["1"] = 11
            await repository.poll()
            await repository.poll()
            assert states(repository) == {"a@1": UNAVAILABLE}
            await repository.unload("a")
            await repository.load("a")
            assert serving(repository, "a") == ("1", 11)
            with pytest.raises(NotFoundError):
                await repository.unload("nobody")

    run(test())


def test_a_load_goes_on_when_its_caller_has_gone() -> None:
    """A model that is half loaded is of no use to anybody."""
    store, hold, begun = Store({"a": {"1": 1}}), threading.Event(), threading.Event()

    def before(manifest) -> None:
        if manifest.version == "2":
            begun.set()
            assert hold.wait(10)

    async def test() -> None:
        async with live(store, Opens(before)) as repository:
            store.models["a"]["2"] = 2
            caller = asyncio.ensure_future(repository.load("a"))
            await asyncio.to_thread(begun.wait, 10)
            caller.cancel()
            with suppress(asyncio.CancelledError):
                await caller
            hold.set()
            await idle(repository)
            assert serving(repository, "a") == ("2", 2)

    run(test())


# --- golden images ---


def test_a_model_that_answers_its_golden_image_wrongly_is_not_ready() -> None:
    """The reason tells what was expected and what came; its engine is closed. The right answer lets it serve."""
    right = Golden("golden.jpg", RED, (Expected(0.99, "red"),))
    wrong = Golden("golden.jpg", RED, (Expected(0.99, "green"),))
    store, opens = Store({"a": {"1": 1}, "b": {"1": 2}}, goldens={"a": right, "b": wrong}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            assert states(repository) == {"a@1": READY, "b@1": UNAVAILABLE}
            assert "expected green 0.990 (tolerance 0.05), got 0.0" in reason(repository, "b")
            assert opens.open_engines() == [1]

    run(test())


# --- polling ---


@pytest.mark.parametrize("trouble", [UnavailableError("the disk has gone", help=""), OSError("the disk has gone")])
def test_polling_goes_on_while_the_repository_cannot_be_read(caplog, trouble: Exception) -> None:
    """It is said once; what serves goes on; later changes are seen again."""
    store = Store({"a": {"1": 10}})

    async def test() -> None:
        clock = SteppedClock()
        repository = LiveRepository(store, Opens(), clock)
        await repository.start()
        polling = asyncio.ensure_future(repository.run_polling(0.0))

        async def look(times: int) -> None:
            for _ in range(times):
                await clock.asleep.wait()
                clock.asleep.clear()
                clock.wake.set()
            await clock.asleep.wait()

        store.away = trouble
        await look(3)
        assert serving(repository, "a") == ("1", 10)
        store.away = None
        store.models["a"]["2"] = 20
        await look(2)
        assert serving(repository, "a") == ("2", 20)
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling
        await repository.close()

    run(test())
    warnings = [record.message for record in caplog.records if "cannot be read" in record.message]
    assert len(warnings) == 1
    assert warnings[0].endswith("the disk has gone")


def test_closing_frees_every_model_that_nobody_uses() -> None:
    """One that a request still uses is left alone."""
    opens = Opens()

    async def test() -> None:
        async with live(Store({"a": {"1": 10}, "b": {"1": 20}}), opens) as repository:
            repository.station(ModelRef("b")).enter()

    run(test())
    assert opens.open_engines() == [20]


# --- all together ---


def test_no_request_fails_while_versions_are_swapped() -> None:
    """Requests are hammered through the service during swaps, reloads and failing loads.

    Each is answered by the version that its result names, and no engine is used after it was closed.
    """
    store, opens = Store({"a": {"1": 1}}), Opens()

    async def ask(service: Service, stop: asyncio.Event, seen: list[str]) -> None:
        while not stop.is_set():
            now = CLOCK.now_ns()
            order = ImageOrder("1", Frame("body", RED), Look(Answering()), Span("acquire", now, now), tuple)
            with service.admit([ModelRef("a")]) as admission:
                admission.begin(1)
                station = admission.stations[0]
                (delivery,) = await service.images(admission, order)
            assert isinstance(delivery.outcome, Result), delivery.outcome
            assert delivery.outcome.model_version == station.manifest.version
            seen.append(delivery.outcome.model_version)

    async def test() -> None:
        async with live(store, opens) as repository:
            crew, stop, seen = Crew(3, CLOCK), asyncio.Event(), []
            service = Service(repository, crew, Limits(), CLOCK)
            clients = [asyncio.ensure_future(ask(service, stop, seen)) for _ in range(8)]
            for version in range(2, 12):
                store.models["a"] = (
                    {str(version): version, str(version + 1): BROKEN} if version % 3 else {str(version): version}
                )
                await repository.poll()
                await repository.poll()
                await repository.poll()
                store.models["a"][str(version)] += 100
                store.models["a"].pop(str(version + 1), None)
                await repository.load("a")
            late: list[str] = []  # of a client that comes after the last swap; others may have been let in before it
            clients.append(asyncio.ensure_future(ask(service, stop, late)))
            await until(lambda: bool(late))
            stop.set()
            await asyncio.gather(*clients)
            await idle(repository)
            await asyncio.to_thread(crew.close)
            assert service.images_under_way == 0
            assert len(seen) > len(clients)
            assert set(late) == {"11"}
            assert opens.open_engines() == [111]
            assert repository.station(ModelRef("a")).users == 0

    run(test())


contents = st.sampled_from([1, 2, 3, BROKEN])
changes = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("ab"), st.sampled_from("123"), contents),
    st.tuples(st.just("drop"), st.sampled_from("ab"), st.sampled_from("123")),
    st.tuples(st.sampled_from(["load", "unload"]), st.sampled_from("ab")),
    st.tuples(st.just("poll")),
)


async def step(store: Store, repository: LiveRepository, kind: str, *of: Any) -> None:
    """One change, or one call; what cannot be loaded or is not there is told by an error, and changes nothing."""
    if kind == "put":
        store.models.setdefault(of[0], {})[of[1]] = of[2]
    elif kind == "drop":
        store.models.get(of[0], {}).pop(of[1], None)
        if not store.models.get(of[0]):
            store.models.pop(of[0], None)
    else:
        with suppress(VedetteError):
            await getattr(repository, kind)(*of)


def check_end(store: Store, opens: Opens, repository: LiveRepository) -> None:
    """Nothing but what is READY holds an engine, and every model serves its newest version unless that is broken."""
    ready = [entry for entry in repository.index() if entry.state is READY]
    assert opens.open_engines() == sorted(serving(repository, entry.name, entry.version)[1] for entry in ready)
    assert set(repository.names()) == set(store.models)
    for name, versions in store.models.items():
        newest = max(versions, key=int)
        if versions[newest] != BROKEN:
            assert serving(repository, name) == (newest, versions[newest])
            assert repository.versions(name) == (newest,)


@settings(max_examples=40, deadline=None)
@given(st.lists(changes, max_size=14))
def test_whatever_changes_the_end_is_what_lies_in_the_folders(steps: list[tuple[Any, ...]]) -> None:
    """After any changes and three quiet looks every model serves its newest version, unless that does not load."""
    store, opens = Store({"a": {"1": 1}}), Opens()

    async def test() -> None:
        async with live(store, opens) as repository:
            for kind, *of in steps:
                await step(store, repository, kind, *of)
            for name in store.models:  # so that what was unloaded is judged too
                await step(store, repository, "load", name)
            for _ in range(3):
                await repository.poll()
            await idle(repository)
            check_end(store, opens, repository)
        assert opens.open_engines() == []

    asyncio.run(asyncio.wait_for(test(), 30))
