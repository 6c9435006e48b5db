"""Money and energy of an allocation: checked, and as whole numbers of a unit, rounded to the safe side."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError
from vedette.rules.capacity.energy import JOULES_PER_WH
from vedette.values.device import Fleet

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

SPARED = 1e-9
"""Relative: a cost or energy that is more than its limit by less is rounding and keeps it."""

UNIT_BITS = 44
"""Totals of money and energy stay below 2**UNIT_BITS units."""


def check_prices(fleet: Fleet) -> None:
    """Raise InvalidError where a price is missing or two currencies would be added."""
    kinds = [stock.kind for stock in fleet.stocks]
    lacking = [kind.name for kind in kinds if kind.price_per_hour is None]
    if lacking:
        raise InvalidError(
            f"no price is known of {', '.join(lacking)}",
            help="give --price 0.12EUR/h, or each device of a fleet file its price_per_hour, or leave out the cost",
        )
    currencies = sorted({kind.currency for kind in kinds})
    if len(currencies) > 1:
        raise InvalidError(f"prices are in {' and '.join(currencies)}", help="give all prices in one currency")


def energy_of(fleet: Fleet, kind: Whole, seconds: Real, joules: Real) -> Real:
    """Wh of the first mini-batch and of a later one of each row.

    Raises:
        InvalidError: neither joules nor watts are known of a device.
    """
    watts = np.array([math.nan if stock.kind.watts is None else stock.kind.watts for stock in fleet.stocks])[kind]
    wh = np.where(np.isnan(joules).any(axis=0), watts * seconds, joules) / JOULES_PER_WH
    lacking = sorted({fleet.stocks[place].kind.name for place in kind[np.isnan(wh).any(axis=0)].tolist()})
    if lacking:
        raise InvalidError(
            f"neither energy nor watts are known of {', '.join(lacking)}",
            help="profile it where energy is counted, give its watts, or leave out the energy",
        )
    return wh


def whole(amounts: Real, kind: Whole, uses: Whole, count: Whole) -> tuple[tuple[Whole, Whole], float]:
    """Amounts in units, rounded up, and the unit: a power of two.

    They are first put up by two of the smallest steps of a float, so that no rounding of floats hides a part.
    """
    raised = np.where(amounts > 0, np.nextafter(np.nextafter(amounts, np.inf), np.inf), 0.0)
    dearest = np.zeros(len(count))
    np.maximum.at(dearest, kind, raised[0] + uses * raised[1])
    total = float(dearest @ count)
    unit = 2.0 ** (math.frexp(total)[1] - UNIT_BITS) if total > 0 else 1.0
    first, later = np.ceil(raised / unit).astype(np.int64)
    return (first, later), unit


def limit_of(limit: float | None, unit: float) -> int:
    """A limit in units, rounded down; beyond any total it is no limit. What is more by SPARED keeps it."""
    return 0 if limit is None else math.floor(min(limit * (1 + SPARED) / unit, 2.0**58))
