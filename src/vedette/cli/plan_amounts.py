"""The texts of the options of `vedette plan` as values: every number has its unit."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from vedette.cli.options import named, parse_duration, parse_size, parse_tiling
from vedette.errors import UsageError
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Goal, Limits, Start
from vedette.values.frame import Size

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.cli.plan_options import ImageOptions, LimitOptions, TileOptions
    from vedette.values.demand import Demand
    from vedette.values.tiling import Tiling

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


def parse_refresh(text: str | None) -> float | None:
    """Seconds out of `10s`; None for None.

    Raises:
        UsageError: it is none, too short or too long.
    """
    from vedette.rules.capacity.refreshed import checked_look_s

    seconds = parse_duration(text, "--refresh")
    return None if seconds is None else checked_look_s(seconds)


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


def parse_money(text: str | None, currency: str, option: str = "--max-cost") -> float | None:
    """An amount of money out of `2.50EUR`; None for None.

    Raises:
        UsageError: it is none, names no currency, or another one than the devices' prices.
    """
    if text is None:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None or not re.fullmatch(r"[a-zA-Z]{3}", match[2]) or not 0 < float(match[1]) < math.inf:
        raise UsageError(f"{option} {text} is no money", help=f"write it with its currency: {option} 2.50{currency}")
    if match[2].upper() != currency:
        raise UsageError(f"{option} is in {match[2].upper()}, the devices are priced in {currency}", help=_ONE)
    return float(match[1])


def parse_money_an_hour(text: str | None, currency: str, option: str = "--max-cost") -> float | None:
    """Money an hour out of `0.50EUR/h`; None for None.

    Raises:
        UsageError: it is none, or in another currency than the devices' prices.
    """
    if text is None:
        return None
    amount, slash, unit = text.rpartition("/")
    if not slash or unit.strip() != "h":
        raise UsageError(f"{option} {text} is no money an hour", help=f"write {option} 0.50{currency}/h")
    return parse_money(amount, currency, option)


_ONE = "give both in one currency"


def parse_start(text: str) -> Start:
    """What `--start` says.

    Raises:
        UsageError: a name that is none.
    """
    return named(Start, text, "--start")


def parse_class(text: str | None, usual: DeadlineClass = DeadlineClass.SOFT) -> DeadlineClass:
    """What `--class` says; the usual one for None.

    Raises:
        UsageError: a name that is none.
    """
    return usual if text is None else named(DeadlineClass, text, "--class")


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


def parse_limits(limits: LimitOptions, currency: str = "EUR") -> Limits:
    """What `--max-cost --max-energy --max-batch --max-uses` say.

    Raises:
        UsageError: one of them is none.
    """
    uses = limits.max_uses
    if uses is not None and uses < 0:
        raise UsageError(f"--max-uses {uses}: a device has no fewer than 0 later uses", help="give 0 or more")
    return Limits(
        parse_money(limits.max_cost, currency),
        parse_energy(limits.max_energy),
        uses,
        parse_max_batch(limits.max_batch),
    )


def parse_max_batch(batch: int | None) -> int | None:
    """What `--max-batch` says.

    Raises:
        UsageError: it is below 1.
    """
    if batch is not None and batch < 1:
        raise UsageError(f"--max-batch {batch}: a mini-batch has one image at least", help="give 1 or more")
    return batch


def names_of(text: str, option: str) -> tuple[str, ...]:
    """The names of `A,B`, each once.

    Raises:
        UsageError: it names none.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise UsageError(f"{option} {text!r} names no model", help=f"write {option} A,B, or leave it out")
    return names


def tiling_of(tiles: TileOptions) -> Tiling | None:
    """What `--tile --tile-overlap --fill` say; None where images are not cut.

    Raises:
        UsageError: one of them is none.
    """
    return parse_tiling(tiles.tile, tiles.tile_overlap, tiles.fill)


def parse_image_size(pictures: ImageOptions) -> Size | None:
    """What `--size` says, which is of no use beside `--images-from`; None: images as they come.

    Raises:
        UsageError: it is none, or both are given.
    """
    if pictures.size is not None and pictures.images_from is not None:
        raise UsageError("--size and --images-from contradict each other", help="give one of them")
    return None if pictures.size is None else parse_size(pictures.size, "--size")


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
