"""Files, folders and patterns.

A folder gives the images and videos in it by name, then those of its subfolders. Hidden files and folders are left
out, and so are pipes, sockets and devices, which could block for ever. Links are followed, but no folder is entered
twice and no link leads back up. A pattern gives the images and videos that it matches, each once, and the contents of
the folders that it matches. A file that is named directly is read whatever it is.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.sources.shown import printable
from vedette.adapters.sources.video import video_frames
from vedette.rules.vision.suffixes import is_image, is_video
from vedette.values.frame import Frame, Reject

FILE_LIMIT = 512 * 1024 * 1024
"""Bytes of one encoded image at most."""

_MISSING = (errno.ENOENT, errno.ENOTDIR)


Screen = Callable[[Iterator[str | Reject]], Iterator[str | Reject]]
"""Lets the paths pass that may be read, and puts a Reject in the place of others."""


def _let_all_pass(items: Iterator[str | Reject]) -> Iterator[str | Reject]:
    return items


@dataclass(frozen=True, slots=True)
class FileSource:
    """What one path names: a file, the images and videos of a folder, or those that a pattern matches.

    Attributes:
        path: of the file or folder, or the pattern.
        screen: what the paths that it names pass through before they are read.
    """

    path: str
    screen: Screen = _let_all_pass

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        found = False
        for item in self.screen(self._items()):
            found = True
            if isinstance(item, Reject):
                yield item
            else:
                yield from _read(item)
        if not found:
            yield self._nothing()

    def count(self) -> int:
        """How many images to expect, at least one; a video counts as one."""
        return max(1, sum(1 for _ in self._items()))

    def _items(self) -> Iterator[str | Reject]:
        if os.path.isdir(self.path):  # noqa: PTH112 - never raises, where Path.is_dir does
            yield from _walk(self.path)
        elif os.path.lexists(self.path) or not glob.has_magic(self.path):
            yield self.path
        else:
            yield from _matches(self.path)

    def _nothing(self) -> Reject:
        name = printable(self.path)
        by_suffix = "images and videos are told by their suffix, such as .jpg or .mp4"
        if not glob.has_magic(self.path) or os.path.lexists(self.path):
            message = f"no images in the folder {name}"
            return Reject(name, "not_found", message, f"{by_suffix}; hidden files are left out")
        others = len(glob.glob(self.path, recursive=True))
        if others:
            message = f"no images match {name}, only other files ({others})"
            return Reject(
                name, "not_found", message, f"{by_suffix}; name a file directly to read it whatever its suffix"
            )
        help_ = "check the pattern and the folder that the command runs in"
        return Reject(name, "not_found", f"nothing matches {name}", help_)


def _walk(top: str) -> Iterator[str | Reject]:
    """Images and videos below a folder, by name, and a Reject for each folder that cannot be listed."""
    entered = _above(top)
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            identity = _identity(folder)
            if identity in entered:
                continue
            entered.add(identity)
            with os.scandir(folder) as listing:
                entries = sorted((entry for entry in listing if not entry.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            message = f"the folder cannot be listed: {error.strerror}"
            yield Reject(printable(folder), "unavailable", message, "check that it is there and that you may open it")
            continue
        yield from (entry.path for entry in entries if _is_wanted(entry.name) and _is_file(entry))
        waiting += [entry.path for entry in reversed(entries) if _is_folder(entry)]


def _matches(pattern: str) -> Iterator[str | Reject]:
    """What a pattern matches, by name; a file that is reached on several ways is given once."""
    real_folders: dict[str, str] = {}
    given: set[str] = set()
    for match in sorted(glob.glob(pattern, recursive=True)):
        for item in _walk(match) if os.path.isdir(match) else (match,):  # noqa: PTH112
            path = item.source if isinstance(item, Reject) else item
            folder, name = os.path.split(path)
            if folder not in real_folders:
                real_folders[folder] = os.path.realpath(folder)
            key = os.path.join(real_folders[folder], name)  # noqa: PTH118 - the path of a link itself
            if key not in given and (isinstance(item, Reject) or (_is_wanted(item) and _is_file_or_broken(item))):
                given.add(key)
                yield item


def _above(folder: str) -> set[tuple[int, int]]:
    """The folders that hold this one; those that may not be looked at cannot be entered either."""
    above: set[tuple[int, int]] = set()
    with suppress(OSError):
        for parent in Path(os.path.realpath(folder)).parents:
            above.add(_identity(str(parent)))
    return above


def _identity(folder: str) -> tuple[int, int]:
    facts = Path(folder).stat()
    return facts.st_dev, facts.st_ino


def _is_wanted(name: str) -> bool:
    return is_image(name) or is_video(name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir(follow_symlinks=False)  # noqa: PTH112


def _is_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) or (entry.is_symlink() and _is_file_or_broken(entry.path))


def _is_file_or_broken(path: str) -> bool:
    """False for folders and for what could block. A link that leads nowhere is true: it is to be told of."""
    return os.path.isfile(path) or not os.path.exists(path)  # noqa: PTH110, PTH113 - they never raise


def _read(path: str) -> Iterator[Frame | Reject]:
    name = printable(path)
    try:
        if is_video(path):
            _check_opens(path)
            data = None
        else:
            data = _bytes(path)
    except (OSError, ValueError) as error:
        yield _refusal(path, name, error)
        return
    if data is None:
        yield from video_frames(path, name)
    else:
        yield data if isinstance(data, Reject) else Frame(name, data)


def _check_opens(path: str) -> None:
    """Raise what reading the file would raise; a pipe is not touched."""
    file = Path(path)
    if stat.S_ISREG(file.stat().st_mode):
        file.open("rb").close()


def _bytes(path: str) -> bytes | Reject:
    file = Path(path)
    facts = file.stat()
    help_ = "convert it to a compressed format such as JPEG, or cut it up"
    if stat.S_ISREG(facts.st_mode):
        if facts.st_size <= FILE_LIMIT:
            return file.read_bytes()
        message = f"the file has {facts.st_size} bytes, the limit is {FILE_LIMIT}"
        return Reject(printable(path), "too_large", message, help_)
    with file.open("rb") as stream:
        data = stream.read(FILE_LIMIT + 1)
    if len(data) <= FILE_LIMIT:
        return data
    return Reject(printable(path), "too_large", f"more than {FILE_LIMIT} bytes came, which is the limit", help_)


def _refusal(path: str, name: str, error: OSError | ValueError) -> Reject:
    if not isinstance(error, OSError):
        return Reject(name, "invalid", f"{name} cannot name a file: {error}", "check the name")
    if error.errno not in _MISSING:
        message = f"the file cannot be read: {error.strerror or error}"
        return Reject(name, "unavailable", message, "check that it is an image file and that you may read it")
    if os.path.islink(path):  # noqa: PTH114 - never raises
        target = printable(os.path.realpath(path))
        return Reject(name, "not_found", f"the link leads to {target}, which is not there", "remove or mend the link")
    help_ = "check the name and the folder that the command runs in"
    return Reject(name, "not_found", f"{name} is not there", help_)
