"""Where the client is said to run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from made_runs import made_spec

from vedette.values.trial import Introduction, Placement, Scope, TargetKind, TargetSpec, TrialSpec
from vedette.wiring.placing import host_and_port, is_here, placement_of


def spec(address: str, cores: tuple[int, ...] = (), kind: TargetKind = TargetKind.IMAGE) -> TrialSpec:
    return replace(made_spec(), target=TargetSpec(kind, address), client_cores=cores)


def seen(pid: int | None = None) -> Introduction:
    return Introduction(Scope.IMAGE, pid=pid)


@pytest.mark.parametrize("kind", [TargetKind.NULL, TargetKind.INPROCESS])
def test_what_runs_in_the_generator_is_in_process(kind: TargetKind) -> None:
    """Whatever cores it is bound to."""
    assert placement_of(spec("", (0,), kind), seen()) is Placement.IN_PROCESS


def test_another_host_is_another_machine() -> None:
    """Unless the process that serves was found here."""
    assert placement_of(spec("http://192.0.2.1:80/"), seen()) is Placement.REMOTE
    assert placement_of(spec("http://192.0.2.1:80/"), seen(os.getpid())) is Placement.SHARED


def test_a_server_whose_process_is_not_known_shares() -> None:
    """The cautious answer."""
    assert placement_of(spec("http://127.0.0.1:80/"), seen()) is Placement.SHARED
    assert placement_of(spec("http://127.0.0.1:80/", (0,)), seen()) is Placement.SHARED


def test_a_process_that_is_gone_shares() -> None:
    """Its cores can no longer be asked for."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    assert placement_of(spec("http://127.0.0.1:80/", (0,)), seen(child.pid)) is Placement.SHARED


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core cannot be shared out")
def test_cores_that_do_not_meet_are_disjoint() -> None:
    """By the affinity of the server's process and the cores that the generator is bound to."""
    first, second, *_ = sorted(os.sched_getaffinity(0))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        os.sched_setaffinity(child.pid, {first})
        apart = placement_of(spec("http://127.0.0.1:80/", (second,)), seen(child.pid))
        together = placement_of(spec("http://127.0.0.1:80/", (first, second)), seen(child.pid))
    finally:
        child.communicate(b"\n")

    assert (apart, together) == (Placement.DISJOINT, Placement.SHARED)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://h:8080/x", ("h", 8080)),
        ("http://h/x", ("h", 80)),
        ("https://h", ("h", 443)),
        ("http://[::1]:9/", ("::1", 9)),
    ],
)
def test_host_and_port_of_an_address(address: str, expected: tuple[str, int]) -> None:
    """With the port of the scheme where none is written."""
    assert host_and_port(address) == expected


@pytest.mark.parametrize(
    ("host", "here"), [("localhost", True), ("127.8.9.1", True), ("::1", True), ("128.0.0.1", False), ("h", False)]
)
def test_names_of_the_loopback_are_here(host: str, here: bool) -> None:  # noqa: FBT001
    """All of 127.0.0.0/8."""
    assert is_here(host) is here
