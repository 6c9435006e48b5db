"""What every test shares: a home folder of its own and no way out to the network."""

from __future__ import annotations

from pathlib import Path

import pytest

PHOTOS = Path(__file__).parent.parent / "src/vedette/photos"


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `$VEDETTE_HOME` for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("VEDETTE_HOME", str(folder))
    return folder


@pytest.fixture
def photos() -> Path:
    """The folder of the photos that Vedette ships."""
    return PHOTOS
