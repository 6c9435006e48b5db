"""Energy and carbon of a job, from watts that were measured or are estimated; which of both is always said.

    watts / (images a second) --> joules an image --> Wh --> kWh of the job --grid--> g of CO2

An estimate takes the CPU time of the server and a stated number of watts a busy core. It leaves out memory, disks,
network, the idle machine and losses of the power supply, and is no measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.rules.capacity.cost import MILLION, inverse, mapped
from vedette.values.evidence import Estimate

JOULES_PER_WH = 3600.0


class Basis(StrEnum):
    """Where watts come from."""

    MEASURED = "measured"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Power:
    """Mean power while requests were answered.

    Attributes:
        watts: drawn by what `told` says.
        basis: measured or estimated.
        told: what was measured, or what was assumed, for people.
    """

    watts: float
    basis: Basis
    told: str


@dataclass(frozen=True, slots=True)
class JobEnergy:
    """What a job draws and emits. Intervals are those of the throughput; the watts are taken as they are.

    Attributes:
        power: that it was reckoned from.
        joules_per_image: energy of one image.
        wh_per_image: the same in watt-hours.
        job_kwh: energy of the job.
        grid: g of CO2 a kWh, as the user stated it; None: not stated.
        job_co2_g: of the job; None where the grid was not stated.
        co2_g_per_million: of a million images; None where the grid was not stated.
    """

    power: Power
    joules_per_image: Estimate
    wh_per_image: Estimate
    job_kwh: Estimate
    grid: float | None
    job_co2_g: Estimate | None
    co2_g_per_million: Estimate | None


def job_energy(power: Power, throughput: Estimate, images: int, grid: float | None = None) -> JobEnergy:
    """What `images` draw at a throughput in images a second, and emit at `grid` g of CO2 a kWh."""
    joules = mapped(inverse(throughput), lambda seconds: seconds * power.watts)
    each_wh = mapped(joules, lambda each: each / JOULES_PER_WH)
    kwh = mapped(each_wh, lambda each: each * images / 1000)
    emitted = None if grid is None else mapped(kwh, lambda used: used * grid)
    per_million = None if grid is None else mapped(each_wh, lambda each: each * MILLION / 1000 * grid)
    return JobEnergy(power, joules, each_wh, kwh, grid, emitted, per_million)


def estimated_power(busy_cores: float, watts_per_core: float, device: str) -> Power:
    """Watts from the cores that the server kept busy on average and what the price file assumes for one."""
    told = (
        f"an estimate: {busy_cores:.2f} busy cores of the server at {watts_per_core:g} W each, as assumed for "
        f"{device} in the price file"
    )
    return Power(busy_cores * watts_per_core, Basis.ESTIMATED, told)


def measured_power(watts: float, counters: str) -> Power:
    """Watts out of counters of energy, which are named."""
    return Power(watts, Basis.MEASURED, f"measured by {counters}")
