"""A device: what one model instance has to itself. On this machine it is a pinned process with a share of the cores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Billing(StrEnum):
    """What is paid: every second that was used, or every hour that was started."""

    SECOND = "second"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """What two equal devices have in common: profiles are of a kind.

    Attributes:
        name: as it is written: `cpu:1`, `cpu:0.5`, or the name of a device that one does not own.
        cores: share of the machine's cores, 0.5 being half of one; None for a device that is no CPU of this machine.
        memory_bytes: limit of the process; None: none.
        price_per_hour: in `currency`; None: not known.
        currency: as EUR.
        billing: what is paid.
        watts: what it draws while it works; None: not known.
    """

    name: str
    cores: float | None = 1.0
    memory_bytes: int | None = None
    price_per_hour: float | None = None
    currency: str = "EUR"
    billing: Billing = Billing.SECOND
    watts: float | None = None

    def __post_init__(self) -> None:
        if self.cores is not None and not (math.isfinite(self.cores) and self.cores > 0):
            raise ValueError(f"a device has a share of the cores above 0, got {self.cores}")
        if self.memory_bytes is not None and self.memory_bytes < 1:
            raise ValueError(f"a memory limit is above 0, got {self.memory_bytes}")
        for name, value in (("price_per_hour", self.price_per_hour), ("watts", self.watts)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is 0 or more, got {value}")

    @property
    def threads(self) -> int:
        """Threads of an inference: one for each core that is begun."""
        return 1 if self.cores is None else max(1, math.ceil(self.cores))


@dataclass(frozen=True, slots=True)
class Stock:
    """So many devices of one kind that a plan may use."""

    kind: DeviceKind
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"a stock holds one device at least, got {self.count} of {self.kind.name}")


@dataclass(frozen=True, slots=True)
class Fleet:
    """Every device that a plan may use; each kind once."""

    stocks: tuple[Stock, ...]

    def __post_init__(self) -> None:
        names = [stock.kind.name for stock in self.stocks]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"a fleet names each kind of device once, got {names}")

    @property
    def count(self) -> int:
        """Devices altogether."""
        return sum(stock.count for stock in self.stocks)
