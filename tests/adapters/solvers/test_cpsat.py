"""The contract of the port `Solver`, kept by CP-SAT and by the fake that tries every value."""

from __future__ import annotations

import pytest
from allocation_cases import EveryValue, holds
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.adapters.solvers.cpsat import CpSat
from vedette.flows.planning.solver import Solver
from vedette.values.integer_program import Constraint, IntegerProgram
from vedette.values.plan import Status

SOLVERS = pytest.mark.parametrize("solver", [CpSat(), EveryValue()], ids=["CP-SAT", "every value"])


@SOLVERS
def test_the_least_value_is_found_and_proven(solver: Solver) -> None:
    """2 x + 3 y over x + y >= 3 with x at most 2 is 7."""
    program = IntegerProgram(((0, 2), (0, 5)), (Constraint(((0, 1), (1, 1)), low=3),), ((0, 2), (1, 3)))
    found = solver.solve(program, 5.0)

    assert found.status is Status.OPTIMAL
    assert found.values == (2, 1)
    assert (found.objective, found.bound) == (7, 7)


@SOLVERS
def test_contradictions_are_infeasible(solver: Solver) -> None:
    """x >= 3 where x is at most 2 has no answer, no value and no bound."""
    found = solver.solve(IntegerProgram(((0, 2),), (Constraint(((0, 1),), low=3),), ((0, 1),)), 5.0)

    assert found.status is Status.INFEASIBLE
    assert (found.values, found.objective, found.bound) == ((), None, None)


@SOLVERS
def test_a_constraint_may_hang_on_a_switch(solver: Solver) -> None:
    """What is enforced by a switch holds only where it is 1."""
    switched = Constraint(((0, 1),), low=2, only_if=1)
    free = IntegerProgram(((0, 3), (0, 1)), (switched,), ((0, 1),))
    forced = IntegerProgram(((0, 3), (1, 1)), (switched,), ((0, 1),))

    assert solver.solve(free, 5.0).objective == 0
    assert solver.solve(forced, 5.0).objective == 2


def test_no_time_gives_no_claim() -> None:
    """Without time CP-SAT claims neither an optimum nor that there is none."""
    terms = tuple((one, 2 * one + 3) for one in range(40))
    program = IntegerProgram(((0, 9),) * 40, (Constraint(terms, low=4999, high=4999),), terms)

    assert CpSat().solve(program, 0.0).status in {Status.UNKNOWN, Status.FEASIBLE}


def test_sums_beyond_the_solver_are_refused() -> None:
    """A sum that 64 bits cannot hold is a mistake of whoever made the problem."""
    with pytest.raises(ValueError, match="beyond"):
        IntegerProgram(((0, 2**40),), (), ((0, 2**30),))


@st.composite
def programs(draw: st.DrawFn) -> IntegerProgram:
    width = draw(st.integers(1, 3))
    factors = st.lists(st.integers(-4, 4), min_size=width, max_size=width)
    constraints = tuple(
        Constraint(
            tuple(enumerate(draw(factors))),
            low=draw(st.none() | st.integers(-6, 6)),
            high=draw(st.none() | st.integers(0, 9)),
        )
        for _ in range(draw(st.integers(0, 3)))
    )
    return IntegerProgram(((0, 3),) * width, constraints, tuple(enumerate(draw(factors))))


@settings(max_examples=40, deadline=None)
@given(programs())
def test_cpsat_equals_trying_every_value(program: IntegerProgram) -> None:
    """Status and value are those of every value tried, the values keep to the problem, and a second call agrees."""
    wanted, found = EveryValue().solve(program, 1.0), CpSat().solve(program, 5.0)

    assert (found.status, found.objective, found.bound) == (wanted.status, wanted.objective, wanted.bound)
    assert found.status is Status.INFEASIBLE or holds(program, found.values)
    assert CpSat().solve(program, 5.0) == found
