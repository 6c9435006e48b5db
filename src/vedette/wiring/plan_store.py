"""Where plans, their verifications and the pairs of predicted and measured are kept: below the home folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vedette.adapters.config.home import default_home
from vedette.adapters.store.calibration import CalibrationLog
from vedette.adapters.store.plans import PlanFolder
from vedette.adapters.store.profiles import read_file
from vedette.errors import UsageError
from vedette.values.plan import Plan
from vedette.values.profile import Profile
from vedette.wiring.profiles import home_profiles


def home_plans() -> PlanFolder:
    """`$VEDETTE_HOME/plans`."""
    return PlanFolder(_plans())


def home_calibration() -> CalibrationLog:
    """`$VEDETTE_HOME/plans/calibration.jsonl`."""
    return CalibrationLog(_plans() / "calibration.jsonl")


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
