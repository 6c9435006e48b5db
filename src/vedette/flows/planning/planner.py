"""From a demand to a plan: profiles are found or measured, curves read off them, and the rule of the kind is asked.

    Demand -> Known (profiles, capabilities) -> rule of the kind -> Plan, with its id and its words

A closed form answers where there is one: one model, no price and no energy. The solver answers the rest of the jobs, a
simulation the rates. The planner does not know where profiles are kept, how they are measured, or who solves.
"""

from __future__ import annotations

from collections.abc import Callable

from vedette.clock import Clock
from vedette.errors import UnsupportedError
from vedette.flows.planning.beside import beside_plan
from vedette.flows.planning.choice import model_plan
from vedette.flows.planning.job import budget_plan, deadline_plan
from vedette.flows.planning.known import Known, ProfileSource, known
from vedette.flows.planning.rate import rate_plan
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.draft import Signature, signed
from vedette.values.demand import Demand, PlanKind
from vedette.values.plan import Plan

_ANSWERS: dict[PlanKind, Callable[[Demand, Known, Solver], Plan]] = {
    PlanKind.DEADLINE: deadline_plan,
    PlanKind.BUDGET: budget_plan,
    PlanKind.MODEL: model_plan,
    PlanKind.RATE: rate_plan,
    PlanKind.BESIDE: beside_plan,
}


class Planner:
    """Plans on the profiles of one source with one solver."""

    def __init__(self, source: ProfileSource, solver: Solver, clock: Clock, cores: int) -> None:
        """Take what the planner asks.

        Args:
            source: of profiles.
            solver: of the exact problem.
            clock: for the time of a plan.
            cores: of the machine, on which the devices of a plan work beside each other.
        """
        self._source = source
        self._solver = solver
        self._clock = clock
        self._cores = cores

    def plan(self, demand: Demand) -> Plan:
        """The answer to a demand; an infeasible one is an answer too.

        Raises:
            NotFoundError: a model has no profile that fits, and none is to be measured.
            InvalidError: the profiles or prices do not hold what the demand asks for, or it contradicts itself.
            UnsupportedError: a rate of images that are cut.
        """
        _refuse_cut_rate(demand)
        rests_on = known(demand, self._source, self._cores)
        plan = _ANSWERS[demand.kind](demand, rests_on, self._solver)
        now = self._clock.wall()
        created, stamp = now.isoformat(timespec="seconds"), f"{now:%Y%m%d-%H%M%S}"
        return signed(plan, Signature(rests_on.profiles, rests_on.warnings, created, stamp))


def _refuse_cut_rate(demand: Demand) -> None:
    """The server makes a row of every tile, and batches rows of several images; a profile of tiles tells whole images.

    Raises:
        UnsupportedError: the demand is such a one.
    """
    if demand.kind is PlanKind.RATE and demand.tiling is not None:
        raise UnsupportedError(
            "a rate of images that are cut cannot be planned: the server batches tiles, and a profile of tiles knows "
            "the time of whole images only",
            help="plan a rate without --tile, a job with it (`vedette plan deadline --tile`), or measure a server that "
            "cuts with `vedette bench run`",
        )
