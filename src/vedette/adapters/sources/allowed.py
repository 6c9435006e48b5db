"""Files below the folders that the operator allows: symlinks are resolved before a path is judged, and again for each.

    below the root /data: /data/cat.jpg is read, /data/in -> /data/b is read, /data/link -> /etc is refused

A folder or pattern is judged by where it lies, and then every file in it by where it leads.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from vedette.adapters.sources.files import FileSource
from vedette.adapters.sources.shown import printable
from vedette.errors import ForbiddenError, NotFoundError, UnsupportedError
from vedette.rules.access.roots import outside, root_of
from vedette.rules.vision.suffixes import is_video
from vedette.values.frame import Reject

KEY = "files.inputs"


@dataclass(frozen=True, slots=True)
class AllowedFiles:
    """Judges paths by the folders that may be read."""

    roots: Sequence[str]

    def check(self, path: str) -> None:
        """Raise a ForbiddenError if a path, or the folder in which a pattern begins, is not below a root."""
        if not self._allows(_beginning(path)):
            raise outside(path, KEY)

    def open(self, path: str) -> tuple[FileSource, bool]:
        """What a path names, and whether that is a single image; blocks.

        Raises:
            ForbiddenError: it is not below a root.
            NotFoundError: it is not there.
            UnsupportedError: it is neither a file nor a folder.
        """
        self.check(path)
        source = FileSource(path, self._screened)
        if not os.path.lexists(path) and glob.has_magic(path):
            return source, False
        try:
            mode = Path(path).stat().st_mode
        except OSError as error:
            raise NotFoundError(f"{printable(path)} cannot be read: {error.strerror}", help="check the input") from None
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise UnsupportedError(f"{printable(path)} is neither a file nor a folder", help="name one of these")
        return source, stat.S_ISREG(mode) and not is_video(path)

    def _allows(self, path: str) -> bool:
        real = PurePosixPath(os.path.realpath(path))
        return root_of(real, [PurePath(os.path.realpath(root)) for root in self.roots]) is not None

    def _screened(self, items: Iterator[str | Reject]) -> Iterator[str | Reject]:
        """Let through what leads below a root; a link that leads out is told of once, not what lies behind it."""
        told: set[str] = set()
        for item in items:
            path = item.source if isinstance(item, Reject) else item
            if self._allows(path):
                yield item
                continue
            link = self._way_out(path)
            if link not in told:
                told.add(link)
                refusal: ForbiddenError = outside(printable(link), KEY)
                yield Reject(printable(link), refusal.kind, refusal.message, refusal.help)

    def _way_out(self, path: str) -> str:
        """The first part of a path that leads out of the roots."""
        parts = PurePosixPath(path)
        ways = [*reversed(parts.parents), parts]
        within = False
        for way in ways:
            allowed = self._allows(str(way))
            if within and not allowed:
                return str(way)
            within = within or allowed
        return path


def _beginning(path: str) -> str:
    """A path without the parts from the first that is a pattern on; of a path that is there, all of it."""
    if os.path.lexists(path) or not glob.has_magic(path):
        return path
    parts = PurePosixPath(path)
    return next(str(parent) for parent in parts.parents if not glob.has_magic(str(parent)))
