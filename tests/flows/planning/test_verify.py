"""A plan that is carried out: what it takes is what its slowest device takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timed_devices import TimedDevices, Timing, planned
from virtual_time import VirtualClock, run

from vedette.errors import ExhaustedError, UnavailableError
from vedette.flows.planning.probe import LEAD_NS
from vedette.flows.planning.verify import Duty, Verifier
from vedette.values.demand import Start
from vedette.values.plan import Plan, Prediction
from vedette.values.verification import Verification


def verified(plan: Plan, duties: list[Duty], devices: TimedDevices, *, probe: bool = False) -> Verification:
    return run(Verifier(devices, VirtualClock(), lambda _: None).verify(plan, duties, probe=probe))


def test_makespan_is_that_of_the_slowest_device() -> None:
    """W + t L of each device, counted from the instant at which all begin; the longest is the makespan."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
    devices = TimedDevices({"cpu:1": Timing(3.0, 0.5, 0.2), "cpu:0.5": Timing(7.0, 0.9, 0.4)})

    found = verified(plan, duties, devices)

    assert [one.took_s for one in found.runs] == pytest.approx([0.5 + 2 * 0.2, 0.9 + 2 * 0.4])
    assert found.measured_s == pytest.approx(1.7)
    assert [one.warm_up_s for one in found.runs] == pytest.approx([0.5, 0.9])
    assert [one.load_s for one in found.runs] == [3.0, 7.0]
    assert [one.images for one in found.runs] == [12, 6]


def test_all_devices_begin_at_one_instant_after_the_last_has_loaded() -> None:
    """One instant is told to every device; it lies after the slowest loading."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
    devices = TimedDevices({"cpu:1": Timing(3.0), "cpu:0.5": Timing(7.0)})

    verified(plan, duties, devices)

    assert [device.runs[0][2] for device in devices.made] == [7_000_000_000 + LEAD_NS] * 2


def test_cold_start_counts_loading() -> None:
    """Processes are started together and each works once it has loaded: the load time is in its own time."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6), start=Start.COLD)
    devices = TimedDevices({"cpu:1": Timing(3.0, 0.5, 0.2), "cpu:0.5": Timing(1.0, 0.9, 0.4)})

    found = verified(plan, duties, devices)

    assert [one.took_s for one in found.runs] == pytest.approx([3.9, 2.7])
    assert found.measured_s == pytest.approx(3.9)


def test_warm_start_runs_one_mini_batch_before() -> None:
    """What counts begins with a later mini-batch: the first one ran before the common instant."""
    plan, duties = planned(("cpu:1", 4, 12), start=Start.WARM)
    devices = TimedDevices({"cpu:1": Timing(3.0, 0.5, 0.2)})

    found = verified(plan, duties, devices)

    assert [(batch, images) for batch, images, _ in devices.made[0].runs] == [(4, 4), (4, 12)]
    assert found.measured_s == pytest.approx(3 * 0.2)


def test_prediction_is_judged_as_it_stands() -> None:
    """Error is (measured - predicted) / measured; deadline and interval are those of the plan."""
    plan, duties = planned(("cpu:1", 4, 12), within_s=0.8, makespan=Prediction(0.72, 0.7, 0.9))

    found = verified(plan, duties, TimedDevices({"cpu:1": Timing(0.0, 0.5, 0.2)}))

    assert found.predicted_s == 0.72
    assert found.error == pytest.approx((0.9 - 0.72) / 0.9)
    assert found.held is False
    assert found.within_interval is True


def test_device_that_dies_leaves_the_others_their_figures() -> None:
    """There is no makespan then; the reason names the device, and the other one's run is whole."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
    dead = Timing(fails=ExhaustedError("killed for want of memory", help="-"), fails_at="run")
    devices = TimedDevices({"cpu:1": dead, "cpu:0.5": Timing(1.0, 0.9, 0.4)})

    found = verified(plan, duties, devices)

    assert found.measured_s is None
    assert found.error is None
    assert found.held is None
    assert found.reason == "cpu:1 1: killed for want of memory"
    assert found.runs[1].took_s == pytest.approx(1.7)
    assert [device.closed for device in devices.made] == [1, 1]


def test_device_that_cannot_load_is_not_run() -> None:
    """The others still work, and it is told."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
    dead = Timing(fails=UnavailableError("no such file", help="-"), fails_at="load")
    devices = TimedDevices({"cpu:1": dead, "cpu:0.5": Timing(1.0, 0.9, 0.4)})

    found = verified(plan, duties, devices)

    assert devices.made[0].runs == []
    assert found.runs[0].failed == "no such file"
    assert found.runs[1].failed == ""
    assert [device.closed for device in devices.made] == [1, 1]


def test_device_that_does_not_finish_its_images_has_failed() -> None:
    """Images that were left out are never counted as done."""
    plan, duties = planned(("cpu:1", 4, 12))

    found = verified(plan, duties, TimedDevices({"cpu:1": Timing(loses=3)}))

    assert found.measured_s is None
    assert found.reason == "cpu:1 1: it worked through 9 of 12 images"


def test_device_that_cannot_be_ended_keeps_its_figures() -> None:
    """What it took was measured before; that it is left is a note."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
    stuck = Timing(0.0, 0.5, 0.2, UnavailableError("it does not end", help="-"), "close")
    devices = TimedDevices({"cpu:1": stuck, "cpu:0.5": Timing()})

    found = verified(plan, duties, devices)

    assert found.measured_s == pytest.approx(0.9)
    assert found.notes == ("it does not end",)
    assert [device.closed for device in devices.made] == [1, 1]


def test_what_is_started_is_ended_when_something_breaks() -> None:
    """A bug in one device ends the verification, and every device."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
    devices = TimedDevices({"cpu:1": Timing(), "cpu:0.5": Timing()})
    broken = [duties[0], replace(duties[1], assignment=replace(duties[1].assignment, batch=0))]

    with pytest.raises(ExceptionGroup):
        verified(plan, broken, devices)
    assert [device.closed for device in devices.made] == [1, 1]


def test_limits_that_are_not_enforced_are_told_once() -> None:
    """Each sentence comes once, however many devices tell it."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:1", 4, 12), ("cpu:0.5", 2, 6))
    devices = TimedDevices({"cpu:1": Timing(not_enforced=("a",)), "cpu:0.5": Timing(not_enforced=("b", "a"))})

    assert verified(plan, duties, devices).not_enforced == ("a", "b")


# --- probe ------------------------------------------------------------------------------------------------------------


def test_speed_is_the_profiled_latency_over_the_probed_one() -> None:
    """A machine that takes 0.25 s where 0.2 s were profiled runs at 0.8 of its speed; the prediction stays."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:1", 4, 12), later_s=0.2)

    found = verified(plan, duties, TimedDevices({"cpu:1": Timing(1.0, 0.5, 0.25)}), probe=True)

    assert found.speed == pytest.approx(0.8)
    assert [one.speed for one in found.runs] == pytest.approx([0.8, 0.8])
    assert found.predicted_s == 1.0
    assert found.measured_s == pytest.approx(1.0)


def test_probed_devices_are_others_than_those_that_run() -> None:
    """W is of a fresh process: what was probed has run before, and is ended first."""
    plan, duties = planned(("cpu:1", 4, 12), ("cpu:1", 4, 12), later_s=0.2)
    devices = TimedDevices({"cpu:1": Timing(1.0, 0.5, 0.25)})

    verified(plan, duties, devices, probe=True)

    assert len(devices.made) == 4
    assert [device.runs[0][1] for device in devices.made] == [4 * 16, 4 * 16, 12, 12]
    assert devices.made[0].runs[0][2] == devices.made[1].runs[0][2]
    assert all(device.closed == 1 for device in devices.made)


def test_probe_that_fails_leaves_the_speed_out() -> None:
    """The plan is carried out nevertheless."""
    plan, duties = planned(("cpu:1", 4, 12), later_s=0.2)
    dead = Timing(fails=UnavailableError("gone", help="-"), fails_at="run")
    devices = TimedDevices({"cpu:1": dead}, lambda number, timing: timing if number == 0 else Timing(0.0, 0.5, 0.2))

    found = verified(plan, duties, devices, probe=True)

    assert found.speed is None
    assert found.measured_s == pytest.approx(0.9)


def test_nothing_is_probed_where_the_latency_is_not_known() -> None:
    """Without L there is nothing to hold a probe against."""
    plan, duties = planned(("cpu:1", 4, 12))
    devices = TimedDevices({"cpu:1": Timing()})

    assert verified(plan, duties, devices, probe=True).speed is None
    assert len(devices.made) == 1


@settings(max_examples=50)
@given(
    parts=st.lists(
        st.tuples(st.sampled_from(["cpu:1", "cpu:0.5"]), st.integers(1, 5), st.integers(1, 40)), min_size=1, max_size=5
    ),
    loads=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    start=st.sampled_from(list(Start)),
)
def test_measured_makespan_equals_the_formula(
    parts: list[tuple[str, int, int]], loads: tuple[int, int], start: Start
) -> None:
    """max over devices of (load +) W + t L, whatever the devices, their shares and the start."""
    plan, duties = planned(*parts, start=start)
    timings = {"cpu:1": Timing(loads[0], 5.0, 2.0), "cpu:0.5": Timing(loads[1], 9.0, 4.0)}

    found = verified(plan, duties, TimedDevices(timings))

    def formula(name: str, batch: int, images: int) -> float:
        timing, later = timings[name], -(-images // batch) - 1
        first = timing.later_s if start is Start.WARM else timing.first_s
        return (timing.load_s if start is Start.COLD else 0) + first + later * timing.later_s

    assert found.measured_s == pytest.approx(max(formula(*part) for part in parts))
