"""CP-SAT of OR-Tools as the solver of plans.

One worker and a fixed seed: the same problem gives the same answer unless the time runs out. It never prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.errors import InternalError
from vedette.values.integer_program import IntegerProgram, Solution, Terms
from vedette.values.plan import Status

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

MEMORY_MB = 1024
"""CP-SAT stops its search where it would need more."""


class CpSat:
    """The port `Solver` by CP-SAT."""

    def solve(self, program: IntegerProgram, seconds: float, seed: int = 0) -> Solution:
        """The best answer within `seconds`, and what is proven of it.

        Raises:
            InternalError: the solver does not take the problem.
        """
        from ortools.sat.python import cp_model

        model, variables = _model(program)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_time_in_seconds = max(seconds, 0.0)
        solver.parameters.max_memory_in_mb = MEMORY_MB
        status = solver.solve(model)
        if status == cp_model.MODEL_INVALID:
            raise InternalError(
                f"CP-SAT takes no problem of {len(program.bounds)} variables: {model.validate()}",
                help="report this with the demand and the profiles",
            )
        if status == cp_model.INFEASIBLE:
            return Solution(Status.INFEASIBLE)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return Solution(Status.UNKNOWN)
        values = tuple(solver.value(variable) for variable in variables)
        reached = sum(factor * values[variable] for variable, factor in program.objective)
        if status == cp_model.OPTIMAL:
            return Solution(Status.OPTIMAL, values, reached, reached)
        bound = solver.response_proto.inner_objective_lower_bound if program.objective else reached
        return Solution(Status.FEASIBLE, values, reached, min(bound, reached))


def _model(program: IntegerProgram) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    variables = [model.new_int_var(low, high, "") for low, high in program.bounds]

    def total(terms: Terms) -> cp_model.LinearExprT:
        return cp_model.LinearExpr.weighted_sum([variables[one] for one, _ in terms], [factor for _, factor in terms])

    for each in program.constraints:
        low = cp_model.INT_MIN if each.low is None else each.low
        high = cp_model.INT_MAX if each.high is None else each.high
        added = model.add_linear_constraint(total(each.terms), low, high)
        if each.only_if is not None:
            added.only_enforce_if(_literal(model, variables[each.only_if]))
    if program.objective:
        model.minimize(total(program.objective))
    for variable, value in zip(variables, program.hint, strict=False):
        model.add_hint(variable, value)
    return model, variables


def _literal(model: cp_model.CpModel, variable: cp_model.IntVar) -> cp_model.IntVar:
    """The variable itself: one of 0 and 1 is a literal."""
    return model.get_bool_var_from_proto_index(variable.index)
