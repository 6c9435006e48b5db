"""Energy and carbon out of watts and a throughput."""

from __future__ import annotations

import pytest

from vedette.rules.capacity.energy import Basis, estimated_power, job_energy, measured_power
from vedette.values.evidence import Estimate


def test_joules_watt_hours_and_grams_follow_from_watts() -> None:
    """36 W at 10 images a second: 3.6 J = 1 mWh each; a million: 1 kWh, 250 g at 250 g a kWh."""
    found = job_energy(measured_power(36.0, "energy.rapl.package-0"), Estimate(10.0), 2_000_000, 250.0)
    assert found.job_co2_g is not None
    assert found.co2_g_per_million is not None

    assert found.joules_per_image.value == pytest.approx(3.6)
    assert found.wh_per_image.value == pytest.approx(1e-3)
    assert found.job_kwh.value == pytest.approx(2.0)
    assert found.job_co2_g.value == pytest.approx(500.0)
    assert found.co2_g_per_million.value == pytest.approx(250.0)


def test_the_interval_is_that_of_the_throughput() -> None:
    """A slower server draws for longer."""
    found = job_energy(measured_power(36.0, "c"), Estimate(10.0, 8.0, 12.0), 1000, 100.0)
    assert found.job_co2_g is not None

    assert (found.joules_per_image.low, found.joules_per_image.high) == pytest.approx((3.0, 4.5))
    assert found.job_co2_g.high == pytest.approx(4.5 * 1000 / 3.6e6 * 100)


def test_no_grid_no_carbon() -> None:
    """It is not guessed; a grid of 0 is one."""
    power = measured_power(36.0, "c")

    assert job_energy(power, Estimate(10.0), 1000).job_co2_g is None
    clean = job_energy(power, Estimate(10.0), 1000, 0.0).job_co2_g
    assert clean is not None
    assert clean.value == 0


def test_without_a_throughput_there_is_no_energy_an_image() -> None:
    """And the reason is kept."""
    found = job_energy(measured_power(36.0, "c"), Estimate(None, reason="nothing was answered"), 1000, 100.0)

    assert found.joules_per_image.value is None
    assert found.joules_per_image.reason == "nothing was answered"


def test_an_estimate_is_called_one_with_its_assumption() -> None:
    """Cores, watts a core, and where they are assumed."""
    power = estimated_power(1.5, 10.0, "cpu-2-cores")

    assert power.watts == 15
    assert power.basis is Basis.ESTIMATED
    assert power.told == (
        "an estimate: 1.50 busy cores of the server at 10 W each, as assumed for cpu-2-cores in the price file"
    )
    assert measured_power(1.0, "gpu.0.energy").told == "measured by gpu.0.energy"
