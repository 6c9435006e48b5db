"""A package of a registry, pinned by version and sha256, and the files in it, read without unpacking."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vedette.errors import InvalidError


class Registry(StrEnum):
    """Where a package is published: PyPI as a wheel (a zip), npm as a `.tgz`."""

    PYPI = "PyPI"
    NPM = "npm"

    @property
    def client(self) -> str:
        """The program that fetches from it."""
        return "pip" if self is Registry.PYPI else "npm"


@dataclass(frozen=True, slots=True)
class Package:
    """One wheel or tarball. `size_mb` is what is downloaded, in 10^6 bytes."""

    name: str
    version: str
    sha256: str
    size_mb: float
    registry: Registry = Registry.PYPI

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def verify(archive: Path, package: Package) -> None:
    """Refuse and delete a file that is not the pinned one.

    Raises:
        InvalidError: another sha256.
    """
    with archive.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != package.sha256:
        archive.unlink()
        raise mismatch(package, f"got {actual}, ")


def mismatch(package: Package, got: str = "") -> InvalidError:
    """The error for a package whose content is not the one that this version of Vedette was made with."""
    return InvalidError(
        f"{package} is not the package that Vedette knows: {got}expected sha256 {package.sha256}; it was refused",
        help=f"the registry, a mirror or a proxy changed it: look at `{package.registry.client} config list` "
        "and try another registry",
    )


def read_member(archive: Path, name: str) -> bytes:
    """The content of one file in a wheel or tarball.

    Raises:
        InvalidError: the archive is damaged or has no such file.
    """
    return read_members(archive, name)[name]


def read_members(archive: Path, *names: str) -> dict[str, bytes]:
    """The content of several files by name, in one pass; nothing is written, so no name can lead elsewhere.

    Raises:
        InvalidError: the archive is damaged or lacks one of them.
    """
    members = _tar_members if archive.suffix == ".tgz" else _zip_members
    found: dict[str, bytes] = {}
    reason = "it is not there"
    try:
        for name, content in members(archive, names):
            found[name] = content
            if len(found) == len(set(names)):
                break
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as error:
        reason = str(error.args[0]) if error.args else type(error).__name__
    missing = [name for name in names if name not in found]
    if missing:
        raise InvalidError(f"{archive.name}: {missing[0]} cannot be read: {reason}", help="pull it again")
    return found


def _zip_members(archive: Path, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as file:
        for name in names:
            yield name, file.read(name)


def _tar_members(archive: Path, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """A compressed tarball can only be read from its start, so the order is that of the tarball."""
    with tarfile.open(archive, "r|gz") as file:
        for member in file:
            content = file.extractfile(member) if member.name in names and member.isreg() else None
            if content is not None:
                yield member.name, content.read()
