"""Which figures a load may have."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from vedette.errors import InvalidError, UsageError
from vedette.rules.load.figures import check, check_schedule
from vedette.values.workload import Load, LoadKind

GOOD = {
    LoadKind.CLOSED: Load(LoadKind.CLOSED, clients=8, think_ms=5.0, requests=10),
    LoadKind.CONSTANT: Load(LoadKind.CONSTANT, rate=5.0, duration_s=2.0),
    LoadKind.POISSON: Load(LoadKind.POISSON, rate=5.0, duration_s=2.0),
    LoadKind.BURST: Load(LoadKind.BURST, rate=5.0, burst=2, duration_s=2.0),
    LoadKind.RAMP: Load(LoadKind.RAMP, rate=5.0, rate_to=1.0, duration_s=2.0),
    LoadKind.TRACE: Load(LoadKind.TRACE, trace="gate.txt"),
    LoadKind.PEAK: Load(LoadKind.PEAK, limit_ms=50.0, rate=500.0, duration_s=5.0),
    LoadKind.MLPERF_SINGLE_STREAM: Load(LoadKind.MLPERF_SINGLE_STREAM),
    LoadKind.MLPERF_MULTI_STREAM: Load(LoadKind.MLPERF_MULTI_STREAM),
    LoadKind.MLPERF_SERVER: Load(LoadKind.MLPERF_SERVER, rate=5.0, limit_ms=50.0),
    LoadKind.MLPERF_OFFLINE: Load(LoadKind.MLPERF_OFFLINE),
    LoadKind.SCENARIO_1: Load(LoadKind.SCENARIO_1),
    LoadKind.SCENARIO_2: Load(LoadKind.SCENARIO_2, warm_up=10),
    LoadKind.SCENARIO_3: Load(LoadKind.SCENARIO_3, requests=1000),
    LoadKind.SCENARIO_4: Load(LoadKind.SCENARIO_4),
}
FLAGS = {"think_ms": "--think", "duration_s": "--duration", "timeout_s": "--timeout"}
FOREIGN = {"clients": 2, "think_ms": 1.0, "rate": 1.0, "rate_to": 2.0, "burst": 3, "trace": "x.txt", "limit_ms": 9.0}


def flag_of(name: str) -> str:
    return FLAGS.get(name, "--" + name.replace("_", "-"))


@pytest.mark.parametrize("kind", LoadKind)
def test_every_kind_has_a_load_that_passes(kind: LoadKind) -> None:
    """A load with the figures of its kind is let through."""
    check(GOOD[kind])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (LoadKind.CONSTANT, "rate"),
        (LoadKind.POISSON, "rate"),
        (LoadKind.BURST, "rate"),
        (LoadKind.BURST, "burst"),
        (LoadKind.RAMP, "rate"),
        (LoadKind.RAMP, "rate_to"),
        (LoadKind.TRACE, "trace"),
        (LoadKind.PEAK, "limit_ms"),
        (LoadKind.MLPERF_SERVER, "rate"),
        (LoadKind.MLPERF_SERVER, "limit_ms"),
    ],
)
def test_a_missing_figure_is_named(kind: LoadKind, name: str) -> None:
    """The message names the load, and the option that is to be added."""
    flag = flag_of(name)

    with pytest.raises(UsageError, match=f"--load {kind} has no {flag}") as raised:
        check(replace(GOOD[kind], **{name: None}))

    assert raised.value.help == f"add {flag}"


@pytest.mark.parametrize("name", FOREIGN)
def test_a_figure_of_another_kind_is_never_ignored(name: str) -> None:
    """Whatever a scenario is given on top is refused, with the loads that use it."""
    flag = flag_of(name)

    with pytest.raises(UsageError, match=f"{flag} .* means nothing to --load scenario-1") as raised:
        check(Load(LoadKind.SCENARIO_1, **{name: FOREIGN[name]}))

    users = raised.value.help.split(": ")[1].split(", ")
    assert users
    for kind in users:
        check(replace(GOOD[LoadKind(kind)], **{name: FOREIGN[name]}))


def test_a_search_may_leave_figures_on_its_steps() -> None:
    """What a user may not write, a search may carry: a schedule is checked for what it needs only."""
    step = replace(GOOD[LoadKind.POISSON], limit_ms=50.0)

    check_schedule(step)
    with pytest.raises(UsageError, match=r"--limit-ms 50\.0 means nothing to --load poisson"):
        check(step)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf, 2e6])
@pytest.mark.parametrize("name", ["rate", "rate_to"])
def test_a_rate_must_be_possible(name: str, bad: float) -> None:
    """Zero, less, no number at all, and more than anything sends."""
    with pytest.raises(UsageError) as raised:
        check(replace(GOOD[LoadKind.RAMP], **{name: bad}))

    assert raised.value.message == f"{flag_of(name)} is {bad:g}"
    assert raised.value.help == "give a number, more than 0 and 1000000 at most"


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("think_ms", -1.0),
        ("think_ms", math.nan),
        ("duration_s", 0.0),
        ("duration_s", math.nan),
        ("duration_s", 1e9),
        ("timeout_s", 0.0),
        ("clients", 0),
        ("clients", 10_001),
        ("requests", 0),
        ("requests", -5),
        ("requests", 10**9),
        ("requests", 1.5),
        ("warm_up", -1),
    ],
)
def test_other_figures_have_bounds(name: str, bad: float) -> None:
    """Each figure out of bounds is refused with its value."""
    with pytest.raises(UsageError, match="is ") as raised:
        check(replace(GOOD[LoadKind.CLOSED], **{name: bad}))

    assert f"{bad:g}" in raised.value.message or str(bad) in raised.value.message
    assert raised.value.help.startswith("give a")


@pytest.mark.parametrize("name", ["limit_ms", "burst"])
def test_limits_and_bursts_are_above_zero(name: str) -> None:
    """Neither can be 0."""
    kind = LoadKind.PEAK if name == "limit_ms" else LoadKind.BURST

    with pytest.raises(UsageError, match=r"is 0"):
        check(replace(GOOD[kind], **{name: 0}))


@pytest.mark.parametrize("kind", LoadKind)
def test_something_says_when_a_load_ends(kind: LoadKind) -> None:
    """A trace, a scenario and MLPerf end by themselves; any other load without an end is invalid."""
    endless = replace(GOOD[kind], requests=None, duration_s=None)
    ends_by_itself = kind is LoadKind.TRACE or kind.is_mlperf or kind.is_scenario

    if ends_by_itself:
        check(endless)
    else:
        with pytest.raises(InvalidError, match=f"nothing says when --load {kind} ends"):
            check(endless)


def test_an_end_that_is_too_far_away_is_refused() -> None:
    """Ten requests at one in a million seconds take months; with a duration they do not."""
    slow = Load(LoadKind.CONSTANT, rate=1e-6, requests=10)

    with pytest.raises(UsageError, match="take 116 days"):
        check(slow)
    check(replace(slow, duration_s=60.0))


def test_more_requests_than_memory_holds_are_refused() -> None:
    """A day at the highest rate is refused before anything is made of it; with a number it is fine."""
    much = Load(LoadKind.POISSON, rate=1e6, duration_s=86400.0)

    with pytest.raises(UsageError, match="20000000 at most are kept"):
        check(much)
    check(replace(much, requests=100))


def test_an_empty_trace_is_refused() -> None:
    """No due time, no run."""
    with pytest.raises(UsageError, match="has no request that is due"):
        check(GOOD[LoadKind.TRACE], np.array([]))
