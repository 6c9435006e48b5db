"""The report of a plan: what it says, what it rests on, what came of it, and what other deadlines would take.

Plan -> profiles that are kept, verifications, the same demand at other deadlines -> view -> one HTML file
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.probes.host import probe_host
from vedette.adapters.report.plan_charts import TradeOff
from vedette.adapters.report.plan_html import plan_fragment, plan_page
from vedette.adapters.report.plan_view import PlanView, build_plan_view
from vedette.adapters.store.text_file import write_text_file
from vedette.clock import SystemClock
from vedette.errors import NotFoundError, VedetteError
from vedette.flows.planning.planner import Planner
from vedette.rules.capacity.matching import Match, Wanted
from vedette.rules.threads import usable_cores
from vedette.values.demand import LONGEST_S, PlanKind
from vedette.values.plan import Plan, Status
from vedette.values.profile import Profile
from vedette.wiring.plan import LazyCpSat
from vedette.wiring.plan_store import home_plans
from vedette.wiring.profiles import home_profiles

FACTORS = (0.25, 0.35, 0.5, 0.7, 0.85, 1.0, 1.25, 1.6, 2.0, 3.0, 4.0)
"""Deadlines of the trade-off, as shares of the one that was asked for."""


@dataclass(frozen=True, slots=True)
class _Same:
    """The profiles of one plan, as the planner's source: nothing is searched for, and nothing measured."""

    profiles: Mapping[str, Profile]

    def best(self, wanted: Wanted) -> Match:
        """The one of that model and kind of device."""
        found = (
            one
            for one in self.profiles.values()
            if one.profiled.model == wanted.model and one.profiled.device.name == wanted.device.name
        )
        return Match(next(found, None))

    def measure(self, wanted: Wanted) -> Profile:
        """Nothing is measured for a picture."""
        raise NotFoundError(f"{wanted.model} on {wanted.device.name} is not in the plan", help="plan again")


def plan_view(plan: Plan, given: Mapping[str, Profile] | None = None) -> PlanView:
    """Everything that is known of a plan; profiles that are not kept any more are named as missing."""
    profiles = _kept(plan, given or {})
    verifications, _ = home_plans().verifications(plan.id)
    return build_plan_view(plan, tuple(profiles.values()), verifications, _trade_offs(plan, profiles))


def plan_html(plan: Plan, given: Mapping[str, Profile] | None = None) -> str:
    """What a notebook shows of a plan."""
    return plan_fragment(plan_view(plan, given))


def write_plan_report(plan: Plan, output: Path, given: Mapping[str, Profile] | None = None) -> int:
    """Write the report of a plan to one HTML file, which is replaced if it is there; its size in bytes.

    Raises:
        NotFoundError: the folder is not there.
        ConflictError: it is a folder.
        ExhaustedError, UnavailableError: it cannot be written.
    """
    text = plan_page(plan_view(plan, given))
    write_text_file(output, text)
    return len(text.encode())


def _kept(plan: Plan, given: Mapping[str, Profile]) -> dict[str, Profile]:
    found = {}
    for name in plan.profiles:
        try:
            found[name] = given[name] if name in given else home_profiles().get(name)
        except VedetteError:
            continue
    return found


def _trade_offs(plan: Plan, profiles: Mapping[str, Profile]) -> Sequence[TradeOff]:
    """The same demand at other deadlines, out of the same profiles; nothing for a rate, or where one is missing."""
    within_s = plan.demand.within_s
    if within_s is None or set(profiles) != set(plan.profiles):
        return ()
    planner = Planner(_Same(profiles), LazyCpSat(), SystemClock(), usable_cores(probe_host()))
    found = (
        planner.plan(replace(plan.demand, within_s=within_s * factor)) if factor != 1.0 else plan
        for factor in FACTORS
        if within_s * factor <= LONGEST_S
    )
    return tuple(_trade_off(one, profiles) for one in found)


def _trade_off(plan: Plan, profiles: Mapping[str, Profile]) -> TradeOff:
    assert plan.demand.within_s is not None, "jobs have a deadline"
    if plan.status in {Status.INFEASIBLE, Status.UNKNOWN}:
        return TradeOff(plan.demand.within_s, plan.status)
    if plan.demand.kind is PlanKind.BESIDE:
        return TradeOff(plan.demand.within_s, plan.status, 1, plan.cost, plan.images, plan.objective.value)
    qualities = [profiles[one.profile].profiled.quality for one in plan.assignments]
    known = [quality for quality in qualities if quality is not None]
    return TradeOff(
        plan.demand.within_s,
        plan.status,
        len(plan.assignments),
        plan.cost,
        plan.images,
        min(known) if known and len(plan.demand.models) > 1 else None,
    )
