"""Files, folders and patterns. A folder is searched with its subfolders, by name; links are followed once."""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.sources.video import video_frames
from vedette.rules.vision.suffixes import is_image, is_video
from vedette.values.frame import Frame, Reject

FILE_LIMIT = 512 * 1024 * 1024
"""Bytes of one encoded image at most."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """What one path names: a file, the images and videos of a folder, or everything that a pattern matches."""

    path: str

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        found = False
        for path in self._paths():
            found = True
            yield from _read(path)
        if not found:
            yield self._nothing()

    def count(self) -> int:
        """How many files there are to read; a video counts as one."""
        return sum(1 for _ in self._paths())

    def _paths(self) -> Iterator[str]:
        if Path(self.path).is_dir():
            yield from _walk(self.path)
        elif os.path.lexists(self.path):
            yield self.path
        elif glob.has_magic(self.path):
            for match in sorted(glob.glob(self.path, recursive=True)):
                yield from _walk(match) if Path(match).is_dir() else (match,)

    def _nothing(self) -> Reject:
        name = printable(self.path)
        if Path(self.path).is_dir():
            message, help_ = f"no images in the folder {name}", "images are told by their suffix, such as .jpg or .png"
        elif glob.has_magic(self.path):
            message, help_ = f"nothing matches {name}", "put the pattern in quotes and check the folder it starts from"
        else:
            message, help_ = f"{name} is not there", "check the name and the folder that the command runs in"
        return Reject(name, "not_found", message, help_)


def printable(path: str) -> str:
    r"""A path as valid text: bytes that are no UTF-8 appear as \xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _walk(folder: str) -> Iterator[str]:
    """Images and videos below a folder, by name; a folder that links back to one being walked is not entered again."""
    entered: set[tuple[int, int]] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        here = Path(root).stat()
        if (here.st_dev, here.st_ino) in entered:
            folders.clear()
            continue
        entered.add((here.st_dev, here.st_ino))
        for name in sorted(files):
            if is_image(name) or is_video(name):
                yield str(Path(root, name))


def _read(path: str) -> Iterator[Frame | Reject]:
    name = printable(path)
    if is_video(path):
        yield from video_frames(path, name)
        return
    try:
        facts = Path(path).stat()
        if stat.S_ISREG(facts.st_mode) and facts.st_size > FILE_LIMIT:
            message = f"the file has {facts.st_size} bytes, the limit is {FILE_LIMIT}"
            yield Reject(name, "too_large", message, "convert it to a compressed format")
            return
        yield Frame(name, Path(path).read_bytes())
    except OSError as error:
        yield _refusal(path, name, error)


def _refusal(path: str, name: str, error: OSError) -> Reject:
    if error.errno == errno.ENOENT and Path(path).is_symlink():
        target = printable(str(Path(path).readlink()))
        return Reject(name, "not_found", f"the link points to {target}, which is not there", "remove or mend the link")
    kind = "not_found" if error.errno == errno.ENOENT else "unavailable"
    reason = error.strerror or str(error)
    return Reject(name, kind, f"the file cannot be read: {reason}", "check that it is there and may be read")
