"""Which versions of a model are served."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.values.serving import VersionPolicy


def in_order(versions: Iterable[str]) -> tuple[str, ...]:
    """Versions from the lowest to the highest: whole numbers by their value, whatever else before them."""
    return tuple(sorted(versions, key=lambda version: (_number(version), version)))


def served_versions(found: Iterable[str], policy: VersionPolicy) -> tuple[str, ...]:
    """Those of the versions found that the policy serves, the lowest first."""
    ordered = in_order(found)
    if policy.only is not None:
        return tuple(version for version in ordered if version in policy.only)
    return ordered if policy.latest is None else ordered[max(0, len(ordered) - policy.latest) :]


def missing_versions(found: Iterable[str], policy: VersionPolicy) -> tuple[str, ...]:
    """Versions that the policy names and that are not there, the lowest first."""
    return in_order(set(policy.only or ()).difference(found))


def _number(version: str) -> int:
    return int(version) if version.isascii() and version.isdecimal() else -1
