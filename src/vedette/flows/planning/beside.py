"""Solving which models fit side by side on one device, in turns."""

from __future__ import annotations

from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.model_choice import SideBySide, Turns, side_by_side, sides_of, turns_program


def models_beside(turns: Turns, solver: Solver, seconds: float = 30.0, seed: int = 0) -> SideBySide:
    """The set of models of the best total quality that fits time and memory; of equal ones the quickest."""
    sides = sides_of(turns)
    solution = solver.solve(turns_program(turns, sides), seconds, seed)
    return side_by_side(solution.status, sides, solution.values)
