"""What is slow to make and the same for all: made once a run of the tests, by the process that asks first.

    folder = once("wheels", fill)         the first process fills it, the others wait for it and read

Nobody writes into such a folder after it is made; who needs to, takes a copy.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_ROOT = "VEDETTE_TESTS_ONCE"


def begin() -> str | None:
    """Make the place of this run; None in a process of a run that has begun already."""
    if _ROOT in os.environ:
        return None
    os.environ[_ROOT] = tempfile.mkdtemp(prefix="vedette-tests-")
    return os.environ[_ROOT]


def end(place: str | None) -> None:
    """Remove what `begin` made."""
    if place is not None:
        shutil.rmtree(place, ignore_errors=True)
        os.environ.pop(_ROOT, None)


def once(name: str, fill: Callable[[Path], object]) -> Path:
    """The folder of this name, filled in the first process of the run that asks; one that fails leaves none."""
    root = Path(os.environ[_ROOT])
    folder, part = root / name, root / f"{name}.part"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            fill(part)
            part.rename(folder)
    return folder
