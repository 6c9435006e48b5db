"""The folders of `FilePolicy` on the disk: a path of a request passes only if it really lies below one of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from vedette.errors import InvalidError, NotFoundError
from vedette.rules.access.roots import outside, parse_path, root_of

_HELP = "check the path"


class AllowedFolders:
    """Folders below which files may be used.

    Args:
        roots: as the operator wrote them; they may be symlinks themselves.
        key: where the operator adds more: `files: inputs` or `files: outputs`.
    """

    def __init__(self, roots: tuple[str, ...], key: str) -> None:
        self._roots = tuple(Path(os.path.realpath(Path(root).expanduser())) for root in roots)
        self._key = key

    def resolve(self, text: str) -> Path:
        """The real path, without symlinks, of a file or folder that may be missing yet.

        Raises:
            InvalidError: no path.
            ForbiddenError: it lies elsewhere, or a symlink leads out.
        """
        path = _real(str(parse_path(text)))
        if path is None or root_of(path, self._roots) is None:
            raise outside(text, self._key)
        return path

    def contains(self, path: Path) -> bool:
        """Whether a path, for example one found in a folder, really lies below."""
        real = _real(path)
        return real is not None and root_of(real, self._roots) is not None

    def open(self, text: str) -> BinaryIO:
        """A file, opened for reading; what was opened is judged, so that a symlink set in between gains nothing.

        Raises:
            InvalidError: no path, or no plain file (a pipe, device or folder).
            NotFoundError: it lies below a root and is not there or not readable.
            ForbiddenError: as `resolve`.
        """
        path = self.resolve(text)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise NotFoundError(f"{text[:200]!r} cannot be read: {error.strerror}", help=_HELP) from None
        file = os.fdopen(descriptor, "rb") if self._is_plain(descriptor, text) else None
        if file is None:
            raise InvalidError(f"{text[:200]!r} is no plain file", help="give an image, video or data file")
        return file

    def _is_plain(self, descriptor: int, text: str) -> bool:
        plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
        opened = _opened(descriptor)
        if plain and root_of(opened, self._roots) is not None:
            return True
        os.close(descriptor)
        if plain:
            raise outside(text, self._key)
        return False


def _real(path: str | Path) -> Path | None:
    """The path without symlinks; None where they lead in a circle or no system takes such a path."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _opened(descriptor: int) -> Path:
    """Where an open file really lies."""
    return Path(os.path.realpath(f"/proc/self/fd/{descriptor}"))
