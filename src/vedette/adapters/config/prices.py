"""The price file: YAML with a strict schema, from text to tariffs.

devices:
  NAME: {title, price_per_hour, currency, billing: second|hour, watts_per_core (may be left out), source}

All problems of a file are told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vedette.errors import NotFoundError, UsageError
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


def read_prices(path: Path | None = None) -> Mapping[str, Tariff]:
    """Tariffs by name of the device; the shipped sample without a path.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it cannot be read, or one or more of its keys are wrong; all of them are in the message.
    """
    file = path or SHIPPED
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"no price file {file}", help="check the path after --prices") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", help="check the path and its rights") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{file} is not YAML: {' '.join(str(error).split())}", help=_HELP) from None
    return {name: price.tariff(name) for name, price in _parse(raw, file).devices.items()}


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


_HELP = f"write it as the sample {SHIPPED.name} that comes with Vedette: devices, then a name, then its keys"


def _parse(raw: Any, file: Path) -> PriceFile:
    if not isinstance(raw, dict):
        raise UsageError(f"{file} holds {type(raw).__name__}, not keys and values", help=_HELP)
    try:
        return PriceFile.model_validate(raw)
    except ValidationError as error:
        lines = [f"{file}: {_problem(one)}" for one in error.errors(include_url=False)]
    message = lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} problems", *lines])
    raise UsageError(message, help=_HELP)


def _problem(one: Any) -> str:
    place = ".".join(str(part) for part in one["loc"])
    if one["type"] == "missing":
        return f"{place}: missing"
    if one["type"] == "extra_forbidden":
        known = PriceFile if len(one["loc"]) == 1 else Price
        near = nearest(str(one["loc"][-1]), known.model_fields)
        return f"{place}: unknown key, {f'did you mean {near[0]}?' if near else 'no key is like it'}"
    expected = one["msg"].replace("Input should be", "expected", 1)
    return f"{place}: {one['input']}: {expected[0].lower()}{expected[1:]}"
