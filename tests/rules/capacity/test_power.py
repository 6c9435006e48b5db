"""Power of a run: measured where there is a counter, else an estimate that is called one, else a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_runs import made_run

from vedette.rules.capacity.cost import Tariff
from vedette.rules.capacity.energy import Basis
from vedette.rules.capacity.power import power_of
from vedette.values.device import Billing
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples
from vedette.values.run import RunData

ABSENCES = (Absence("energy.rapl", "no powercap here"),)


def tariff(watts: float | None = 10.0) -> Tariff:
    return Tariff("cpu", "a machine", 1.0, "EUR", Billing.SECOND, watts, "a test")


def with_counters(data: RunData, per_second: dict[str, float], hz: float = 10.0) -> RunData:
    """Counters that grow evenly, read from before the first request to after the last."""
    rows = data.requests
    at_ns = np.arange(rows.sent.min() - 10**9, rows.done.max() + 10**9, int(1e9 / hz))
    features = tuple(
        Feature(name, "J" if "energy" in name else "s", "made", "made", Pace.FAST, Reckoning.COUNTER)
        for name in per_second
    )
    columns = {name: 1000 + (at_ns - at_ns[0]) / 1e9 * slope for name, slope in per_second.items()}
    absences = () if any("rapl" in name for name in per_second) else ABSENCES
    return replace(data, samples=Samples(at_ns, np.zeros(len(at_ns)), columns, features, absences, {}, 0.0))


def test_packages_and_boards_are_added_up() -> None:
    """20 W and 100 W; what lies within a package is not counted twice."""
    data = with_counters(
        made_run(repeats=3, count=100),
        {"energy.rapl.package-0": 20.0, "energy.rapl.package-0.core": 15.0, "gpu.0.energy": 100.0},
    )

    power, reason = power_of(data, tariff())

    assert reason == ""
    assert power is not None
    assert power.watts == pytest.approx(120.0)
    assert power.basis is Basis.MEASURED
    assert power.told == "measured by energy.rapl.package-0 + gpu.0.energy"


def test_time_between_repeats_does_not_count() -> None:
    """A machine that draws 50 W while requests count and 5 W between them has 50 W."""
    data = made_run(repeats=2, count=100)
    data = with_counters(data, {"energy.rapl.package-0": 5.0}, hz=100.0)
    assert data.samples is not None
    at_ns = data.samples.at_ns
    busy = np.zeros(len(at_ns))
    for repeat in range(2):
        rows = data.requests.where(data.requests.repeat == repeat)
        busy[(at_ns >= rows.scheduled.min()) & (at_ns <= rows.done.max())] = 1
    drawn = np.concatenate([[0.0], np.cumsum((5.0 + 45.0 * busy[1:]) * np.diff(at_ns) / 1e9)])
    data = replace(data, samples=replace(data.samples, columns={"energy.rapl.package-0": drawn}))

    power, _ = power_of(data)

    assert power is not None
    assert power.watts == pytest.approx(50.0, rel=1e-6)


def test_else_the_cores_that_the_server_kept_busy() -> None:
    """1.2 cores in user space and 0.3 in the kernel at 10 W each."""
    data = with_counters(
        made_run(repeats=2, count=100), {"process.server.tree.cpu_user": 1.2, "process.server.tree.cpu_system": 0.3}
    )

    power, _ = power_of(data, tariff())

    assert power is not None
    assert power.watts == pytest.approx(15.0)
    assert power.basis is Basis.ESTIMATED


def test_what_is_lacking_is_told() -> None:
    """No monitor, no tariff, no watts a core, no CPU time, no right answer."""
    data = made_run(repeats=1, count=100)
    server = with_counters(data, {"process.server.tree.cpu_user": 1.0, "process.server.tree.cpu_system": 0.0})

    def reason(of: RunData, by: Tariff | None = None) -> str:
        power, told = power_of(of, by)
        assert power is None
        return told

    assert reason(replace(data, samples=None), tariff()) == "the run was not monitored"
    assert reason(made_run(repeats=1, count=40, failed=40), tariff()) == "no request of the run counts"
    assert "no device was named" in reason(server)
    assert "no powercap here" in reason(server)
    assert "cpu has no watts_per_core" in reason(server, tariff(None))
    assert "neither was the server's CPU time" in reason(with_counters(data, {"other": 1.0}), tariff())
