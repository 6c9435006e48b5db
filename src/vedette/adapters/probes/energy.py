"""Energy that the processor counted itself: RAPL, through /sys/class/powercap.

    intel-rapl:0/name package-0, intel-rapl:0:0/name dram  -> energy.rapl.package-0, energy.rapl.package-0.dram

A counter that reached its range starts anew; here it goes on. Since 2020 only root may read it on most systems, because
energy tells secrets (Lipp et al., PLATYPUS, 2021).
"""

from __future__ import annotations

from pathlib import Path

from vedette.adapters.probes.single import Single, SinglesProbe
from vedette.adapters.probes.words import Field, Group
from vedette.values.reading import Absence, Pace

RAPL = Group(
    "energy.rapl",
    "/sys/class/powercap/intel-rapl:*/energy_uj",
    Pace.SLOW,
    (Field("energy_uj", "<zone>", "J", "energy of this part of the processor, as it counts", 1e-6, grows=True),),
)
GROUPS = (RAPL,)


def energy_probes(root: Path = Path("/")) -> tuple[SinglesProbe, ...]:
    """The probe of every zone; `root` is where /sys is found."""
    (field,) = RAPL.fields
    zones = sorted((root / "sys/class/powercap").glob("intel-rapl:*"))
    singles = [
        Single(
            RAPL.feature(field._replace(name=_name(zone))),
            zone / "energy_uj",
            field.scale,
            float(_text(zone / "max_energy_range_uj") or 0),
        )
        for zone in zones
    ]
    reason = "/sys/class/powercap has no intel-rapl: a virtual machine, or a processor or kernel without RAPL"
    return (SinglesProbe(Pace.SLOW, singles, Absence("energy.rapl", reason)),)


def _name(zone: Path) -> str:
    """`package-0.dram` for zone intel-rapl:0:0: names of parents come first, or the two drams would be one."""
    parts = zone.name.split(":")
    chain = [zone.parent / ":".join(parts[:size]) for size in range(2, len(parts) + 1)]
    return ".".join(_text(one / "name") or one.name for one in chain)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
