"""Which packages are installed, asked of their metadata: nothing heavy is imported, nothing can crash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

_TURBO = rb"libjpeg-turbo version (\d+(?:\.\d+)+)"


@dataclass(frozen=True, slots=True)
class Package:
    """A package and its version; where there is none, `reason` and `help` say why and what to do."""

    name: str
    version: str | None
    reason: str = ""
    help: str = ""


def probe_package(name: str, distributions: tuple[str, ...] = (), *, pip: str = "") -> Package:
    """Look for a package under its distribution names, the first of which is taken.

    Args:
        name: what users call it.
        distributions: names under which it may be installed; `name` itself if empty.
        pip: what `pip install` takes to get it; the first distribution if empty.
    """
    for distribution in distributions or (name,):
        try:
            found = version(distribution)
        except PackageNotFoundError:
            continue
        return Package(name, found)
    return Package(name, None, "not installed", f"pip install {pip or (distributions or (name,))[0]}")


def probe_libjpeg_turbo() -> Package:
    """The libjpeg-turbo inside simplejpeg, which tells its version nowhere but in its own binary."""
    name = "libjpeg-turbo"
    spec = find_spec("simplejpeg")
    if spec is None or spec.origin is None:
        return Package(name, None, "simplejpeg, which carries it, is not installed", "pip install simplejpeg")
    for binary in sorted(Path(spec.origin).parent.glob("_jpeg*")):
        if binary.suffix in {".so", ".pyd"} and (found := re.search(_TURBO, binary.read_bytes())):
            return Package(name, found[1].decode())
    return Package(name, None, "this simplejpeg does not tell which version it carries", "none needed")
