"""The port to a solver of linear problems in whole numbers."""

from __future__ import annotations

from typing import Protocol

from vedette.values.integer_program import IntegerProgram, Solution


class Solver(Protocol):
    """Solves a problem; the same problem, seed and enough time give the same answer."""

    def solve(self, program: IntegerProgram, seconds: float, seed: int = 0) -> Solution:
        """The best answer that is found within `seconds`, and what is proven of it."""
        ...
