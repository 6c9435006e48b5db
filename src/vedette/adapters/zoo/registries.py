"""Fetches a package with the client of its registry: pip for PyPI, npm for npm."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vedette.adapters.zoo.entry import Fetch
from vedette.adapters.zoo.npm_client import NpmFetch
from vedette.adapters.zoo.package import Package, Registry
from vedette.adapters.zoo.pip_client import PipFetch


@dataclass(frozen=True, slots=True)
class RegistryFetch:
    """Implements `entry.Fetch` for every registry."""

    pip: Fetch = field(default_factory=PipFetch)
    npm: Fetch = field(default_factory=NpmFetch)

    def fetch(self, package: Package, into: Path) -> Path:
        """See `Fetch.fetch`."""
        fetch = self.pip if package.registry is Registry.PYPI else self.npm
        return fetch.fetch(package, into)
