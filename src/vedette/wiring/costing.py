"""Stored runs, a job and a price file: what the job would take by each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.config.prices import read_prices, tariff_of
from vedette.errors import UsageError
from vedette.rules.capacity.cost import JobCost, job_cost
from vedette.rules.capacity.energy import JobEnergy, job_energy
from vedette.rules.capacity.power import power_of
from vedette.values.run import RunData
from vedette.wiring.comparing import opened


@dataclass(frozen=True, slots=True)
class Prices:
    """What a job is priced by.

    Attributes:
        file: price file; None: the sample that Vedette ships.
        device: of the file; None: no money and no estimate of energy.
        grid: g of CO2 a kWh; None: no carbon.
    """

    file: Path | None = None
    device: str | None = None
    grid: float | None = None


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a job takes by one run.

    Attributes:
        run: its id.
        valid: whether its verdict is VALID.
        cost: time and money.
        energy: None for `energy_reason`.
        energy_reason: why there is none, empty where there is.
        note: why the server might do the job sooner than the run says; empty where it was kept busy.
    """

    run: str
    valid: bool
    cost: JobCost
    energy: JobEnergy | None
    energy_reason: str
    note: str


def costs(names: Sequence[str], images: int, prices: Prices, *, accept_invalid: bool = False) -> list[RunCost]:
    """What a job of `images` takes by each run.

    Raises:
        NotFoundError: a run, the price file or its device is not there.
        ConflictError: a run is INVALID and that is not accepted.
        UsageError: the price file is wrong, or was given without a device.
    """
    return costs_of(opened(names, accept_invalid=accept_invalid), images, prices)


def costs_of(runs: Sequence[RunData], images: int, prices: Prices) -> list[RunCost]:
    """The same for runs that are open already; raises what `costs` raises of prices."""
    tariffs = read_prices(prices.file)
    if prices.device is None and prices.file is not None:
        raise UsageError(f"no device of {prices.file} was named", help=f"add --device with one of {', '.join(tariffs)}")
    tariff = None if prices.device is None else tariff_of(tariffs, prices.device)
    found = []
    for data in runs:
        rate = data.run.summary.throughput
        power, reason = power_of(data, tariff)
        energy = None if power is None else job_energy(power, rate, images, prices.grid)
        found.append(
            RunCost(
                data.run.id, data.run.verdict.valid, job_cost(rate, images, tariff), energy, reason, _idle_note(data)
            )
        )
    return found


def _idle_note(data: RunData) -> str:
    """A schedule decides how many answers a second there are, and not the server."""
    load = data.run.spec.load
    if load.kind.is_open:
        return f"a {load.kind} load asks for so many a second and no more: a closed or a peak load tells what it can do"
    if load.think_ms:
        return f"its clients paused for {load.think_ms:g} ms after each answer: without pauses it may do more"
    return ""
