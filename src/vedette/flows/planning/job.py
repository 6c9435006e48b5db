"""Plans for a job: fewest or cheapest devices within a deadline, most images within a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vedette.errors import InvalidError
from vedette.flows.planning.allocate import allocate
from vedette.flows.planning.known import Known
from vedette.flows.planning.relax_order import contradictions, relaxations
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.allocation import Job, Order
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.budget import most_images_plan
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.deadline import fewest_devices
from vedette.rules.capacity.draft import drafted
from vedette.values.demand import Demand, Goal
from vedette.values.plan import Plan, Status

CLOSED_FORM, CP_SAT = "closed form", "CP-SAT"


def deadline_plan(demand: Demand, known: Known, solver: Solver) -> Plan:
    """Fewest devices in closed form; by the solver the least money or energy, or fewest devices with a limit of those.

    Raises:
        InvalidError: money or energy matters and a device has no price or watts.
    """
    return drafted(demand, deadline_answer(demand, known.capabilities, solver), method_of(demand))


def deadline_answer(demand: Demand, capabilities: Sequence[Capability], solver: Solver) -> Answer:
    """The answer for a demand of one model; raises as `deadline_plan`."""
    if _needs_solver(demand):
        return _allocated(demand, capabilities, solver, demand.goal or Goal.DEVICES)
    return fewest_devices(demand, capabilities)


def method_of(demand: Demand) -> str:
    """How a job is answered."""
    return CP_SAT if _needs_solver(demand) else CLOSED_FORM


def budget_plan(demand: Demand, known: Known, solver: Solver) -> Plan:
    """Most images in closed form; by the solver with a limit of money or energy.

    Raises:
        InvalidError: money or energy matters and a device has no price or watts.
    """
    if _needs_solver(demand):
        answer = _allocated(demand, known.capabilities, solver, Goal.IMAGES)
    else:
        answer = most_images_plan(demand, known.capabilities)
    return drafted(demand, answer, method_of(demand))


def _needs_solver(demand: Demand) -> bool:
    limits = demand.limits
    return demand.goal in {Goal.COST, Goal.ENERGY} or limits.cost is not None or limits.energy_wh is not None


def _allocated(demand: Demand, capabilities: Sequence[Capability], solver: Solver, goal: Goal) -> Answer:
    if demand.within_s is None:
        raise InvalidError("the demand has no time", help="say within which time")
    order = Order(
        (Job(demand.models, None if goal is Goal.IMAGES else demand.images),),
        tuple(capabilities),
        demand.fleet,
        demand.within_s,
        demand.deadline,
        demand.probability,
        goal,
        demand.limits,
        demand.lost_devices,
    )
    answer = allocate(order, solver)
    return answer if answer.status is not Status.INFEASIBLE else _told_why(answer, order, solver)


def _told_why(answer: Answer, order: Order, solver: Solver) -> Answer:
    """With what contradicts what, and the smallest changes that would do."""
    why = tuple(replace(one, one_more=f"{one.limit}: {one.one_more}") for one in contradictions(order, solver))
    return replace(answer, binding=why, relaxations=relaxations(order, solver))
