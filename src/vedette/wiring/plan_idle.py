"""`vedette plan idle`: the profile of a model, and what idle timeouts mean for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vedette.adapters.probes.host import probe_host
from vedette.errors import UsageError
from vedette.flows.planning.idle import known_instance
from vedette.rules.capacity.idle_choice import IdleAsked, IdleChoice, idle_choice
from vedette.rules.threads import usable_cores
from vedette.values.demand import Demand
from vedette.wiring.plan import refreshed_source
from vedette.wiring.plan_profiles import Sources, opened_profiles

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class IdleFound:
    """What came of it: the choice, the profile's id, and what a reader must know."""

    choice: IdleChoice
    profile: str
    warnings: tuple[str, ...]


def idle_timeouts(demand: Demand, asked: IdleAsked, sources: Sources, say: Say) -> IdleFound:
    """What may be done with an idle instance of a demand's model.

    Args:
        demand: one model on one device, from a cold start, with its rate.
        asked: rate, p99 and timeout.
        sources: what it may rest on.
        say: told what takes long.

    Raises:
        UsageError: a price of a kept instance is given, and the device has none.
        VedetteError: what is needed is not there.
    """
    device = demand.fleet.stocks[0].kind
    if asked.kept_price_per_hour is not None and device.price_per_hour is None:
        raise UsageError(
            f"--kept-price has nothing to be held against: no price is known of {device.name}",
            help="add its price while it runs: --price 0.12EUR/h",
        )
    profiles, cores = opened_profiles(sources, say), usable_cores(probe_host())
    now = refreshed_source(profiles, demand, sources, cores, say)
    found = known_instance(demand, now or profiles, cores)
    profiles.check_named([found.profile.id] if now is None else now.origins([found.profile.id]))
    return IdleFound(idle_choice(found.instance, asked), found.profile.id, found.warnings)
