"""Where models and caches live."""

from __future__ import annotations

import os
from pathlib import Path


def default_home() -> Path:
    """`$VEDETTE_HOME`, else the folder `vedette` in the user's cache folder (`$XDG_CACHE_HOME` if it is absolute)."""
    given = os.environ.get("VEDETTE_HOME")
    if given:
        return Path(given).expanduser().absolute()
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (caches if caches.is_absolute() else Path("~/.cache").expanduser()) / "vedette"
