"""How quick devices are now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timed_devices import EXECUTION, TimedDevices, Timing
from virtual_time import VirtualClock, run

from vedette.errors import UnavailableError
from vedette.flows.bench.device import DeviceOrder
from vedette.flows.planning.probe import LEAD_NS, PROBE_S, Probed, later_now_s, later_uses
from vedette.values.device import DeviceKind


def probed(name: str, batch: int, later_s: float) -> Probed:
    return Probed(DeviceOrder(DeviceKind(name, 1.0), (0,), "m", "1", EXECUTION, ("a.jpg",)), batch, later_s)


def test_first_mini_batch_does_not_count() -> None:
    """L is of later ones: a process that is slow at first is not taken for a slow machine."""
    devices = TimedDevices({"cpu:1": Timing(1.0, first_s=9.0, later_s=0.25)})

    assert run(later_now_s(devices, [probed("cpu:1", 4, 0.2)], VirtualClock(), 10.0)) == [pytest.approx(0.25)]
    assert devices.made[0].runs == [(4, 4 * 51, 1_000_000_000 + LEAD_NS)]
    assert devices.made[0].closed == 1


def test_devices_work_at_the_same_time() -> None:
    """All begin at one instant, after the last has loaded."""
    devices = TimedDevices({"cpu:1": Timing(1.0, 0.0, 0.1), "cpu:0.5": Timing(4.0, 0.0, 0.3)})

    found = run(later_now_s(devices, [probed("cpu:1", 1, 0.1), probed("cpu:0.5", 2, 0.2)], VirtualClock()))

    assert found == pytest.approx([0.1, 0.3])
    assert [device.runs[0][2] for device in devices.made] == [4_000_000_000 + LEAD_NS] * 2


@pytest.mark.parametrize("step", ["load", "run"])
def test_device_that_fails_is_not_known_and_the_others_are(step: str) -> None:
    """It is ended like the others."""
    dead = Timing(fails=UnavailableError("gone", help="-"), fails_at=step)
    devices = TimedDevices({"cpu:1": dead, "cpu:0.5": Timing(0.0, 0.0, 0.3)})

    found = run(later_now_s(devices, [probed("cpu:1", 1, 0.1), probed("cpu:0.5", 2, 0.2)], VirtualClock()))

    assert found == [None, pytest.approx(0.3)]
    assert [device.closed for device in devices.made] == [1, 1]


@given(later_s=st.floats(0.0, 100.0), seconds=st.floats(1.0, 600.0))
def test_a_look_takes_about_as_long_as_is_asked(later_s: float, seconds: float) -> None:
    """As many mini-batches as fill it, 2 at least, and never without end."""
    uses = later_uses(later_s, seconds)

    assert 2 <= uses <= 500 * seconds + 1
    assert uses == 2 or later_s < 0.002 or seconds * (1 - 1e-9) <= uses * later_s < seconds + later_s + 1e-9
    assert PROBE_S == 3.0
