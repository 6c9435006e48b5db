"""What of a profile an idle timeout rests on: load time, first and later image, one at a time.

Demand (a rate, from a cold start) -> Known -> Instance
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.errors import InvalidError
from vedette.flows.planning.known import ProfileSource, known
from vedette.rules.capacity.column import column
from vedette.rules.capacity.warmth import Instance
from vedette.values.demand import Demand
from vedette.values.profile import Profile


@dataclass(frozen=True, slots=True)
class KnownInstance:
    """An instance, the profile that it is out of, and what a reader must know."""

    instance: Instance
    profile: Profile
    warnings: tuple[str, ...]


def known_instance(demand: Demand, source: ProfileSource, cores: int) -> KnownInstance:
    """The instance of a demand's model on its one kind of device.

    Raises:
        NotFoundError: no profile fits, and none is to be measured.
        InvalidError: the profile has no load time, or does not begin at single images.
    """
    rests_on = known(demand, source, cores)
    profile, kind = rests_on.profiles[0], demand.fleet.stocks[0].kind
    figures = column(profile, demand.size)
    first, later = figures.warm_up.at(1), figures.latency.at(1)
    if first is None or later is None or figures.load is None:
        raise InvalidError(
            f"profile {profile.id} has no times of single images: its smallest mini-batch is {figures.batches[0]}",
            help="profile it with `--batch 1` among the batches",
        )
    instance = Instance(figures.load.mean, first.mean, later.mean, kind.price_per_hour, kind.billing)
    return KnownInstance(instance, profile, rests_on.warnings)
