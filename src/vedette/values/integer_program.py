"""A linear problem in whole numbers, and its answer: what a solver takes and gives. It knows nothing of devices.

minimise sum(c x)   subject to   low <= sum(a x) <= high for each constraint, x whole, within its own bounds
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.plan import Status

Terms = tuple[tuple[int, int], ...]
"""(variable, coefficient) pairs."""

LARGEST = 2**60
"""No sum may leave -LARGEST..LARGEST: solvers count in 64 bits."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """low <= sum(a x) <= high.

    Attributes:
        terms: each variable once.
        low, high: None: that side is open.
        only_if: a variable of 0 and 1; the constraint holds where it is 1. None: always.
    """

    terms: Terms
    low: int | None = None
    high: int | None = None
    only_if: int | None = None


@dataclass(frozen=True, slots=True)
class IntegerProgram:
    """Variables by their number, what holds between them, and what is made least.

    Attributes:
        bounds: lowest and highest value of each variable.
        constraints: all hold.
        objective: of the sum that is made least; empty: any answer will do.
        hint: values to try first; empty: none.
    """

    bounds: tuple[tuple[int, int], ...]
    constraints: tuple[Constraint, ...]
    objective: Terms = ()
    hint: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for terms in (self.objective, *(constraint.terms for constraint in self.constraints)):
            reach = sum(abs(factor) * max(map(abs, self.bounds[variable])) for variable, factor in terms)
            if reach > LARGEST:
                raise ValueError(f"a sum of the problem can reach {reach}, beyond {LARGEST}")


@dataclass(frozen=True, slots=True)
class Solution:
    """The answer.

    Attributes:
        status: optimal and infeasible are proven.
        values: of the variables; empty where none were found.
        objective: of the values; None where none were found.
        bound: proven: no answer is below it; None: nothing is known.
    """

    status: Status
    values: tuple[int, ...] = ()
    objective: int | None = None
    bound: int | None = None
