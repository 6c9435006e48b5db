"""`vedette plan rate`: replicas, batch and delay for images that arrive at a rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from vedette.cli import plan_options as given
from vedette.cli.options import parse_tiling
from vedette.cli.plan_answer import Answering, answered
from vedette.cli.tables import Format
from vedette.values.demand import Demand, Goal, PlanKind


def rate(
    model: given.Model,
    rate: Annotated[str, typer.Option(metavar="R/s", help="Images that arrive, at random: 30/s, 600/min.")],
    p99: Annotated[str, typer.Option("--p99", metavar="TIME", help="99 of 100 answers come within it: 50ms.")],
    devices: given.Devices = None,
    price: given.Price = None,
    deadline_class: given.Kind = "soft",
    probability: given.Probability = None,
    lost: given.Lost = 0,
    goal: Annotated[str | None, typer.Option("--goal", help="replicas or cost (an hour): what is made least.")] = None,
    max_cost: Annotated[str | None, typer.Option(metavar="MONEY/h", help="An hour at most: 0.50EUR/h.")] = None,
    max_batch: given.MaxBatch = None,
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
    """Find the fewest replicas that answer R images a second with the p99 that is asked for."""
    found = given.fleet_of(devices, price)
    kind = given.parse_class(deadline_class)
    currency = given.currency_of(found)
    demand = given.demanded(
        lambda: Demand(
            PlanKind.RATE,
            (model,),
            found.fleet,
            rate_per_s=given.parse_rate(rate),
            p99_ms=given.seconds_of(p99, "--p99") * 1000,
            deadline=kind,
            probability=given.parse_probability(probability, kind),
            lost_devices=given.check_lost(lost, found),
            goal=given.parse_goal(goal, Goal.REPLICAS, Goal.COST),
            limits=replace(
                given.parse_limits(None, None, max_batch, None), cost=given.parse_money_an_hour(max_cost, currency)
            ),
            size=given.parse_image_size(size, images_from),
            tiling=parse_tiling(tile, tile_overlap, fill),
        )
    )
    answered(demand, Answering(found, profile, images_from, not no_profile, output_format, output, verify))
