"""How fast the cores run, how warm they are, how often heat slowed them, from /sys. Most virtual machines show none."""

from __future__ import annotations

from pathlib import Path

from vedette.adapters.probes.single import Single, SinglesProbe
from vedette.adapters.probes.words import Field, Group
from vedette.values.reading import Absence, Pace

MOST_CORES = 16
"""More frequencies than these would make a fast row slow."""

_CPU = "sys/devices/system/cpu"
FREQUENCY = Group(
    "core.<core>",
    f"/{_CPU}/cpu<core>/cpufreq/scaling_cur_freq",
    Pace.FAST,
    (Field("cpufreq/scaling_cur_freq", "frequency", "Hz", "frequency of the core now, as its driver tells", 1e3),),
)
TEMPERATURE = Group(
    "temperature.<zone>",
    "/sys/class/thermal/thermal_zone*/temp",
    Pace.SLOW,
    (Field("temp", "now", "degC", "temperature of the zone now", 1e-3),),
)
HEAT = Group(
    "core.<core>",
    f"/{_CPU}/cpu<core>/thermal_throttle",
    Pace.SLOW,
    (
        Field("core_throttle_count", "slowed", "count", "times the core was slowed down for heat", grows=True),
        Field(
            "package_throttle_count", "package_slowed", "count", "times its whole processor was slowed down", grows=True
        ),
    ),
)
GROUPS = (FREQUENCY, TEMPERATURE, HEAT)


def clock_probes(root: Path = Path("/")) -> tuple[SinglesProbe, ...]:
    """Every probe of this module; `root` is where /sys is found."""
    return _frequencies(root), _temperatures(root), _heat(root)


def _cores(root: Path, below: str) -> list[tuple[str, Path]]:
    folders = (root / _CPU).glob("cpu[0-9]*")
    found = [(folder.name[3:], folder) for folder in folders if folder.name[3:].isdigit() and (folder / below).exists()]
    return sorted(found, key=lambda one: int(one[0]))


def _frequencies(root: Path) -> SinglesProbe:
    (field,) = FREQUENCY.fields
    singles = [
        Single(FREQUENCY.at(core=core).feature(field), folder / field.key, field.scale)
        for core, folder in _cores(root, field.key)[:MOST_CORES]
    ]
    reason = "no core has cpufreq: a virtual machine, or a kernel without a frequency driver"
    return SinglesProbe(Pace.FAST, singles, Absence("core.frequency", reason))


def _temperatures(root: Path) -> SinglesProbe:
    (field,) = TEMPERATURE.fields
    zones = sorted((root / "sys/class/thermal").glob("thermal_zone*"))
    singles = [
        Single(TEMPERATURE.at(zone=zone.name.removeprefix("thermal_zone")).feature(field), zone / "temp", field.scale)
        for zone in zones
    ]
    reason = "/sys/class/thermal has no zone: a virtual machine, or a kernel without a sensor driver"
    return SinglesProbe(Pace.SLOW, singles, Absence("temperature", reason))


def _heat(root: Path) -> SinglesProbe:
    singles = [
        Single(HEAT.at(core=core).feature(field), folder / "thermal_throttle" / field.key)
        for core, folder in _cores(root, "thermal_throttle")[:MOST_CORES]
        for field in HEAT.fields
    ]
    reason = "no core counts how often heat slowed it: a virtual machine, or not an Intel processor"
    return SinglesProbe(Pace.SLOW, singles, Absence("core.slowed", reason))
