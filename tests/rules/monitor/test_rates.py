"""What samples say of a window, against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.monitor.rates import (
    cpu_use,
    estimated_joules,
    growth,
    measured_joules,
    other_cpu_share,
    process_cores,
    process_cpu_s,
    rate,
    steal_share,
    throttled_share,
    utilisation,
    why_absent,
)
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples

NAN = float("nan")
S = 1_000_000_000

MACHINE = {  # two cores, four seconds: 8 s of CPU time in all
    "system.cpu.user": [10, 10.5, 11, 12, 13],
    "system.cpu.nice": [0, 0, 0, 0, 0],
    "system.cpu.system": [5, 5, 5.5, 5.5, 6],
    "system.cpu.idle": [100, 101, 101.5, 102, 102.5],
    "system.cpu.iowait": [1, 1.5, 1.5, 1.5, 1.5],
    "system.cpu.irq": [0, 0, 0, 0, 0],
    "system.cpu.softirq": [0, 0, 0, 0, 0],
    "system.cpu.steal": [2, 2, 2.5, 3, 3],
}
TREES = {
    "process.server.tree.cpu_user": [1, 1.25, 1.5, 2, 2.5],
    "process.server.tree.cpu_system": [0, 0, 0.25, 0.25, 0.5],
    "process.monitor.tree.cpu_user": [0, 0.1, 0.1, 0.1, 0.25],
    "process.monitor.tree.cpu_system": [0, 0, 0, 0, 0],
}


def samples(columns: dict[str, list[float]], *absences: Absence, step_ns: int = S) -> Samples:
    count = len(next(iter(columns.values())))
    return Samples(
        at_ns=np.arange(count, dtype=np.int64) * step_ns + 7,
        took_ns=np.zeros(count, np.int64),
        columns={name: np.array(values, float) for name, values in columns.items()},
        features=tuple(Feature(name, "s", "", "", Pace.FAST, Reckoning.COUNTER) for name in columns),
        absences=absences,
        peaks={},
        cpu_s=0.1,
    )


def test_a_rate_is_the_difference_over_the_time_between_two_readings() -> None:
    """Readings that are missing are spanned, and each rate stands at the end of its interval."""
    at_ns, per_second = rate(samples({"x": [1, NAN, 5, 5]}, step_ns=S // 2), "x")

    assert at_ns.tolist() == [S + 7, 3 * S // 2 + 7]
    assert per_second.tolist() == [4, 0]


def test_a_counter_that_began_anew_has_no_rate_there() -> None:
    """Its growth counts on from 0, which is the least that can have happened."""
    made = samples({"x": [10, 12, 1, 4]})

    np.testing.assert_array_equal(rate(made, "x")[1], [2, NAN, 3])
    assert growth(made, "x") == 6


@pytest.mark.parametrize("columns", [{"x": [3.0]}, {"x": [NAN, NAN]}, {"y": [1, 2]}])
def test_fewer_than_two_readings_give_nothing(columns: dict[str, list[float]]) -> None:
    """No rate and no growth, never 0."""
    made = samples(columns)

    assert len(rate(made, "x")[0]) == len(rate(made, "x")[1]) == 0
    assert growth(made, "x") is None


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=30))
def test_rates_sum_up_to_the_growth(steps: list[float]) -> None:
    """The area under the rate of a counter that never falls is by how much it grew."""
    made = samples({"x": np.cumsum(steps).tolist()})

    at_ns, per_second = rate(made, "x")

    area = float(np.sum(per_second * np.diff(np.concatenate(([7], at_ns))) / 1e9))
    assert area == pytest.approx(growth(made, "x"), rel=1e-9, abs=1e-6)


def test_shares_of_the_machine() -> None:
    """Of 8 s: 3 user + 1 system busy, 1 stolen, 2.5 idle, 0.5 waiting for disks."""
    made = samples(MACHINE)

    assert cpu_use(made) == pytest.approx(4 / 8)
    assert steal_share(made) == pytest.approx(1 / 8)


def test_a_window_counts_what_lies_in_it() -> None:
    """From 2 s to 4 s: of 4 s, 2 user + 0.5 system busy, 0.5 stolen."""
    window = (2 * S, 4 * S + 7)

    assert cpu_use(samples(MACHINE), window) == pytest.approx(2.5 / 4)
    assert steal_share(samples(MACHINE), window) == pytest.approx(0.5 / 4)
    assert cpu_use(samples(MACHINE), (0, 1)) is None


def test_utilisation_over_time_agrees_with_the_share_over_all() -> None:
    """Weighted by the time in each interval, which is 2 s for each."""
    at_ns, share = utilisation(samples(MACHINE))

    assert at_ns.tolist() == [S + 7, 2 * S + 7, 3 * S + 7, 4 * S + 7]
    assert share.tolist() == pytest.approx([0.25, 0.5, 0.5, 0.75])
    assert len(utilisation(samples({"x": [1, 2]}))[0]) == 0


def test_an_interval_without_counted_time_has_no_utilisation() -> None:
    """At 100 Hz the kernel's tick of 10 ms may not have come."""
    made = samples({"core.0.cpu.user": [1, 1, 2], "core.0.cpu.system": [0, 0, 0], "core.0.cpu.idle": [4, 4, 5]})

    np.testing.assert_array_equal(utilisation(made, "core.0")[1], [NAN, 0.5])


def test_what_a_tree_used() -> None:
    """1.5 s user and 0.5 s system in 4 s: half a core."""
    made = samples(MACHINE | TREES)

    assert process_cpu_s(made, "server") == pytest.approx(2.0)
    assert process_cores(made, "server") == pytest.approx(0.5)
    assert process_cores(made, "client") is None


def test_what_nobody_watched_used() -> None:
    """Of 4 s busy the server had 2 and the monitor 0.25; a role that was not recorded leaves it unknown."""
    made = samples(MACHINE | TREES)

    assert other_cpu_share(made) == pytest.approx(1.75 / 8)
    assert other_cpu_share(made, ["server"]) == pytest.approx(2 / 8)
    assert other_cpu_share(made, ["server", "client"]) is None
    assert other_cpu_share(samples(TREES)) is None


def test_more_than_the_machine_counted_is_nobody_else() -> None:
    """The two clocks of the kernel differ by ticks; a share below 0 would be nonsense."""
    made = samples(MACHINE | {"process.x.tree.cpu_user": [0, 1, 3, 6, 9], "process.x.tree.cpu_system": [0] * 5})

    assert other_cpu_share(made) == 0.0


def test_throttling_is_the_share_of_periods_in_which_the_quota_ran_out() -> None:
    """The worst of the groups; a group without quota counts no periods and is not throttled; no group: unknown."""
    made = samples(
        {
            "cgroup.server.cpu.periods": [100, 140],
            "cgroup.server.cpu.throttled_periods": [5, 15],
            "cgroup.client.cpu.periods": [0, 0],
            "cgroup.client.cpu.throttled_periods": [0, 0],
        }
    )

    assert throttled_share(made, "server") == 0.25
    assert throttled_share(made, "client") == 0.0
    assert throttled_share(made) == 0.25
    assert throttled_share(made, "monitor") is None
    assert throttled_share(samples(MACHINE)) is None


def test_energy_of_whole_parts_only() -> None:
    """A package holds its cores and a GPU is one; memory and cores of a package would count twice."""
    made = samples(
        {
            "energy.rapl.package-0": [10, 40],
            "energy.rapl.package-0.core": [5, 25],
            "energy.rapl.psys": [0, 99],
            "gpu.0.energy": [100, 107],
            "gpu.1.energy": [NAN, NAN],
        }
    )

    assert measured_joules(made) == {"energy.rapl.package-0": 30, "gpu.0.energy": 7}
    assert measured_joules(samples(MACHINE)) == {}
    assert estimated_joules(3.0, 15.0) == 45.0


def test_the_nearest_reason_is_given() -> None:
    """Of the feature, else of its group; none for what was recorded."""
    made = samples(
        {"x": [1, 2], "gpu.0.fan": [NAN, NAN], "y": [NAN, NAN]},
        Absence("gpu", "no driver"),
        Absence("gpu.0.fan", "Not Supported"),
    )

    assert why_absent(made, "x") is None
    assert why_absent(made, "gpu.0.fan") == "Not Supported"
    assert why_absent(made, "gpu.0.power") == "no driver"
    assert why_absent(made, "gpus") == "it was not among what was watched"
    assert why_absent(made, "y") == "it was never read while the run went on"
