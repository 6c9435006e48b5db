"""The price file: YAML with a strict schema, from text to tariffs.

devices:
  NAME: {title, price_per_hour, currency, billing: second|hour, watts_per_core (may be left out), source}

All problems of a file are told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vedette.adapters.config.strict_file import StrictFile
from vedette.errors import NotFoundError
from vedette.rules.capacity.cost import Tariff
from vedette.rules.zoo.names import nearest
from vedette.values.device import Billing

SHIPPED = Path(__file__).parents[2] / "prices.yaml"
"""The sample that comes with Vedette."""


class Price(BaseModel):
    """One device of a price file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    title: Annotated[str, Field(min_length=1)]
    price_per_hour: Annotated[float, Field(ge=0, strict=True)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    billing: Billing
    watts_per_core: Annotated[float, Field(gt=0, strict=True)] | None = None
    source: Annotated[str, Field(min_length=1)]

    def tariff(self, device: str) -> Tariff:
        """The value that the rest of Vedette knows."""
        return Tariff(
            device, self.title, self.price_per_hour, self.currency, self.billing, self.watts_per_core, self.source
        )


class PriceFile(BaseModel):
    """A price file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    devices: Annotated[dict[str, Price], Field(min_length=1)]


_FILE = StrictFile(
    "price file",
    PriceFile,
    Price,
    "check the path after --prices",
    f"write it as the sample {SHIPPED.name} that comes with Vedette: devices, then a name, then its keys",
)


def read_prices(path: Path | None = None) -> Mapping[str, Tariff]:
    """Tariffs by name of the device; the shipped sample without a path.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it cannot be read, or one or more of its keys are wrong; all of them are in the message.
    """
    return {name: price.tariff(name) for name, price in _FILE.read(path or SHIPPED).devices.items()}


def tariff_of(tariffs: Mapping[str, Tariff], device: str) -> Tariff:
    """The tariff of one device.

    Raises:
        NotFoundError: the price file does not have it; the message lists those that it has.
    """
    if device in tariffs:
        return tariffs[device]
    near = nearest(device, tariffs)
    hint = f"did you mean {near[0]}? or add" if near else "take one of these, or add"
    raise NotFoundError(
        f"the price file has no device {device!r}; it has {', '.join(tariffs)}",
        help=f"{hint} {device} to a copy of the file and pass it with --prices FILE",
    )
