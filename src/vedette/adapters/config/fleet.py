"""The devices that a plan may use: a line of the command, or a YAML file with a strict schema.

    cpu:1,cpu:1,cpu:0.5  ->  2 x cpu:1, 1 x cpu:0.5

    devices:
      - {name: cpu:1, count: 2, memory: 1GB, price_per_hour: 0.12, currency: EUR, billing: second, watts: 7}
      - {name: edge-box, count: 10, profile: edge-box.yaml}

`cpu:SHARE` is a share of this machine's cores. Another name is a device that is known by a given profile only. All
problems of a file are told at once.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from vedette.adapters.config.strict_file import StrictFile
from vedette.errors import NotFoundError, UsageError
from vedette.rules.serving.units import bytes_of
from vedette.values.device import Billing, DeviceKind, Fleet, Stock

MOST_DEVICES = 100_000
_CPU = re.compile(r"cpu:(\d+(?:\.\d+)?)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_SUFFIXES = (".yaml", ".yml", ".json")
_HELP = "write --devices cpu:1,cpu:0.5 (shares of cores of this machine), or a YAML file: --devices fleet.yaml"
_FILE_HELP = "a fleet file has `devices:`, a list with name, count, memory, price_per_hour, currency, billing, watts"


def _bytes(text: str) -> str:
    bytes_of(text)
    return text


def _named(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("expected letters, digits, '.', ':', '_' and '-', 100 at most")
    return text


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("expected three capital letters, as EUR")
    return text


class FleetDevice(BaseModel):
    """One kind of device in a fleet file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Annotated[str, AfterValidator(_named)]
    count: Annotated[int, Field(ge=1, le=MOST_DEVICES, strict=True)] = 1
    cores: Annotated[float, Field(gt=0)] | None = None
    memory: Annotated[str, AfterValidator(_bytes)] | None = None
    price_per_hour: Annotated[float, Field(ge=0)] | None = None
    currency: Annotated[str, AfterValidator(_currency)] = "EUR"
    billing: Billing = Billing.SECOND
    watts: Annotated[float, Field(ge=0)] | None = None
    profile: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_a_device(self) -> Self:
        self.kind()
        return self

    def kind(self) -> DeviceKind:
        """The value that plans know; the cores of `cpu:SHARE` are in its name."""
        share = _CPU.fullmatch(self.name)
        cores = float(share[1]) if share and self.cores is None else self.cores
        memory = None if self.memory is None else bytes_of(self.memory)
        return DeviceKind(self.name, cores, memory, self.price_per_hour, self.currency, self.billing, self.watts)


class FleetFile(BaseModel):
    """A fleet file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    devices: tuple[FleetDevice, ...]


_FILE = StrictFile("fleet file", FleetFile, FleetDevice, _HELP, _FILE_HELP)


@dataclass(frozen=True, slots=True)
class Devices:
    """What was asked for: the fleet, and files of profiles that came with its devices."""

    fleet: Fleet
    profiles: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a device an hour."""

    per_hour: float
    currency: str = "EUR"


def read_devices(text: str | None, usable_cores: int, price: Price | None = None) -> Devices:
    """The devices of `--devices`.

    Args:
        text: names with commas, or the path of a fleet file; None: each core of this machine is one.
        usable_cores: that this process may use.
        price: of every device that has none of its own.

    Raises:
        NotFoundError: there is no such file.
        UsageError: a name is none, or the file is wrong; every problem is in the message.
    """
    if text is None:
        found = Devices(Fleet((Stock(DeviceKind("cpu:1"), usable_cores),)))
    elif text.strip().lower().endswith(_SUFFIXES):
        found = _read_file(_path(text.strip()))
    else:
        found = Devices(_fleet_of(text))
    fleet = found.fleet if price is None else _priced(found.fleet, price, text)
    _check_currencies(fleet)
    return replace(found, fleet=fleet)


def parse_price(text: str) -> Price:
    """The price of `0.12/h`, `0.12 EUR/h` or `0.0001 USD/s`.

    Raises:
        UsageError: it is none, or has no unit.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:e-?\d+)?)\s*([A-Za-z]{3})?\s*/\s*(h|min|s)\s*", text, re.ASCII)
    if match is None or not math.isfinite(float(match[1])):
        raise UsageError(f"--price {text} is no price", help="write an amount by the hour: --price 0.12/h or 0.12EUR/h")
    hour = {"h": 1, "min": 60, "s": 3600}[match[3]]
    return Price(float(match[1]) * hour, (match[2] or "EUR").upper())


# --- a line -----------------------------------------------------------------------------------------------------------


def _fleet_of(text: str) -> Fleet:
    counts = Counter(_cpu(word) for word in text.split(","))
    return Fleet(tuple(Stock(kind, count) for kind, count in counts.items()))


def _cpu(word: str) -> DeviceKind:
    """`cpu:0.5`, or `cpu` for one core; equal shares have equal names however they are written."""
    name = word.strip().lower()
    match = _CPU.fullmatch("cpu:1" if name == "cpu" else name)
    if match is None:
        raise UsageError(f"--devices: {word.strip()!r} is no device", help=_near(name))
    cores = float(match[1])
    if not (math.isfinite(cores) and cores > 0):
        raise UsageError(f"--devices: {word.strip()}: a device needs a share of the cores above 0", help=_HELP)
    return DeviceKind(f"cpu:{cores:g}", cores)


def _near(name: str) -> str:
    return f"did you mean cpu:{name}? {_HELP}" if re.fullmatch(r"\d+(\.\d+)?", name) else _HELP


# --- a file -----------------------------------------------------------------------------------------------------------


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise NotFoundError(f"{text}: no such user has a home folder", help=_HELP) from None


def _read_file(file: Path) -> Devices:
    devices = _FILE.read(file).devices
    if not devices:
        raise UsageError(f"{file}: devices: the list is empty", help=_FILE_HELP)
    doubled = [name for name, count in Counter(one.name for one in devices).items() if count > 1]
    if doubled:
        raise UsageError(
            f"{file}: {', '.join(doubled)} stands there twice", help="write each kind of device once, with its count"
        )
    profiles = tuple(file.parent / one.profile for one in devices if one.profile is not None)
    return Devices(Fleet(tuple(Stock(one.kind(), one.count) for one in devices)), profiles)


# --- prices -----------------------------------------------------------------------------------------------------------


def _priced(fleet: Fleet, price: Price, text: str | None) -> Fleet:
    if all(stock.kind.price_per_hour is not None for stock in fleet.stocks):
        raise UsageError(
            f"--price is of no use: every device of {text} has a price of its own", help="leave out one of them"
        )

    def priced(kind: DeviceKind) -> DeviceKind:
        if kind.price_per_hour is not None:
            return kind
        return replace(kind, price_per_hour=price.per_hour, currency=price.currency)

    return Fleet(tuple(replace(stock, kind=priced(stock.kind)) for stock in fleet.stocks))


def _check_currencies(fleet: Fleet) -> None:
    currencies = {stock.kind.currency for stock in fleet.stocks if stock.kind.price_per_hour is not None}
    if len(currencies) > 1:
        raise UsageError(
            f"the devices are priced in {' and '.join(sorted(currencies))}", help="give every price in one currency"
        )
