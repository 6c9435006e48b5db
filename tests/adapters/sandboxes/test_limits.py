"""What any user may enforce."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from vedette.adapters.sandboxes.limits import RESERVED_BYTES, Limits, bind
from vedette.flows.bench.sandbox import Confinement

RESERVE = "import sys, mmap; mmap.mmap(-1, int(sys.argv[1]), flags=mmap.MAP_PRIVATE); print('reserved')"


def test_memory_that_is_reserved_beyond_the_backstop_is_refused() -> None:
    """Up to 1 GiB above the limit nothing happens, because engines reserve what they never touch."""
    sandbox = Limits("no rights").enforce(Confinement((), None, 500_000_000))
    command = [*sandbox.prefix, sys.executable, "-S", "-c", RESERVE]

    within = subprocess.run([*command, "900000000"], capture_output=True, text=True, check=False)
    beyond = subprocess.run([*command, str(500_000_000 + RESERVED_BYTES)], capture_output=True, text=True, check=False)

    assert within.stdout == "reserved\n"
    assert "Cannot allocate memory" in beyond.stderr
    (words,) = sandbox.not_enforced
    assert words.startswith("the memory limit of 500 MB is not enforced: no rights; ")
    assert words.endswith("only what a process reserves beyond 1 GiB more is refused")


def test_a_process_is_bound_to_its_cores() -> None:
    """The kernel says so."""
    core = min(os.sched_getaffinity(0))
    child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)

    words = Limits("").enforce(Confinement((core,), 1.0)).bind(child.pid)
    bound = os.sched_getaffinity(child.pid)
    child.communicate(b"\n")

    assert words == ()
    assert bound == {core}


def test_cores_that_are_not_there_are_told() -> None:
    """The process runs unbound then."""
    (words,) = bind(os.getpid(), (900, 901))

    assert words == "the binding to cores 900, 901 is not enforced: Invalid argument"


def test_a_process_that_is_gone_is_not_bound() -> None:
    """Whoever waits for its answer hears of its end."""
    child = subprocess.Popen([sys.executable, "-S", "-c", ""])
    child.wait()

    assert bind(child.pid, (0,)) == ()


@pytest.mark.parametrize(("confinement", "lacking"), [(Confinement((0,), 1.0), 0), (Confinement((0,), 0.5), 1)])
def test_a_share_is_enforced_by_whole_cores_only(confinement: Confinement, lacking: int) -> None:
    """Half a core needs a control group."""
    assert len(Limits("no rights").enforce(confinement).not_enforced) == lacking
