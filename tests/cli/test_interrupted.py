"""Commands that start processes, and a signal in the middle: what ends, what is kept, and what is said of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from carried_plans import CHEAPER, kept_rate, ready
from ended_processes import groups_of, has_ended, started_by
from profiled_models import given_profile

from vedette.adapters.probes.fingerprint import fingerprint
from vedette.values.device import DeviceKind
from vedette.values.profile import Origin
from vedette.values.trial import Placement
from vedette.wiring.plan_store import home_plans
from vedette.wiring.profiles import home_profiles

ENDING = [signal.SIGINT, signal.SIGTERM]
PROFILE = (
    "profile",
    "colour",
    "--runtime",
    "onnxruntime",
    "--precision",
    "fp32",
    "--size",
    "32x24",
    "--batch",
    "1,2,4",
)


@contextmanager
def until(line: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A command that has just said a line; a background shell ignores Ctrl-C, the command must not."""
    command = ("env", "--default-signal=INT", sys.executable, "-m", "vedette", *map(str, words))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = next((told for told in process.stderr if line in told), None)
            assert said is not None
            yield process
        finally:
            process.kill()


def struck(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """What a command says from a signal on until its end."""
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    return told


# --- profile ----------------------------------------------------------------------------------------------------------


def test_an_interrupted_profile_keeps_its_whole_trials(home: Path) -> None:
    """Two mini-batches of three; its process and groups are gone, plans that rest on it say what it lacks."""
    ready(home)

    with until("batch 4, 32x24 (trial 1 of 3)", *PROFILE) as process:
        devices, told = started_by(process.pid, "device"), struck(process, signal.SIGTERM)

    (kept,) = (one for one in home_profiles().all() if one.origin is Origin.MEASURED)
    lacks = "broken off: batch 4 of 32x24 not measured; batch 1, 2 of 32x24 measured in 1 of 3 trials"
    assert process.returncode == 130, told
    assert f"kept as profile {kept.id} ({lacks})" in told
    assert [(point.batch, point.latency_s is not None) for point in kept.points] == [(1, True), (2, True)]
    assert all(map(has_ended, devices))
    assert groups_of(process.pid) == []
    assert any(lacks in warning for warning in warnings_of(kept.id))


def warnings_of(profile: str) -> list[str]:
    """Of a plan that rests on a profile."""
    words = ("deadline", "--model", "colour", "--images", "100", "--within", "1h", "--devices", "cpu:1")
    given = ("--class", "relaxed", "--size", "32x24", "--profile", profile, "--no-profile", "--format", "json")
    done = subprocess.run(
        [sys.executable, "-m", "vedette", "plan", *words, *given],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    warnings: list[str] = json.loads(done.stdout)["warnings"]
    return warnings


def test_a_profile_that_is_interrupted_at_once_keeps_nothing(home: Path) -> None:
    """One whole trial tells neither a slope nor a deviation."""
    ready(home)

    with until("batch 2, 32x24 (trial 1 of 3)", *PROFILE) as process:
        told = struck(process, signal.SIGINT)

    assert process.returncode == 130
    assert "interrupted: nothing of colour on cpu:1 is kept" in told
    assert [one.origin for one in home_profiles().all()] == [Origin.GIVEN]


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ENDING)
def test_an_interrupted_verification_of_a_rate_ends_its_server(home: Path, number: signal.Signals) -> None:
    """And its control groups; no verification is kept."""
    ready(home)
    plan = kept_rate(rate=20.0)

    with until("images a second on for", "plan", "verify", plan.id) as process:
        servers, made = started_by(process.pid, "serve"), groups_of(process.pid)
        told = struck(process, number)

    assert process.returncode == 130, told
    assert len(servers) == 1
    assert all(map(has_ended, servers))
    assert not any(group.exists() for group in made)
    assert home_plans().verifications(plan.id) == ((), ())


def test_a_verification_of_a_rate_that_is_killed_takes_its_server_along(home: Path) -> None:
    """Nothing of ours runs any more that could end it: its guard does."""
    ready(home)
    plan = kept_rate(rate=20.0)

    with until("images a second on for", "plan", "verify", plan.id) as process:
        servers = started_by(process.pid, "serve")
        struck(process, signal.SIGKILL)

    assert len(servers) == 1
    assert all(map(has_ended, servers))


def test_a_plan_that_is_interrupted_while_a_request_is_measured_ends_its_server(home: Path) -> None:
    """The profile stays as it was."""
    ready(home)
    given = given_profile(CHEAPER)
    here = replace(
        given,
        profiled=replace(given.profiled, device=DeviceKind("cpu:1", 1.0)),
        origin=Origin.MEASURED,
        environment=fingerprint(Placement.IN_PROCESS),
    )
    home_profiles().put(here)
    words = ("rate", "--model", "colour", "--rate", "20/s", "--p99", "10s", "--devices", "cpu:1")

    with until("what a request to colour", "plan", *words) as process:
        while not (servers := started_by(process.pid, "serve")):
            assert process.poll() is None
        told = struck(process, signal.SIGTERM)

    assert process.returncode == 130, told
    assert all(map(has_ended, servers))
    assert home_profiles().get(here.id).request_s is None
