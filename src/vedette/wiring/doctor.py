"""The command `vedette doctor`: every probe of this machine, joined into one Checkup.

probes.host -> thread plan    probes.packages -> versions    probes.runtimes -> what runs where    home folder, pip, npm
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from vedette.adapters.config.home import default_home
from vedette.adapters.probes.host import probe_host
from vedette.adapters.probes.packages import Package, probe_libjpeg_turbo, probe_package
from vedette.adapters.probes.runtimes import Engine, probe_runtimes
from vedette.adapters.zoo.npm_client import npm_here
from vedette.rules.threads import ThreadPlan, has_bf16, thread_plan, usable_cores
from vedette.values.execution import Optimise, RuntimeName
from vedette.values.host import Host

_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")
_ONNXRUNTIME = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml")


@dataclass(frozen=True, slots=True)
class Home:
    """The home folder.

    Attributes:
        path: where it is.
        origin: what says so.
        exists: whether it has been made.
        writable: whether it can be written to, or made.
        free_bytes: free space on its disk; None if it cannot be told.
        reason: what stands in the way, empty if nothing does.
    """

    path: str
    origin: str
    exists: bool
    writable: bool
    free_bytes: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """All that the doctor found."""

    host: Host
    usable_cores: int
    threads: tuple[tuple[Optimise, ThreadPlan], ...]
    bf16: bool
    home: Home
    pip: bool
    npm: bool
    packages: tuple[Package, ...]
    engines: tuple[Engine, ...]

    @property
    def works(self) -> bool:
        """Whether an engine runs models; `null` only measures what everything else costs."""
        return any(engine.works for engine in self.engines if engine.name is not RuntimeName.NULL)


def examine() -> Checkup:
    """Look at everything; nothing is changed, and no probe that fails stops the others."""
    host = probe_host()
    return Checkup(
        host=host,
        usable_cores=usable_cores(host),
        threads=tuple((optimise, thread_plan(host, optimise)) for optimise in Optimise),
        bf16=has_bf16(host),
        home=look_at_home(default_home(), home_origin(os.environ)),
        pip=find_spec("pip") is not None,
        npm=npm_here() is not None,
        packages=_packages(),
        engines=probe_runtimes(),
    )


def home_origin(environment: Mapping[str, str]) -> str:
    """Which variable the home folder of the repository comes from."""
    return next((f"${name}" for name in ("VEDETTE_HOME", "XDG_CACHE_HOME") if environment.get(name)), "default")


def look_at_home(path: Path, origin: str) -> Home:
    """Whether a home folder is there, or could be made, without making it."""
    try:
        exists = path.exists()
        nearest = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        writable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
        free = shutil.disk_usage(nearest).free
    except OSError as error:
        return Home(str(path), origin, exists=False, writable=False, free_bytes=None, reason=str(error.strerror))
    reason = ""
    if not nearest.is_dir():
        reason = f"{nearest} is a file"
    elif not writable:
        reason = f"{nearest} cannot be written to"
    return Home(str(path), origin, exists, writable, free, reason)


def _packages() -> tuple[Package, ...]:
    return (
        probe_package("vedette"),
        probe_package("numpy"),
        probe_package("opencv", _OPENCV),
        probe_package("simplejpeg"),
        probe_libjpeg_turbo(),
        probe_package("onnx"),
        probe_package("onnxruntime", _ONNXRUNTIME),
        probe_package("openvino"),
        probe_package("av"),
        probe_package("torch", pip="'vedette[torch]'"),
    )
