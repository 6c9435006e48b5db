"""Where plans, their verifications and the pairs of predicted and measured are kept: below the home folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vedette.adapters.config.home import default_home
from vedette.adapters.store.calibration import CalibrationLog
from vedette.adapters.store.plans import PlanFolder
from vedette.adapters.store.profiles import read_file
from vedette.errors import ExhaustedError, UnavailableError, UsageError
from vedette.rules.capacity.calibration import pair_of
from vedette.values.plan import Plan
from vedette.values.profile import Profile
from vedette.values.verification import Verification
from vedette.wiring.profiles import home_profiles


def home_plans() -> PlanFolder:
    """`$VEDETTE_HOME/plans`."""
    return PlanFolder(_plans())


def home_calibration() -> CalibrationLog:
    """`$VEDETTE_HOME/plans/calibration.jsonl`."""
    return CalibrationLog(_plans() / "calibration.jsonl")


def keep_plan(plan: Plan) -> Plan:
    """The plan, kept; where there is no room, or nothing may be written, the answer is worth having all the same."""
    try:
        home_plans().put(plan)
    except (ExhaustedError, UnavailableError) as error:
        return replace(plan, warnings=(*plan.warnings, f"this plan is not kept: {error.message}"))
    return plan


def keep_verification(plan: Plan, found: Verification) -> Verification:
    """What came of a plan, kept and added to the calibration; where that fails it says so in its notes."""
    try:
        home_plans().put_verification(found)
        home_calibration().append(pair_of(plan, found))
    except (ExhaustedError, UnavailableError) as error:
        return replace(found, notes=(*found.notes, f"this verification is not kept: {error.message}"))
    return found


def read_profiles(files: Sequence[Path]) -> dict[str, Profile]:
    """Profiles in files, by id.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it holds no profile.
    """
    return {profile.id: profile for profile in map(read_file, files)}


def profiles_of(plan: Plan, given: Mapping[str, Profile]) -> dict[str, Profile]:
    """The profiles that a plan rests on, by id.

    Raises:
        UsageError: the plan assigns nothing.
        NotFoundError: one is not kept any more.
    """
    ids = {one.profile for one in plan.assignments} | ({plan.replicas.profile} if plan.replicas else set())
    if not ids:
        raise UsageError(
            f"plan {plan.id} is {plan.status} and assigns nothing", help="plan again with what its relaxations name"
        )
    store = home_profiles()
    return {name: given[name] if name in given else store.get(name) for name in sorted(ids)}


def _plans() -> Path:
    return default_home() / "plans"
