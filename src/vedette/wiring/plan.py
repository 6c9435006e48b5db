"""`vedette plan`: devices, profiles, solver and store around the planner.

--devices -> Devices    Demand, Sources -> Planner -> Plan, kept in home/plans
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vedette.adapters.config.fleet import Devices, parse_price, read_devices
from vedette.adapters.probes.host import probe_host
from vedette.clock import SystemClock
from vedette.errors import NotFoundError
from vedette.flows.planning.known import ProfileSource
from vedette.flows.planning.planner import Planner
from vedette.flows.planning.refresh import RefreshedProfiles
from vedette.rules.capacity.allocation_amounts import check_prices
from vedette.rules.threads import usable_cores
from vedette.values.demand import Demand, Goal, PlanKind
from vedette.values.integer_program import IntegerProgram, Solution
from vedette.values.plan import Plan
from vedette.values.profile import Profile
from vedette.wiring.plan_profiles import HomeProfiles, Sources, opened_profiles
from vedette.wiring.plan_store import home_plans, keep_plan

__all__ = ["Made", "Sources", "devices_of", "list_plans", "make_plan", "profiled_models", "refreshed_source"]

Say = Callable[[str], None]


class LazyCpSat:
    """CP-SAT, imported when a plan needs it: most need none."""

    def solve(self, program: IntegerProgram, seconds: float, seed: int = 0) -> Solution:
        """As CpSat does."""
        from vedette.adapters.solvers.cpsat import CpSat

        return CpSat().solve(program, seconds, seed)


def devices_of(devices: str | None, price: str | None = None) -> Devices:
    """What `--devices --price` say.

    Raises:
        NotFoundError: the fleet file is not there.
        UsageError: a device or the price is none.
    """
    return read_devices(devices, usable_cores(probe_host()), None if price is None else parse_price(price))


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that is kept, and the profiles behind it that are not: those that were given with it."""

    plan: Plan
    given: Mapping[str, Profile]


def make_plan(demand: Demand, sources: Sources, say: Say) -> Made:
    """Plan, and keep the plan; one that cannot be kept says so in its warnings.

    Args:
        demand: what is asked.
        sources: what the plan may rest on.
        say: told what takes long.

    Raises:
        VedetteError: what is needed is not there, or the demand contradicts itself.
    """
    if demand.goal is Goal.COST or demand.limits.cost is not None:
        check_prices(demand.fleet)  # now, and not after minutes of profiling
    profiles = opened_profiles(sources, say)
    cores = usable_cores(probe_host())
    source = profiles if demand.kind is not PlanKind.RATE or not sources.measure else _served(profiles, sources, say)
    now = refreshed_source(source, demand, sources, cores, say)
    plan = Planner(now or source, LazyCpSat(), SystemClock(), cores).plan(demand)
    profiles.check_named(plan.profiles if now is None else now.origins(plan.profiles))
    return Made(keep_plan(plan), profiles.given | profiles.named)


def refreshed_source(
    source: ProfileSource, demand: Demand, sources: Sources, cores: int, say: Say
) -> RefreshedProfiles | None:
    """The source at the speed of the machine now, where that is asked for."""
    if sources.refresh_s is None:
        return None
    from vedette.wiring.plan_refresh import refreshed_profiles  # starts processes, and other plans do not

    return refreshed_profiles(source, demand, cores, sources.refresh_s, sources.images_from, say)


def _served(profiles: HomeProfiles, sources: Sources, say: Say) -> ProfileSource:
    """A rate is of requests: what they take is measured with the profiles."""
    from vedette.wiring.plan_requests import ServedProfiles  # starts servers, and no other plan does

    return ServedProfiles(profiles, sources.images_from, say)


def list_plans() -> tuple[tuple[Plan, ...], tuple[str, ...]]:
    """Every plan that is kept, oldest first, and a sentence for each file that cannot be read."""
    return home_plans().all()


def profiled_models(devices: Devices, named: Sequence[str]) -> tuple[str, ...]:
    """Names of the models that have a profile, kept or given.

    Raises:
        NotFoundError: there is none.
    """
    from vedette.wiring.profiles import home_profiles

    source = opened_profiles(Sources(devices.profiles, tuple(named)), lambda _: None)
    kept = () if named else home_profiles().all()
    profiles = (*source.named.values(), *source.given.values(), *kept)
    models = tuple(dict.fromkeys(one.profiled.model for one in profiles))
    if not models:
        raise NotFoundError("no model was profiled yet", help="name some with --models A,B, or run `vedette profile`")
    return models
