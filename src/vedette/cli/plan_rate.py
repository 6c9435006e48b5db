"""`vedette plan rate`: replicas, batch and delay for images that arrive at a rate."""

from __future__ import annotations

from typing import Annotated

import typer

from vedette.cli import plan_amounts as amounts
from vedette.cli import plan_options as given
from vedette.cli.option_group import spread
from vedette.cli.options import parse_tiling
from vedette.cli.plan_answer import Answering, answered
from vedette.cli.plan_fleet import check_lost, currency_of, fleet_of
from vedette.values.demand import Demand, Goal, Limits, PlanKind


@spread
def rate(
    model: given.Model,
    rate: given.Rate,
    p99: given.P99,
    fleet: given.FleetOptions,
    promise: given.PromiseOptions,
    pictures: given.ImageOptions,
    sources: given.SourceOptions,
    answer: given.AnswerOptions,
    lost: given.Lost = 0,
    goal: Annotated[
        str | None, typer.Option("--goal", help="What is made least: replicas or cost (an hour). Default: replicas.")
    ] = None,
    max_cost: Annotated[
        str | None, typer.Option(metavar="MONEY/h", help="Cost of an hour at most: 0.50EUR/h. Default: no limit.")
    ] = None,
    max_batch: given.MaxBatch = None,
    tile: Annotated[str | None, typer.Option(metavar="WxH", hidden=True, help="Refused, with the reason.")] = None,
) -> None:
    """Find the fewest replicas that answer R images a second with the p99 that is asked for."""
    found = fleet_of(fleet)
    kind = amounts.parse_class(promise.deadline_class)
    currency = currency_of(found)
    demand = amounts.demanded(
        lambda: Demand(
            PlanKind.RATE,
            (model,),
            found.fleet,
            rate_per_s=amounts.parse_rate(rate),
            p99_ms=amounts.seconds_of(p99, "--p99") * 1000,
            deadline=kind,
            probability=amounts.parse_probability(promise.probability, kind),
            lost_devices=check_lost(lost, found),
            goal=amounts.parse_goal(goal, Goal.REPLICAS, Goal.COST),
            limits=Limits(
                cost=amounts.parse_money_an_hour(max_cost, currency), batch=amounts.parse_max_batch(max_batch)
            ),
            size=amounts.parse_image_size(pictures),
            tiling=parse_tiling(tile, 0, None),
        )
    )
    answered(demand, Answering(found, pictures.images_from, sources, answer))
