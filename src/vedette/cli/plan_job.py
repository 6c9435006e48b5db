"""`vedette plan deadline`, `budget` and `model`: what to run where, so that a job is done in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli import plan_options as given
from vedette.cli.options import parse_tiling
from vedette.cli.plan_answer import Answering, answered
from vedette.cli.tables import Format
from vedette.errors import UsageError
from vedette.values.demand import Demand, Goal, PlanKind

if TYPE_CHECKING:
    from vedette.adapters.config.fleet import Devices


def deadline(
    model: given.Model,
    images: given.Images,
    within: given.Within,
    devices: given.Devices = None,
    price: given.Price = None,
    start: given.StartAt = "loaded",
    deadline_class: given.Kind = "soft",
    probability: given.Probability = None,
    lost: given.Lost = 0,
    goal: given.GoalName = None,
    max_cost: given.MaxCost = None,
    max_energy: given.MaxEnergy = None,
    max_batch: given.MaxBatch = None,
    max_uses: given.MaxUses = None,
    size: given.ImageSize = None,
    images_from: given.ImagesFrom = None,
    tile: given.Tile = None,
    tile_overlap: given.Overlap = 0,
    fill: given.FillWith = None,
    profile: given.Profiles = None,
    no_profile: given.NoProfile = False,
    output_format: given.Printed = Format.TABLE,
    output: given.Output = None,
    verify: given.Verify = False,
) -> None:
    """Find the fewest (or cheapest) devices that process N images within T."""
    found = given.fleet_of(devices, price)
    kind = given.parse_class(deadline_class)
    demand = given.demanded(
        lambda: Demand(
            PlanKind.DEADLINE,
            (model,),
            found.fleet,
            images=images,
            within_s=given.seconds_of(within),
            start=given.parse_start(start),
            deadline=kind,
            probability=given.parse_probability(probability, kind),
            lost_devices=given.check_lost(lost, found),
            goal=given.parse_goal(goal, Goal.DEVICES, Goal.COST, Goal.ENERGY),
            limits=given.parse_limits(max_cost, max_energy, max_batch, max_uses, given.currency_of(found)),
            size=given.parse_image_size(size, images_from),
            tiling=parse_tiling(tile, tile_overlap, fill),
        )
    )
    answered(demand, Answering(found, profile, images_from, not no_profile, output_format, output, verify))


def budget(
    model: given.Model,
    within: given.Within,
    devices: given.Devices = None,
    price: given.Price = None,
    start: given.StartAt = "loaded",
    deadline_class: given.Kind = "relaxed",
    probability: given.Probability = None,
    lost: given.Lost = 0,
    max_cost: given.MaxCost = None,
    max_energy: given.MaxEnergy = None,
    max_batch: given.MaxBatch = None,
    max_uses: given.MaxUses = None,
    size: given.ImageSize = None,
    images_from: given.ImagesFrom = None,
    tile: given.Tile = None,
    tile_overlap: given.Overlap = 0,
    fill: given.FillWith = None,
    profile: given.Profiles = None,
    no_profile: given.NoProfile = False,
    output_format: given.Printed = Format.TABLE,
    output: given.Output = None,
    verify: given.Verify = False,
) -> None:
    """Find how many images the devices process within T at most."""
    found = given.fleet_of(devices, price)
    kind = given.parse_class(deadline_class)
    demand = given.demanded(
        lambda: Demand(
            PlanKind.BUDGET,
            (model,),
            found.fleet,
            within_s=given.seconds_of(within),
            start=given.parse_start(start),
            deadline=kind,
            probability=given.parse_probability(probability, kind),
            lost_devices=given.check_lost(lost, found),
            limits=given.parse_limits(max_cost, max_energy, max_batch, max_uses, given.currency_of(found)),
            size=given.parse_image_size(size, images_from),
            tiling=parse_tiling(tile, tile_overlap, fill),
        )
    )
    answered(demand, Answering(found, profile, images_from, not no_profile, output_format, output, verify))


def model(
    images: given.Images,
    within: given.Within,
    models: Annotated[
        str | None, typer.Option(metavar="A,B", help="Models to choose from; all that were profiled or given.")
    ] = None,
    devices: given.Devices = None,
    price: given.Price = None,
    start: given.StartAt = "loaded",
    deadline_class: given.Kind = "soft",
    probability: given.Probability = None,
    lost: given.Lost = 0,
    max_cost: given.MaxCost = None,
    max_energy: given.MaxEnergy = None,
    max_batch: given.MaxBatch = None,
    max_uses: given.MaxUses = None,
    size: given.ImageSize = None,
    images_from: given.ImagesFrom = None,
    tile: given.Tile = None,
    tile_overlap: given.Overlap = 0,
    fill: given.FillWith = None,
    profile: given.Profiles = None,
    no_profile: given.NoProfile = False,
    output_format: given.Printed = Format.TABLE,
    output: given.Output = None,
    verify: given.Verify = False,
) -> None:
    """Choose the model of the best quality that processes N images within T."""
    found = given.fleet_of(devices, price)
    kind = given.parse_class(deadline_class)
    demand = given.demanded(
        lambda: Demand(
            PlanKind.MODEL,
            _names(models, found, profile),
            found.fleet,
            images=images,
            within_s=given.seconds_of(within),
            start=given.parse_start(start),
            deadline=kind,
            probability=given.parse_probability(probability, kind),
            lost_devices=given.check_lost(lost, found),
            limits=given.parse_limits(max_cost, max_energy, max_batch, max_uses, given.currency_of(found)),
            size=given.parse_image_size(size, images_from),
            tiling=parse_tiling(tile, tile_overlap, fill),
        )
    )
    answered(demand, Answering(found, profile, images_from, not no_profile, output_format, output, verify))


def _names(models: str | None, devices: Devices, profiles: list[str] | None) -> tuple[str, ...]:
    if models is None:
        from vedette.wiring.plan import profiled_models

        return profiled_models(devices, profiles or ())
    names = tuple(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
    if not names:
        raise UsageError(f"--models {models!r} names no model", help="write --models A,B, or leave it out")
    return names
