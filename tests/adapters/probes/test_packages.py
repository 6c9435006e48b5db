"""Packages are found by their metadata."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

from vedette.adapters.probes.packages import probe_libjpeg_turbo, probe_package


def test_an_installed_package_has_its_version() -> None:
    """The version is the one that the package's metadata carries."""
    package = probe_package("numpy")

    assert package.version == importlib.metadata.version("numpy")
    assert package.reason == ""


def test_the_first_distribution_that_is_installed_counts() -> None:
    """Several distributions may carry the same package."""
    package = probe_package("any", ("no-such-distribution", "numpy"))

    assert package.version == importlib.metadata.version("numpy")


def test_an_absent_package_has_a_reason_and_the_pip_line() -> None:
    """What is absent says so and names what brings it."""
    package = probe_package("torch-like", ("no-such-distribution",), pip="'vedette[torch]'")

    assert package.version is None
    assert (package.reason, package.help) == ("not installed", "pip install 'vedette[torch]'")


def test_libjpeg_turbo_tells_its_version() -> None:
    """The version inside simplejpeg's binary looks like one."""
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", probe_libjpeg_turbo().version or "")


def test_a_simplejpeg_without_a_version_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary that does not tell becomes a reason, not a made-up number."""
    (tmp_path / "simplejpeg").mkdir()
    (tmp_path / "simplejpeg/__init__.py").touch()
    (tmp_path / "simplejpeg/_jpeg.so").write_bytes(b"nothing here")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "simplejpeg", raising=False)
    package = probe_libjpeg_turbo()

    assert package.version is None
    assert "does not tell" in package.reason
