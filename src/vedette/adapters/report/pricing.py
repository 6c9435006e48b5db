"""What images cost on a device, as a table: a row a run."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.adapters.report.sheet import Sheet
from vedette.adapters.report.words import ABSENT, interval, number
from vedette.rules.capacity.cost import MILLION, Tariff, job_cost
from vedette.rules.capacity.energy import Power, job_energy
from vedette.values.device import Billing
from vedette.values.evidence import Estimate
from vedette.values.run import Run


def cost_sheet(runs: Sequence[Run], tariff: Tariff, powers: Sequence[Power | str]) -> Sheet:
    """Time, price and energy of a million images at the throughput of each run.

    Args:
        runs: in the order of the report.
        tariff: of the device.
        powers: for each run the power that was drawn, or why it is not known.
    """
    money = tariff.currency
    heads = ("run", ">hours", ">interval", f">{money} a million", ">interval", ">Wh an image", ">interval")
    rows = [_row(run, tariff, power) for run, power in zip(runs, powers, strict=True)]
    return Sheet(f"A million images on {tariff.title}", heads, tuple(rows), _note(runs, tariff, powers))


def _row(run: Run, tariff: Tariff, power: Power | str) -> tuple[str, ...]:
    throughput = run.summary.throughput
    cost = job_cost(throughput, MILLION, tariff)
    price = cost.money.per_million if cost.money else Estimate(None)
    energy = Estimate(None) if isinstance(power, str) else job_energy(power, throughput, MILLION).wh_per_image
    cells = [cell for one in (cost.hours, price, energy) for cell in (number(one.value), interval(one, "").strip())]
    return (run.id, *cells)


def _note(runs: Sequence[Run], tariff: Tariff, powers: Sequence[Power | str]) -> str:
    billed = "every hour started is billed" if tariff.billing is Billing.HOUR else "every second used is billed"
    words = [
        f"{tariff.device}: {tariff.price_per_hour:g} {tariff.currency} an hour, {billed}; source: {tariff.source}.",
        "The price of a million is by the time that they take; intervals are those of the throughput.",
        "It holds for a device as fast as the machine that was measured, kept busy at this rate.",
    ]
    for run, power in zip(runs, powers, strict=True):
        told = power if isinstance(power, str) else f"{number(power.watts)} W, {power.told}"
        words.append(f"Energy of {run.id}: {told}.")
        throughput = run.summary.throughput
        if throughput.value is None or throughput.low is None:
            words.append(f"Throughput of {run.id}: {throughput.reason or ABSENT}.")
    return " ".join(words)
