"""A plan of models side by side that is carried out: what it takes is what all models take in turn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timed_devices import TimedDevices, Timing, planned
from virtual_time import VirtualClock, run

from vedette.errors import ExhaustedError, UnavailableError
from vedette.flows.planning.probe import LEAD_NS
from vedette.flows.planning.verify import Duty
from vedette.flows.planning.verify_turns import TurnsVerifier
from vedette.values.demand import Start
from vedette.values.device import DeviceKind
from vedette.values.plan import Plan
from vedette.values.verification import Verification

DET, CLS = Timing(3.0, 0.5, 0.2), Timing(7.0, 0.9, 0.4)


def two_models(start: Start = Start.LOADED, later_s: float | None = None) -> tuple[Plan, list[Duty]]:
    """`det` does 12 images in fours and `cls` 6 in twos, both on the same core."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:1", 2, 6), start=start, later_s=later_s)
    both = [replace(one, number=1, model=name) for one, name in zip(plan.assignments, ("det", "cls"), strict=True)]
    named = [
        replace(duty, assignment=one, order=replace(duty.order, model=one.model))
        for duty, one in zip(duties, both, strict=True)
    ]
    return replace(plan, assignments=tuple(both)), named


def verified(
    plan: Plan, duties: list[Duty], timings: tuple[Timing, ...] = (DET, CLS), *, probe: bool = False
) -> tuple[Verification, TimedDevices]:
    devices = TimedDevices({"cpu:1": DET}, lambda number, _: timings[number % len(timings)])
    found = run(TurnsVerifier(devices, VirtualClock(), lambda _: None).verify(plan, duties, probe=probe))
    return found, devices


def test_the_second_model_begins_when_the_first_is_done() -> None:
    """W + t L of both added up; each run is counted from the common instant."""
    found, devices = verified(*two_models())

    assert [one.model for one in found.runs] == ["det", "cls"]
    assert [one.took_s for one in found.runs] == pytest.approx([0.5 + 2 * 0.2, 0.5 + 2 * 0.2 + 0.9 + 2 * 0.4])
    assert found.measured_s == pytest.approx(2.6)
    assert [one.load_s for one in found.runs] == [3.0, 7.0]
    assert [device.closed for device in devices.made] == [1, 1]


def test_all_models_are_loaded_before_the_first_begins() -> None:
    """They load one after the other; the instant lies after the last."""
    _, devices = verified(*two_models())

    assert devices.made[0].runs == [(4, 12, 10_000_000_000 + LEAD_NS)]
    assert devices.made[1].runs == [(2, 6, None)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0.01, 5.0)] * 3), min_size=2, max_size=2))
def test_a_cold_start_adds_the_loading_of_each(times: list[tuple[float, float, float]]) -> None:
    """Load + W + t L of each model in its turn: the sum in closed form."""
    timings = tuple(Timing(*one) for one in times)

    found, _ = verified(*two_models(Start.COLD), timings)

    assert found.measured_s == pytest.approx(sum(load + first + 2 * later for load, first, later in times), abs=1e-6)


def test_a_warm_start_runs_one_mini_batch_of_each_before() -> None:
    """What counts begins with a later mini-batch of every model."""
    found, devices = verified(*two_models(Start.WARM))

    assert [device.runs[0][:2] for device in devices.made] == [(4, 4), (2, 2)]
    assert found.measured_s == pytest.approx(3 * 0.2 + 3 * 0.4)


def test_models_are_probed_alone_by_other_processes() -> None:
    """The speed is L as profiled over L as probed, and their mean; the processes that work are fresh."""
    found, devices = verified(*two_models(later_s=0.1), probe=True)

    assert [one.speed for one in found.runs] == pytest.approx([0.5, 0.25])
    assert found.speed == pytest.approx(0.375)
    assert len(devices.made) == 4
    assert [device.closed for device in devices.made] == [1, 1, 1, 1]
    assert found.measured_s == pytest.approx(2.6)


@pytest.mark.parametrize("step", ["load", "run"])
@pytest.mark.parametrize("start", list(Start))
def test_a_model_that_fails_leaves_the_other_its_turn(start: Start, step: str) -> None:
    """No time is measured then; the reason names the model."""
    dead = replace(DET, fails=ExhaustedError("killed for want of memory", help="-"), fails_at=step)

    found, devices = verified(*two_models(start), (dead, CLS))

    assert found.measured_s is None
    assert found.reason == "det: killed for want of memory"
    assert found.runs[1].failed == ""
    assert found.runs[1].images == 6
    assert [device.closed for device in devices.made] == [1, 1]


def test_images_that_are_left_out_are_a_failure() -> None:
    """They are never counted as done."""
    found, _ = verified(*two_models(), (DET, replace(CLS, loses=1)))

    assert found.measured_s is None
    assert found.reason == "cls: it worked through 5 of 6 images"


def test_a_process_that_does_not_end_is_told() -> None:
    """The measured time stays."""
    stuck = replace(DET, fails=UnavailableError("process 7 does not end", help="-"), fails_at="close")

    found, _ = verified(*two_models(), (stuck, CLS))

    assert found.measured_s == pytest.approx(2.6)
    assert "process 7 does not end" in found.notes


def test_the_memory_of_all_is_told_beside_the_limit() -> None:
    """And that nothing limits their sum."""
    plan, duties = two_models()
    small = DeviceKind("cpu:1", 1.0, 3_000_000_000)
    duties = [replace(duty, assignment=replace(duty.assignment, device=small)) for duty in duties]

    found, _ = verified(plan, duties)

    assert "of 3,000 MB; each process was limited to that alone, their sum was not" in found.notes[0]
