"""RAPL's counters, from a fake /sys/class/powercap."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.energy import energy_probes

ZONE = "sys/class/powercap/intel-rapl:0"
FILES = {
    f"{ZONE}/name": "package-0\n",
    f"{ZONE}/energy_uj": "9000000\n",
    f"{ZONE}/max_energy_range_uj": "10000000\n",
    "sys/class/powercap/intel-rapl:0:1/name": "dram\n",
    "sys/class/powercap/intel-rapl:0:1/energy_uj": "500000\n",
    "sys/class/powercap/intel-rapl:0:1/max_energy_range_uj": "10000000\n",
}


def test_every_zone_is_named_with_its_parents(tmp_path: Path) -> None:
    """In joules."""
    assert reading(*energy_probes(plant(tmp_path, FILES))) == {
        "energy.rapl.package-0": 9.0,
        "energy.rapl.package-0.dram": 0.5,
    }


def test_a_counter_that_starts_anew_goes_on(tmp_path: Path) -> None:
    """Twice over the range of 10 J: what is read only grows."""
    probes = energy_probes(plant(tmp_path, FILES))
    found = [reading(*probes)["energy.rapl.package-0"]]

    for text in ("9500000\n", "1000000\n", "7000000\n", "200000\n"):
        plant(tmp_path, {f"{ZONE}/energy_uj": text})
        found.append(reading(*probes)["energy.rapl.package-0"])

    assert found == pytest.approx([9.0, 9.5, 11.0, 17.0, 20.2])


def test_a_machine_without_it_says_why(tmp_path: Path) -> None:
    """It is absent, never 0 J."""
    assert reading(*energy_probes(tmp_path)) == {}
    assert "has no intel-rapl" in reasons(*energy_probes(tmp_path))["energy.rapl"]


@pytest.mark.parametrize("text", ["", "none\n"])
def test_a_file_without_a_number_is_an_absence(tmp_path: Path, text: str) -> None:
    """NaN, and why."""
    probes = energy_probes(plant(tmp_path, FILES | {f"{ZONE}/energy_uj": text}))

    assert str(reading(*probes)["energy.rapl.package-0"]) == "nan"
    assert "holds no number" in reasons(*probes)["energy.rapl.package-0"]
