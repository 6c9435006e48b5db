"""`vedette plan deadline`, `budget` and `model`: what to run where, so that a job is done in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.cli import plan_amounts as amounts
from vedette.cli import plan_options as given
from vedette.cli.option_group import spread
from vedette.cli.plan_answer import Answering, answered
from vedette.cli.plan_fleet import check_lost, currency_of, fleet_of, parse_models
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, PlanKind

if TYPE_CHECKING:
    from vedette.adapters.config.fleet import Devices


@spread
def deadline(
    model: given.Model,
    images: given.Images,
    within: given.Within,
    job: given.JobOptions,
    goal: given.GoalName = None,
) -> None:
    """Find the fewest (or cheapest) devices that process N images within T."""
    best = amounts.parse_goal(goal, Goal.DEVICES, Goal.COST, Goal.ENERGY)
    found = fleet_of(job.fleet)
    _answer(_demand(PlanKind.DEADLINE, (model,), within, job, found, images, best), job, found)


@spread
def budget(model: given.Model, within: given.Within, job: given.JobOptions) -> None:
    """Find how many images the devices process within T at most."""
    found = fleet_of(job.fleet)
    _answer(_demand(PlanKind.BUDGET, (model,), within, job, found), job, found)


@spread
def model(
    images: given.Images, within: given.Within, job: given.JobOptions, models: given.ModelsToChooseFrom = None
) -> None:
    """Choose the model of the best quality that processes N images within T."""
    found = fleet_of(job.fleet)
    names = parse_models(models, found, job.sources.profile)
    _answer(_demand(PlanKind.MODEL, names, within, job, found, images), job, found)


def _demand(
    kind: PlanKind,
    models: tuple[str, ...],
    within: str,
    job: given.JobOptions,
    found: Devices,
    images: int | None = None,
    goal: Goal | None = None,
) -> Demand:
    usual = DeadlineClass.RELAXED if kind is PlanKind.BUDGET else DeadlineClass.SOFT
    deadline_class = amounts.parse_class(job.promise.deadline_class, usual)
    return amounts.demanded(
        lambda: Demand(
            kind,
            models,
            found.fleet,
            images=images,
            within_s=amounts.seconds_of(within),
            start=amounts.parse_start(job.start),
            deadline=deadline_class,
            probability=amounts.parse_probability(job.promise.probability, deadline_class),
            lost_devices=check_lost(job.lost, found),
            goal=goal,
            limits=amounts.parse_limits(job.limits, currency_of(found)),
            size=amounts.parse_image_size(job.pictures),
            tiling=amounts.tiling_of(job.tiles),
        )
    )


def _answer(demand: Demand, job: given.JobOptions, found: Devices) -> None:
    answered(demand, Answering(found, job.pictures.images_from, job.sources, job.answer))
