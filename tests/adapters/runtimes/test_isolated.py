"""A model in a process of its own: the same answers, and its end is nobody else's."""

from __future__ import annotations

import gc
import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import isolated_model as does
import numpy as np
import pytest
from fakes import colour_manifest

from vedette.adapters.runtimes.isolated import IsolatedLoader, IsolatedRuntime
from vedette.clock import SystemClock
from vedette.errors import InternalError, InvalidError, UnavailableError, UnsupportedError
from vedette.values.execution import Execution, RuntimeName

SCRIPT = Path(does.__file__)


def load(*, streams: int = 1, inputs: int = 1, hang_s: float = 30.0, refuse: Path | None = None) -> IsolatedRuntime:
    def order(manifest, execution, plan):
        return {"inputs": inputs, "meet": streams, "refuse": str(refuse or "")}

    loader = IsolatedLoader((sys.executable, str(SCRIPT)), order, SystemClock(), hang_s)
    return loader.load(colour_manifest(), Execution(RuntimeName.NULL, streams=streams))


@pytest.fixture
def loading() -> Iterator[Callable[..., IsolatedRuntime]]:
    """`load`, with everything closed after the test."""
    made: list[IsolatedRuntime] = []

    def loaded(**options) -> IsolatedRuntime:
        made.append(load(**options))
        return made[-1]

    yield loaded
    for runtime in made:
        runtime.close()


def wish(number: int) -> np.ndarray:
    return np.array([number], np.float32)


def pid_of(runtime: IsolatedRuntime) -> int:
    return int(runtime.infer(wish(does.PID))[0][0])


def again(runtime: IsolatedRuntime) -> int:
    """Ask until the process is there again; its id."""
    for _ in range(2000):
        try:
            return pid_of(runtime)
        except UnavailableError:
            threading.Event().wait(0.01)
    raise AssertionError("it was not started again")


def ended(pid: int) -> bool:
    """Whether a process ends within 10 seconds."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(descriptor) as process:
        return bool(select.select([process], [], [], 10)[0])


def test_a_process_that_ends_while_it_loads_is_told_with_how() -> None:
    """And one that cannot even be started."""
    for command, told in (((sys.executable, "-c", "raise SystemExit(7)"), "exit code 7"), (("/no/such",), "no/such")):
        loader = IsolatedLoader(command, lambda *_: {}, SystemClock())
        with pytest.raises(UnavailableError, match=told):
            loader.load(colour_manifest(), Execution(RuntimeName.NULL))


def test_tensors_of_every_size_come_back_as_the_callers_own(loading) -> None:
    """Larger than the memory was, empty, texts; an answer stays when the next one comes."""
    runtime = loading(inputs=2)
    large = np.random.default_rng(2).standard_normal((3, 1 << 20), np.float32)
    kept = runtime.infer(wish(4), wish(5))

    twice, texts = runtime.infer(large, np.array([[b"ab", b""]], object))

    np.testing.assert_array_equal(twice, large + large)
    assert texts.tolist() == [[b"abab", b""]]
    assert [one.shape for one in runtime.infer(np.zeros((0, 3), np.float32), np.float64(2.0))] == [(0, 3), ()]
    assert [one.tolist() for one in kept] == [[8.0], [10.0]]
    assert all(one.flags.owndata for one in kept)


def test_as_many_inferences_run_at_once_as_there_are_streams(loading) -> None:
    """Each waits inside the process for the three others."""
    runtime = loading(streams=4)

    with ThreadPoolExecutor(4) as threads:
        places = [int(answer[0]) for (answer,) in threads.map(runtime.infer, [wish(does.MEET)] * 4)]

    assert sorted(places) == [0, 1, 2, 3]


def test_more_callers_than_streams_wait_and_get_their_own_answers(loading) -> None:
    """Nothing is mixed up."""
    runtime = loading(streams=2)

    with ThreadPoolExecutor(8) as threads:
        answers = [float(answer[0]) for (answer,) in threads.map(runtime.infer, map(wish, range(300)))]

    assert answers == [2.0 * number for number in range(300)]


@pytest.mark.parametrize(
    ("number", "error", "told"),
    [(does.REFUSE, InvalidError, "not this one"), (does.FAIL, InternalError, "RuntimeError: a bug")],
)
def test_an_error_inside_is_raised_here_and_harms_nothing(loading, number, error, told) -> None:
    """The process goes on."""
    runtime = loading()
    before = pid_of(runtime)

    with pytest.raises(error, match=told):
        runtime.infer(wish(number))
    with pytest.raises(InvalidError, match="takes 1 input"):
        runtime.infer(wish(1), wish(2))
    with pytest.raises(InvalidError, match="cannot be passed on"):
        runtime.infer(np.array(["text"]))
    assert pid_of(runtime) == before


@pytest.mark.parametrize(
    ("number", "told"),
    [(does.KILL, "killed by SIGKILL"), (does.CRASH, "killed by SIGSEGV")],
)
def test_a_crash_fails_what_is_under_way_and_the_process_is_started_again(loading, number, told) -> None:
    """Until then requests are refused at once with the time of the next try."""
    runtime = loading()
    before = pid_of(runtime)

    with pytest.raises(UnavailableError, match=rf"the model's process ended \({told}\)"):
        runtime.infer(wish(number))
    refused = again(runtime)

    assert refused != before
    assert runtime.infer(wish(3))[0].tolist() == [6.0]


def test_a_process_that_is_gone_is_told_with_the_time_of_the_next_try(loading, tmp_path) -> None:
    """Noticed without any request, too."""
    mark = tmp_path / "refuse"
    runtime = loading(refuse=mark)
    pid = pid_of(runtime)
    mark.touch()  # it cannot come back before it was asked
    os.kill(pid, signal.SIGKILL)
    message = ""
    while "started again in" not in message:
        with pytest.raises(UnavailableError) as caught:
            runtime.infer(wish(1))
        message = caught.value.message

    told = r"the process of the model colour ended \((killed by SIGKILL|not here)\); it is started again in \d+\.\d s"
    assert re.fullmatch(told, message)


@pytest.mark.parametrize("number", [does.HANG, does.HANG_FOR_ALL])
def test_a_hang_ends_the_process_and_every_request_under_way(loading, number) -> None:
    """Even where the engine holds the interpreter; both callers hear of it."""
    runtime = loading(streams=2, hang_s=0.4)

    with ThreadPoolExecutor(2) as threads:
        errors = [work.exception() for work in [threads.submit(runtime.infer, wish(number)) for _ in range(2)]]

    assert all(isinstance(error, UnavailableError) for error in errors)
    assert any("gave no answer within 0.4 s" in str(error) for error in errors)
    assert again(runtime) > 0


def test_a_start_that_fails_is_tried_again_later(loading, tmp_path) -> None:
    """The reason is told meanwhile."""
    mark = tmp_path / "refuse"
    runtime = loading(refuse=mark)
    mark.touch()
    with pytest.raises(UnavailableError):
        runtime.infer(wish(does.KILL))
    message = ""
    while "not here" not in message:
        with pytest.raises(UnavailableError) as caught:
            runtime.infer(wish(1))
        message = caught.value.message
    mark.unlink()

    assert "(not here)" in message
    assert again(runtime) > 0


def test_a_model_that_refuses_at_first_is_never_kept() -> None:
    """No thread and no process is left of it."""
    before = threading.active_count()
    with pytest.raises(UnsupportedError, match="not here"):
        load(refuse=SCRIPT)

    assert threading.active_count() == before


def open_files() -> int:
    gc.collect()  # files of earlier tests
    return len(list(Path("/proc/self/fd").iterdir()))


def shared_memory(pid: int | str) -> set[str]:
    """The files of memory that a process has mapped, by name."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    found = {line.split(maxsplit=5)[-1] for line in lines}
    return {name for name in found if name.startswith(("/dev/shm", "/memfd:"))}


def test_what_is_shared_has_no_name_that_could_be_left() -> None:
    """Both sides map the same memory without a file in /dev/shm; closed, neither memory nor descriptors are left."""
    before = open_files(), shared_memory("self")
    runtime = load(streams=3)
    runtime.infer(np.zeros(9 << 20, np.float32))

    assert shared_memory("self") == shared_memory(pid_of(runtime)) == {"/memfd:vedette-slot (deleted)"}
    runtime.close()
    assert (open_files(), shared_memory("self")) == before == (before[0], set())


def test_closing_ends_the_process_whatever_it_is_at() -> None:
    """At rest, at work, or waiting to be started again; nothing is left of it here."""
    before = open_files()
    whole, busy, crashed = load(streams=3), load(), load()
    pids = [pid_of(one) for one in (whole, busy, crashed)]
    with pytest.raises(UnavailableError, match="exit code 3"):
        crashed.infer(wish(does.LEAVE))

    with ThreadPoolExecutor(1) as threads:
        work = threads.submit(busy.infer, wish(does.HANG_FOR_ALL))
        for runtime in (whole, busy, crashed):
            runtime.close()
        assert isinstance(work.exception(), UnavailableError)

    assert all(ended(pid) for pid in pids)
    assert crashed.pid is None
    del work
    assert open_files() == before


PARENT = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import numpy as np
from isolated_model import HANG_FOR_ALL
from adapters.runtimes.test_isolated import load, pid_of, wish
runtime = load()
print(pid_of(runtime), flush=True)
if sys.argv[2] == "busy":
    threading.Thread(target=runtime.infer, args=(wish(HANG_FOR_ALL),), daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_the_process_ends_when_its_parent_is_killed(state) -> None:
    """Even while its engine holds the interpreter."""
    tests = SCRIPT.parent
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tests), state],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(tests)},
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert ended(pid)
