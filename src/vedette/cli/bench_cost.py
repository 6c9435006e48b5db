"""`vedette bench cost`: what a job would take at the throughput of stored runs, in hours, money, energy and carbon."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.bench_compare import AcceptInvalid, Printed, Runs, plain
from vedette.cli.options import finite
from vedette.cli.tables import Format, print_json, print_line, print_table
from vedette.errors import UsageError

if TYPE_CHECKING:
    from vedette.values.evidence import Estimate
    from vedette.wiring.costing import RunCost

MOST_IMAGES = 10**15
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_VIDEO = re.compile(r"(\d+(?:\.\d+)?)(s|min|h|d)@(\d+(?:\.\d+)?)fps", re.IGNORECASE | re.ASCII)
_NONE = "-"


def cost(
    runs: Runs,
    images: Annotated[int | None, typer.Option(min=1, max=MOST_IMAGES, help="Images of the job.")] = None,
    video: Annotated[
        str | None, typer.Option(metavar="TIME@RATEfps", help="The job as a video instead: 24h@24fps.")
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Price file; a sample with assumptions unless given.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", help="Device of the price file that the runs were made on.")
    ] = None,
    grid: Annotated[
        float | None, typer.Option(min=0, callback=finite, metavar="G", help="g of CO2 a kWh of the grid.")
    ] = None,
    accept_invalid: AcceptInvalid = False,
    output_format: Printed = Format.TABLE,
) -> None:
    """Say what a job takes at the throughput of each RUN; without --device hours only."""
    from vedette.wiring import costing

    if (images is None) == (video is None):
        raise UsageError("the job is not told" if images is None else "the job is told twice", help=_JOB_HELP)
    count = images if images is not None else parse_video(video or "")
    found = costing.costs(runs, count, costing.Prices(prices, device, grid), accept_invalid=accept_invalid)
    if output_format is Format.JSON:
        print_json([cost_json(one) for one in found])
    else:
        _print_costs(found, count)


_JOB_HELP = "give --images N or --video TIME@RATEfps, one of them"


def parse_video(text: str) -> int:
    """Frames of a video written as `24h@24fps`, the last one begun counted.

    Raises:
        UsageError: it is none, or too long.
    """
    match = _VIDEO.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--video {text} is no video", help="write its length and rate, as --video 24h@24fps")
    frames = float(match[1]) * _SECONDS[match[2].lower()] * float(match[3])
    if not 0 < frames <= MOST_IMAGES:
        raise UsageError(f"--video {text} has {frames:g} frames", help=f"a job takes 1 to {MOST_IMAGES:g} images")
    return math.ceil(round(frames, 6))


def cost_json(one: RunCost) -> dict[str, Any]:
    """The cost by one run for programs; intervals beside figures."""
    return {
        "run": one.run,
        "verdict": "VALID" if one.valid else "INVALID",
        "cost": plain(asdict(one.cost)),
        "energy": None if one.energy is None else plain(asdict(one.energy)),
        "energy_reason": one.energy_reason,
        "note": one.note,
    }


def _print_costs(found: list[RunCost], images: int) -> None:
    print_line(f"a job of {images:,} images")
    heads = ["run", ">ms an image", ">hours"]
    tariff = found[0].cost.money and found[0].cost.money.tariff
    if tariff:
        heads += [">billed hours", f">{tariff.currency}", f">{tariff.currency} a million images"]
    print_table(heads, [_cost_row(one) for one in found], title="time and money (95 % intervals of the throughput)")
    if tariff:
        print_line(
            f"{tariff.device} ({tariff.title}): {tariff.price_per_hour:g} {tariff.currency} an hour, every "
            f"{tariff.billing} {'used' if tariff.billing == 'second' else 'started'} is paid; {tariff.source}"
        )
    _print_energy(found)
    for one in found:
        if not one.valid:
            print_line(f"note: run {one.run} is INVALID and used nevertheless")
        if one.note:
            print_line(f"note: run {one.run}: {one.note}")
        if one.cost.seconds_per_image.low is None:
            print_line(f"note: run {one.run} gives no interval: {one.cost.seconds_per_image.reason}")


def _cost_row(one: RunCost) -> list[str]:
    job = one.cost
    row = [one.run, _shown(job.seconds_per_image, 1000), _shown(job.hours)]
    if job.money is not None:
        row += [_shown(job.money.billed_hours), _shown(job.money.job), _shown(job.money.per_million)]
    return row


def _print_energy(found: list[RunCost]) -> None:
    known = [(one, one.energy) for one in found if one.energy is not None]
    if known:
        heads = ("run", "watts", ">J an image", ">mWh an image", ">kWh", ">kg CO2", ">kg CO2 a million images")
        rows = [
            (
                one.run,
                f"{energy.power.watts:.4g}, {energy.power.basis}",
                _shown(energy.joules_per_image),
                _shown(energy.wh_per_image, 1000),
                _shown(energy.job_kwh),
                _shown(energy.job_co2_g, 1e-3),
                _shown(energy.co2_g_per_million, 1e-3),
            )
            for one, energy in known
        ]
        print_table(heads, rows, title="energy and carbon")
    for one in found:
        told = one.energy_reason if one.energy is None else one.energy.power.told
        print_line(f"energy of {one.run}: {told}")


def _shown(estimate: Estimate | None, factor: float = 1.0) -> str:
    if estimate is None or estimate.value is None:
        return _NONE
    if estimate.low is None or estimate.high is None:
        return _number(estimate.value * factor)
    low, high = _number(estimate.low * factor), _number(estimate.high * factor)
    return f"{_number(estimate.value * factor)} [{low}, {high}]"


def _number(value: float) -> str:
    """Two decimals as money has them, more significant figures for what is below 1."""
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"
