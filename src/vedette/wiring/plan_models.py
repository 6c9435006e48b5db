"""The models that a plan is carried out with: they may be gone, or others, since it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from vedette.adapters.config.content import fingerprint as model_fingerprint
from vedette.errors import NotFoundError, VedetteError
from vedette.values.plan import Plan
from vedette.values.profile import Profile
from vedette.wiring.instances import find_manifest


def model_files(plan: Plan, profiles: Mapping[str, Profile], say: Callable[[str], None]) -> dict[str, str]:
    """The SHA-256 of the file behind each profile of a plan, by the profile's id.

    A profile of another version than the newest is left out: its version is what is run, and it is not looked up. So
    is one of a model that is damaged.

    Args:
        plan: to be carried out.
        profiles: that it rests on, by id.
        say: told when a model of the catalogue is pulled.

    Raises:
        NotFoundError: a model is neither here nor in the catalogue.
    """
    found = {}
    for name, profile in profiles.items():
        model, version = profile.profiled.model, profile.profiled.version
        try:
            manifest = find_manifest(model, say)
        except NotFoundError as error:
            raise NotFoundError(f"plan {plan.id} cannot be carried out: {error.message}", help=error.help) from None
        except VedetteError:  # damaged: the device that cannot load it says why, and that is kept
            continue
        if version in ("", manifest.version):
            found[name] = model_fingerprint(Path(manifest.file))
    return found
