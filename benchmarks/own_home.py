"""A home folder of a benchmark's own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vedette.adapters.config.home import default_home


@contextmanager
def own_home() -> Iterator[None]:
    """A home with the models and what was chosen for them, and without profiles and plans of others."""
    home = default_home()
    with tempfile.TemporaryDirectory(prefix="vedette-plans-") as scratch:
        for entry in home.iterdir():
            if entry.name not in {"profiles", "plans"}:
                (Path(scratch) / entry.name).symlink_to(entry)
        before = os.environ.get("VEDETTE_HOME")
        os.environ["VEDETTE_HOME"] = scratch
        try:
            yield
        finally:
            os.environ.pop("VEDETTE_HOME") if before is None else os.environ.update(VEDETTE_HOME=before)
