"""Which client fetches what."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.zoo.package import Package, Registry
from vedette.adapters.zoo.registries import RegistryFetch


class Named:
    """A client that answers with its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fetch(self, package: Package, into: Path) -> Path:
        return into / self.name


@pytest.mark.parametrize(("registry", "client"), [(Registry.PYPI, "pip"), (Registry.NPM, "npm")])
def test_a_package_comes_from_its_registry(tmp_path: Path, registry: Registry, client: str) -> None:
    """pip is asked for wheels, npm for tarballs."""
    fetch = RegistryFetch(Named("pip"), Named("npm"))

    assert fetch.fetch(Package("p", "1", "0" * 64, 1.0, registry), tmp_path) == tmp_path / client
    assert registry.client == client
