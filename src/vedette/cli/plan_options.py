"""The options that the commands of `vedette plan` share, and their texts as values: every number has its unit."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli.options import named, parse_duration, parse_size
from vedette.cli.tables import Format
from vedette.errors import UsageError
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal, Limits, Start
from vedette.values.frame import Size

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.adapters.config.fleet import Devices as FleetWanted
    from vedette.values.demand import Demand

_WHERE = "What it may use"
_HOW_SURE = "How sure it must be"
_LIMITS = "Goal and limits"
_IMAGES = "The images"
_PROFILES = "What it rests on"

Model = Annotated[str, typer.Option("--model", "-m", metavar="NAME", help="A model by name.")]
Images = Annotated[int, typer.Option("--images", "-n", metavar="N", help="How many images.")]
Within = Annotated[str, typer.Option("--within", metavar="T", help="The time for all of them: 20s, 5min, 2h.")]
Devices = Annotated[
    str | None,
    typer.Option(
        "--devices",
        metavar="LIST|FILE",
        help="cpu:1,cpu:0.5 (shares of cores; equal ones are counted) or fleet.yaml. One a core of this machine.",
        rich_help_panel=_WHERE,
    ),
]
Price = Annotated[
    str | None,
    typer.Option(
        "--price", metavar="AMOUNT/h", help="Of a device: 0.12EUR/h. A fleet file has its own.", rich_help_panel=_WHERE
    ),
]
StartAt = Annotated[
    str,
    typer.Option(help="cold, loaded or warm: whether T holds loading and the first batch.", rich_help_panel=_HOW_SURE),
]
Kind = Annotated[
    str, typer.Option("--class", help="hard, soft, relaxed or best-effort deadline.", rich_help_panel=_HOW_SURE)
]
Probability = Annotated[
    str | None,
    typer.Option(metavar="P%", help="With which a soft deadline must be met: 95%.", rich_help_panel=_HOW_SURE),
]
Lost = Annotated[
    int, typer.Option("--lost", metavar="K", help="Devices that may be lost at the start.", rich_help_panel=_HOW_SURE)
]
GoalName = Annotated[
    str | None, typer.Option("--goal", help="devices, cost or energy: what is made least.", rich_help_panel=_LIMITS)
]
MaxCost = Annotated[
    str | None,
    typer.Option(metavar="MONEY", help="Of the whole job, with its currency: 2.50EUR.", rich_help_panel=_LIMITS),
]
MaxEnergy = Annotated[
    str | None, typer.Option(metavar="ENERGY", help="Of the whole job: 5Wh, 0.2kWh.", rich_help_panel=_LIMITS)
]
MaxBatch = Annotated[
    int | None, typer.Option(metavar="B", help="Images of a mini-batch at most.", rich_help_panel=_LIMITS)
]
MaxUses = Annotated[
    int | None,
    typer.Option(metavar="M", help="Mini-batches of a device after its first, at most.", rich_help_panel=_LIMITS),
]
ImageSize = Annotated[
    str | None,
    typer.Option("--size", metavar="WxH", help="Size of the images; as they come.", rich_help_panel=_IMAGES),
]
ImagesFrom = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Your images, to profile and to verify with.", rich_help_panel=_IMAGES),
]
Tile = Annotated[
    str | None, typer.Option(metavar="WxH", help="Cut images in tiles of this size.", rich_help_panel=_IMAGES)
]
Overlap = Annotated[
    int, typer.Option("--tile-overlap", min=0, help="Least overlap of tiles, in pixels.", rich_help_panel=_IMAGES)
]
FillWith = Annotated[str | None, typer.Option("--fill", help="overview or blank.", rich_help_panel=_IMAGES)]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile", metavar="ID|FILE", help="Profile to rest on; may be repeated.", rich_help_panel=_PROFILES
    ),
]
NoProfile = Annotated[
    bool, typer.Option("--no-profile", help="Never measure: stored and given ones only.", rich_help_panel=_PROFILES)
]
Printed = Annotated[Format, typer.Option("--format", help="What is printed.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the plan as JSON too.")]
Verify = Annotated[bool, typer.Option("--verify", help="Carry it out here, and put measured beside predicted.")]

CONFIDENCE = 0.95
"""Probability of a soft deadline unless told."""

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-zA-Z%/]*)\s*", re.ASCII)
_WATT_HOURS = {"mwh": 1e-3, "wh": 1.0, "kwh": 1e3, "j": 1 / 3600, "kj": 1 / 3.6}
_RATES = {"/s": 1.0, "/min": 1 / 60, "/h": 1 / 3600}


def seconds_of(text: str, option: str = "--within") -> float:
    """Seconds out of `20s`.

    Raises:
        UsageError: it is none, or has no unit.
    """
    seconds = parse_duration(text, option)
    assert seconds is not None, "a text was given"
    return seconds


def parse_rate(text: str) -> float:
    """Images a second out of `30/s`, `600/min`.

    Raises:
        UsageError: it is none, or has no unit.
    """
    return _amount(text, "--rate", _RATES, "--rate 30/s or 600/min")


def parse_probability(text: str | None, deadline: DeadlineClass = DeadlineClass.SOFT) -> float:
    """A probability out of `95%` or `0.95`; 0.95 for None.

    Raises:
        UsageError: it is none, does not lie between 0 and 1, or is given for a class that knows none.
    """
    if text is None:
        return CONFIDENCE
    if deadline is not DeadlineClass.SOFT:
        raise UsageError(
            f"--probability {text} and --class {deadline} contradict each other",
            help="a probability is of a soft deadline: leave out one of them",
        )
    match = _AMOUNT.fullmatch(text)
    share = math.nan if match is None or match[2] not in {"", "%"} else float(match[1])
    if match is not None and match[2] == "%":
        share /= 100
    if not 0 < share < 1:
        raise UsageError(
            f"--probability {text} is no probability between 0 and 1", help="write --probability 95% or 0.95"
        )
    return share


def parse_energy(text: str | None) -> float | None:
    """Watt-hours out of `5Wh`, `0.2kWh`, `900J`; None for None.

    Raises:
        UsageError: it is none, or has no unit.
    """
    return None if text is None else _amount(text, "--max-energy", _WATT_HOURS, "--max-energy 5Wh or 0.2kWh")


def parse_money(text: str | None, currency: str) -> float | None:
    """An amount of money out of `2.50EUR`; None for None.

    Raises:
        UsageError: it is none, names no currency, or another one than the devices' prices.
    """
    if text is None:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None or not re.fullmatch(r"[a-zA-Z]{3}", match[2]) or not 0 < float(match[1]) < math.inf:
        raise UsageError(
            f"--max-cost {text} is no money", help=f"write it with its currency: --max-cost 2.50{currency}"
        )
    if match[2].upper() != currency:
        raise UsageError(f"--max-cost is in {match[2].upper()}, the devices are priced in {currency}", help=_ONE)
    return float(match[1])


def parse_money_an_hour(text: str | None, currency: str) -> float | None:
    """Money an hour out of `0.50EUR/h`; None for None.

    Raises:
        UsageError: it is none, or in another currency than the devices' prices.
    """
    if text is None:
        return None
    amount, slash, unit = text.rpartition("/")
    if not slash or unit.strip() != "h":
        raise UsageError(f"--max-cost {text} is no money an hour", help=f"write --max-cost 0.50{currency}/h")
    return parse_money(amount, currency)


_ONE = "give both in one currency"


def parse_start(text: str) -> Start:
    """What `--start` says.

    Raises:
        UsageError: a name that is none.
    """
    return named(Start, text, "--start")


def parse_class(text: str) -> DeadlineClass:
    """What `--class` says.

    Raises:
        UsageError: a name that is none.
    """
    return named(DeadlineClass, text, "--class")


def parse_goal(text: str | None, *goals: Goal) -> Goal | None:
    """What `--goal` says, one of the goals that fit the kind of plan; None for None.

    Raises:
        UsageError: a name that is none, or does not fit.
    """
    if text is None:
        return None
    goal = named(Goal, text, "--goal")
    if goal not in goals:
        raise UsageError(f"--goal {goal} is for another kind of plan", help=f"choose from {', '.join(goals)}")
    return goal


def parse_limits(
    cost: str | None, energy: str | None, batch: int | None, uses: int | None, currency: str = "EUR"
) -> Limits:
    """What `--max-cost --max-energy --max-batch --max-uses` say.

    Raises:
        UsageError: one of them is none.
    """
    if batch is not None and batch < 1:
        raise UsageError(f"--max-batch {batch}: a mini-batch has one image at least", help="give 1 or more")
    if uses is not None and uses < 0:
        raise UsageError(f"--max-uses {uses}: a device has no fewer than 0 later uses", help="give 0 or more")
    return Limits(parse_money(cost, currency), parse_energy(energy), uses, batch)


def parse_image_size(size: str | None, folder: Path | None) -> Size | None:
    """What `--size` says, which is of no use beside `--images-from`; None: images as they come.

    Raises:
        UsageError: it is none, or both are given.
    """
    if size is not None and folder is not None:
        raise UsageError("--size and --images-from contradict each other", help="give one of them")
    return None if size is None else parse_size(size, "--size")


def fleet_of(devices: str | None, price: str | None) -> FleetWanted:
    """What `--devices --price` say.

    Raises:
        VedetteError: a device is none, or the fleet file is wrong.
    """
    from vedette.wiring.plan import devices_of

    return devices_of(devices, price)


def currency_of(devices: FleetWanted) -> str:
    """Of the prices of the devices."""
    from vedette.rules.capacity.draft import currency_of

    return currency_of(devices.fleet)


def check_lost(lost: int, devices: FleetWanted) -> int:
    """What `--lost` says: fewer than there are.

    Raises:
        UsageError: it is below 0, or no device would be left.
    """
    if lost < 0:
        raise UsageError(f"--lost {lost}: lost devices are 0 or more", help="give 0 or more")
    if lost >= devices.fleet.count:
        raise UsageError(
            f"--lost {lost} and --devices contradict each other: {devices.fleet.count} in all, none would be left",
            help="plan with more devices, or lose fewer",
        )
    return lost


def demanded(make: Callable[[], Demand]) -> Demand:
    """A demand that is made of options.

    Raises:
        UsageError: a number cannot be used.
    """
    try:
        return make()
    except ValueError as error:
        raise UsageError(str(error), help="give numbers above 0") from None


def _amount(text: str, option: str, units: dict[str, float], example: str) -> float:
    match = _AMOUNT.fullmatch(text)
    size = None if match is None else units.get(match[2].lower())
    if match is None or size is None or not 0 < float(match[1]) * size < math.inf:
        raise UsageError(f"{option} {text} is none that can be used", help=f"write a number with its unit: {example}")
    return float(match[1]) * size
