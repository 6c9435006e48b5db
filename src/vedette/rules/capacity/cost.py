"""What a job of many images takes in hours and money, from a throughput that was measured.

    images a second --> seconds an image --> hours of the job --billing--> hours paid --price--> money

The interval of the throughput is carried to every figure: its low end gives the high end of the cost. Nothing here is
rounded; who prints does that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from vedette.values.device import Billing
from vedette.values.evidence import Estimate

HOUR_S = 3600.0
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Tariff:
    """What one device costs.

    Attributes:
        device: name in the price file.
        title: what it is, for people.
        price_per_hour: in `currency`, 0 or more.
        currency: as EUR.
        billing: what is paid.
        watts_per_core: what one busy core draws, for an estimate of energy; None: none is made.
        source: where the figures come from, and when.
    """

    device: str
    title: str
    price_per_hour: float
    currency: str
    billing: Billing
    watts_per_core: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Money:
    """What a job costs on one device.

    Attributes:
        tariff: of the device.
        billed_hours: hours that are paid.
        job: price of the job, in the tariff's currency.
        per_million: price of a million images by the time that they take, whatever is billed.
    """

    tariff: Tariff
    billed_hours: Estimate
    job: Estimate
    per_million: Estimate


@dataclass(frozen=True, slots=True)
class JobCost:
    """What a job takes.

    Attributes:
        images: of the job.
        seconds_per_image: 1 / throughput, that is of the whole server and not of one request.
        hours: of the job.
        money: None without a tariff.
    """

    images: int
    seconds_per_image: Estimate
    hours: Estimate
    money: Money | None


def job_cost(throughput: Estimate, images: int, tariff: Tariff | None = None) -> JobCost:
    """What `images` take at a throughput in images a second.

    Where the throughput has no value, or is 0, the figures have none either, and the same reason.
    """
    seconds = inverse(throughput)
    hours = mapped(seconds, lambda each: each * images / HOUR_S)
    return JobCost(images, seconds, hours, None if tariff is None else _money(seconds, hours, tariff))


def inverse(rate: Estimate) -> Estimate:
    """1 / rate; the ends of the interval change places, and an end of 0 leaves no interval."""
    if rate.value is None or rate.value <= 0:
        return Estimate(None, confidence=rate.confidence, reason=rate.reason or "no right answer was counted")
    if rate.low is None or rate.high is None:
        return Estimate(1 / rate.value, confidence=rate.confidence, reason=rate.reason)
    if rate.low <= 0:
        return Estimate(1 / rate.value, confidence=rate.confidence, reason="the throughput's interval reaches 0")
    return Estimate(1 / rate.value, 1 / rate.high, 1 / rate.low, rate.confidence, rate.reason)


def mapped(estimate: Estimate, grows: Callable[[float], float]) -> Estimate:
    """A figure and its interval after a function that never falls."""
    value, low, high = (None if end is None else grows(end) for end in (estimate.value, estimate.low, estimate.high))
    return Estimate(value, low, high, estimate.confidence, estimate.reason)


def _money(seconds: Estimate, hours: Estimate, tariff: Tariff) -> Money:
    billed = mapped(hours, _started if tariff.billing is Billing.HOUR else float)
    return Money(
        tariff,
        billed,
        mapped(billed, lambda paid: paid * tariff.price_per_hour),
        mapped(seconds, lambda each: each * MILLION / HOUR_S * tariff.price_per_hour),
    )


def _started(hours: float) -> float:
    """Whole hours; one that is begun by less than a microsecond is rounding and not begun."""
    return float(math.ceil(hours - 1e-6 / HOUR_S))
