"""Profiles of this user: kept in the home folder."""

from __future__ import annotations

from pathlib import Path

from vedette.adapters.config.home import default_home
from vedette.adapters.store.profile_document import write_profile
from vedette.adapters.store.profiles import ProfileFolder, ProfileHead, export_profile
from vedette.values.profile import Profile

__all__ = ["ProfileHead", "export", "home_profiles", "profile_text", "take_in"]


def home_profiles() -> ProfileFolder:
    """Where profiles are kept: `$VEDETTE_HOME/profiles`."""
    return ProfileFolder(default_home() / "profiles")


def export(profile: Profile, file: Path) -> None:
    """Write a profile to a file.

    Raises:
        ConflictError: the file is there already.
        ExhaustedError: there is no room.
        UnavailableError: it cannot be written.
    """
    export_profile(profile, file)


def take_in(file: Path) -> Profile:
    """Import a file, in the whole form or the short one that people write; it is kept under its id.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it is no profile.
        ConflictError: another profile is kept under its id.
    """
    return home_profiles().take_in(file.expanduser())


def profile_text(profile: Profile) -> str:
    """The document of a profile, JSON."""
    return write_profile(profile)
