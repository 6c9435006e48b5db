"""Frequencies, temperatures and heat, from a fake /sys."""

from __future__ import annotations

from pathlib import Path

from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.clocks import MOST_CORES, clock_probes

CPU = "sys/devices/system/cpu"


def test_frequencies_temperatures_and_heat(tmp_path: Path) -> None:
    """Kilohertz become hertz, thousandths of a degree degrees."""
    plant(
        tmp_path,
        {
            f"{CPU}/cpu0/cpufreq/scaling_cur_freq": "2400000\n",
            f"{CPU}/cpu1/cpufreq/scaling_cur_freq": "1200000\n",
            f"{CPU}/cpu0/thermal_throttle/core_throttle_count": "3\n",
            f"{CPU}/cpufreq/policy0": "",
            "sys/class/thermal/thermal_zone0/temp": "45500\n",
        },
    )

    assert reading(*clock_probes(tmp_path)) == {
        "core.0.frequency": 2.4e9,
        "core.1.frequency": 1.2e9,
        "core.0.slowed": 3,
        "temperature.0.now": 45.5,
    }
    assert "package_throttle_count" not in reasons(*clock_probes(tmp_path))
    assert "No such file" in reasons(*clock_probes(tmp_path))["core.0.package_slowed"]


def test_a_machine_without_them_says_why(tmp_path: Path) -> None:
    """As virtual machines do."""
    assert reading(*clock_probes(tmp_path)) == {}
    assert reasons(*clock_probes(tmp_path)).keys() == {"core.frequency", "temperature", "core.slowed"}


def test_cores_are_read_in_their_order_up_to_a_limit(tmp_path: Path) -> None:
    """Core 10 comes behind core 9."""
    cores = range(MOST_CORES + 4)
    plant(tmp_path, {f"{CPU}/cpu{core}/cpufreq/scaling_cur_freq": f"{core}\n" for core in cores})

    assert list(reading(*clock_probes(tmp_path))) == [f"core.{core}.frequency" for core in range(MOST_CORES)]
