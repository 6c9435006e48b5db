"""`vedette plan beside`: which models fit side by side on one device, under its memory and in time."""

from __future__ import annotations

from vedette.cli import plan_amounts as amounts
from vedette.cli import plan_options as given
from vedette.cli.option_group import spread
from vedette.cli.plan_answer import Answering, answered
from vedette.cli.plan_fleet import one_device, parse_models
from vedette.errors import UsageError
from vedette.values.demand import Demand, Limits, PlanKind


@spread
def beside(
    images: given.ImagesOfEach,
    within: given.Within,
    fleet: given.OneDeviceOptions,
    promise: given.PromiseOptions,
    pictures: given.ImageOptions,
    tiles: given.TileOptions,
    sources: given.SourceOptions,
    answer: given.AnswerOptions,
    models: given.Candidates = None,
    one_of: given.OneOf = None,
    memory: given.Memory = None,
    start: given.StartAt = "loaded",
    max_batch: given.MaxBatch = None,
) -> None:
    """Find the models that fit side by side on one device: loaded together, at work in turn."""
    found = one_device(fleet, memory)
    groups = _groups(models, one_of)
    names = tuple(name for group in groups for name in group) or parse_models(models, found, sources.profile)
    kind = amounts.parse_class(promise.deadline_class)
    demand = amounts.demanded(
        lambda: Demand(
            PlanKind.BESIDE,
            names,
            found.fleet,
            images=images,
            within_s=amounts.seconds_of(within),
            start=amounts.parse_start(start),
            deadline=kind,
            probability=amounts.parse_probability(promise.probability, kind),
            limits=Limits(batch=amounts.parse_max_batch(max_batch)),
            size=amounts.parse_image_size(pictures),
            tiling=amounts.tiling_of(tiles),
            groups=groups,
        )
    )
    answered(demand, Answering(found, pictures.images_from, sources, answer))


def _groups(models: str | None, one_of: list[str] | None) -> tuple[tuple[str, ...], ...]:
    """What `--one-of` says.

    Raises:
        UsageError: it names no model, or one twice, or --models is given too.
    """
    if not one_of:
        return ()
    if models is not None:
        raise UsageError(
            "--models and --one-of contradict each other",
            help="give the candidates for a best set, or what is needed: --one-of A,B --one-of C",
        )
    groups = tuple(amounts.names_of(text, "--one-of") for text in one_of)
    named = [name for group in groups for name in group]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"--one-of names {twice} twice", help="a model is in one group: name it once")
    return groups
