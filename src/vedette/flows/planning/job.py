"""Plans for a job: fewest or cheapest devices within a deadline, most images within a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vedette.errors import InvalidError
from vedette.flows.planning.allocate import allocate
from vedette.flows.planning.known import Known
from vedette.flows.planning.one_more_order import order_bindings
from vedette.flows.planning.relax_order import contradictions, relaxations
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.allocation import Job, Order
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.budget import most_images_plan
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.deadline import fewest_devices
from vedette.rules.capacity.draft import drafted
from vedette.values.demand import Demand, Goal, PlanKind
from vedette.values.plan import Plan, Status

CLOSED_FORM, CP_SAT = "closed form", "CP-SAT"


def deadline_plan(demand: Demand, known: Known, solver: Solver) -> Plan:
    """Fewest devices in closed form; by the solver the least money or energy, or fewest devices with a limit of those.

    Raises:
        InvalidError: money or energy matters and a device has no price or watts.
    """
    answer = deadline_answer(demand, known.capabilities, solver)
    return drafted(demand, decided(demand, known.capabilities, solver, answer), method_of(demand))


def deadline_answer(demand: Demand, capabilities: Sequence[Capability], solver: Solver) -> Answer:
    """The answer for a demand of one model; raises as `deadline_plan`.

    What decides an answer that the solver found is not in it yet: see `decided`.
    """
    if not _needs_solver(demand):
        return fewest_devices(demand, capabilities)
    return _allocated(_order(demand, capabilities), solver)


def decided(demand: Demand, capabilities: Sequence[Capability], solver: Solver, answer: Answer) -> Answer:
    """With what decides it; it takes the solver some more calls, so it is asked for the answer that is taken."""
    if not _needs_solver(demand) or answer.status is not Status.OPTIMAL:
        return answer
    return replace(answer, binding=order_bindings(_order(demand, capabilities), answer, solver))


def method_of(demand: Demand) -> str:
    """How a job is answered."""
    return CP_SAT if _needs_solver(demand) else CLOSED_FORM


def budget_plan(demand: Demand, known: Known, solver: Solver) -> Plan:
    """Most images in closed form; by the solver with a limit of money or energy.

    Raises:
        InvalidError: money or energy matters and a device has no price or watts, or devices may be lost.
    """
    if not _needs_solver(demand):
        return drafted(demand, most_images_plan(demand, known.capabilities), CLOSED_FORM)
    if demand.lost_devices:
        raise InvalidError(
            "the most images within a cost or an energy are not found for devices that may be lost",
            help="leave out the lost devices or the limit, or ask for a number of images: `vedette plan deadline`",
        )
    answer = _allocated(_order(demand, known.capabilities), solver)
    return drafted(demand, decided(demand, known.capabilities, solver, answer), CP_SAT)


def _needs_solver(demand: Demand) -> bool:
    limits = demand.limits
    return demand.goal in {Goal.COST, Goal.ENERGY} or limits.cost is not None or limits.energy_wh is not None


def _order(demand: Demand, capabilities: Sequence[Capability]) -> Order:
    """Most images of a budget; else what the demand makes best, the number of devices unless it says so."""
    if demand.within_s is None:
        raise InvalidError("the demand has no time", help="say within which time")
    goal = Goal.IMAGES if demand.kind is PlanKind.BUDGET else demand.goal or Goal.DEVICES
    return Order(
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


def _allocated(order: Order, solver: Solver) -> Answer:
    answer = allocate(order, solver)
    return answer if answer.status is not Status.INFEASIBLE else _told_why(answer, order, solver)


def _told_why(answer: Answer, order: Order, solver: Solver) -> Answer:
    """With what contradicts what, and the smallest changes that would do."""
    why = tuple(replace(one, one_more=f"{one.limit}: {one.one_more}") for one in contradictions(order, solver))
    return replace(answer, binding=why, relaxations=relaxations(order, solver))
