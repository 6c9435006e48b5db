"""Profiles as files: `<root>/<id>.json`, each written whole or not at all.

Files that are foreign, damaged or of a newer Vedette are listed with what is wrong, and never stop the others from
being read.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vedette.adapters.store.profile_document import MAX_CHARACTERS, is_id, read_profile, write_profile
from vedette.adapters.store.record import to_data
from vedette.adapters.store.text_file import write_text_file
from vedette.errors import ConflictError, ExhaustedError, InvalidError, NotFoundError, UnavailableError, VedetteError
from vedette.rules.zoo.names import nearest
from vedette.values.profile import Profile, Profiled

_SUFFIX = ".json"
_HASH_DIGITS = 8


def new_profile_id(wall: datetime, profiled: Profiled) -> str:
    """Date and time in UTC, and the start of the hash of what was profiled: `20260102-030405-0a1b2c3d`."""
    text = json.dumps(to_data(profiled, "profiled"), sort_keys=True, allow_nan=False)
    return f"{wall.astimezone(UTC):%Y%m%d-%H%M%S}-{hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]}"


@dataclass(frozen=True, slots=True)
class ProfileHead:
    """A profile as it is listed.

    Attributes:
        id: name of its file without the suffix.
        path: its file.
        profile: None where it cannot be read.
        problem: why there is none, empty if there is one.
    """

    id: str
    path: Path
    profile: Profile | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ProfileFolder:
    """Where profiles are kept; the folder is made with the first of them."""

    root: Path

    def put(self, profile: Profile) -> Path:
        """Keep a profile; one of the same id is replaced.

        Raises:
            ExhaustedError: there is no room.
            UnavailableError: it cannot be written.
            InvalidError: its id cannot name a file.
        """
        if not is_id(profile.id):
            raise InvalidError(
                f"{profile.id!r} cannot be the id of a profile", help="use letters, digits, '.', '_', '-'"
            )
        path = self.root / f"{profile.id}{_SUFFIX}"
        _write(path, write_profile(profile))
        return path

    def get(self, name: str) -> Profile:
        """The profile of an id, or of the start of one that no other has.

        Raises:
            NotFoundError: no profile, or several, have that name.
            InvalidError: its file is damaged, or holds another profile.
        """
        head = _head(self.find(name))
        if head.profile is None:
            raise InvalidError(head.problem, help=f"restore the file, or remove the profile {head.id}")
        return head.profile

    def find(self, name: str) -> Path:
        """The file of a profile; see `get`.

        Raises:
            NotFoundError: no profile, or several, have that name.
        """
        files = {path.name.removesuffix(_SUFFIX): path for path in self._files()}
        matches = [name] if name in files else [one for one in files if name and one.startswith(name)]
        if len(matches) == 1:
            return files[matches[0]]
        if matches:
            raise NotFoundError(f"{len(matches)} profiles begin with {name}", help=f"name one: {', '.join(matches)}")
        near = nearest(name[:200], files)
        step = "measure one with `vedette profile MODEL`"
        if files:
            step = f"did you mean {' or '.join(near)}? " if near else ""
            step += "`vedette profiles list` shows all"
        raise NotFoundError(f"no profile in {self.root} is named {name[:200]!r}", help=step)

    def remove(self, name: str) -> str:
        """Forget a profile; its id. A damaged one can be removed too.

        Raises:
            NotFoundError: no profile, or several, have that name.
            UnavailableError: its file cannot be removed.
        """
        path = self.find(name)
        try:
            path.unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            raise UnavailableError(f"{path} cannot be removed: {error.strerror}", help="check its rights") from None
        return path.name.removesuffix(_SUFFIX)

    def heads(self) -> list[ProfileHead]:
        """Every file, by the time of its profile and then its id; one that cannot be read says why."""
        heads = [_head(path) for path in self._files()]
        return sorted(heads, key=lambda head: (head.profile.created if head.profile else "", head.id))

    def all(self) -> tuple[Profile, ...]:
        """Every profile that can be read."""
        return tuple(head.profile for head in self.heads() if head.profile is not None)

    def take_in(self, path: Path) -> Profile:
        """Import a file from elsewhere, in the whole or the short form; it is kept under its id.

        Raises:
            NotFoundError: there is no such file.
            InvalidError: it is no profile, or damaged.
            ConflictError: another profile is kept under its id.
            ExhaustedError: there is no room.
            UnavailableError: it cannot be written.
        """
        profile = read_file(path)
        kept = self.root / f"{profile.id}{_SUFFIX}"
        if kept.exists() and _head(kept).profile != profile:
            raise ConflictError(
                f"another profile is kept as {profile.id}",
                help="give the file another id, or remove that profile first",
            )
        self.put(profile)
        return profile

    def _files(self) -> Iterator[Path]:
        """Files that may be profiles; those being written begin with a dot."""
        try:
            entries = sorted(self.root.iterdir())
        except OSError:
            return
        yield from (one for one in entries if one.name.endswith(_SUFFIX) and not one.name.startswith("."))


def export_profile(profile: Profile, path: Path) -> None:
    """Write a profile to a file of the user's, in the whole form; its folder is made.

    Raises:
        ConflictError: the file is there already.
        ExhaustedError: there is no room.
        UnavailableError: it cannot be written.
    """
    if path.exists():
        raise ConflictError(f"{path} is there already", help="name another file, or remove it first")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, error) from None
    write_text_file(path, write_profile(profile))


def read_file(path: Path) -> Profile:
    """The profile in a file.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it is no profile, or damaged.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CHARACTERS + 1)
        return read_profile(content.decode("utf-8-sig"), str(path))
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}", help="check the path") from None
    except UnicodeDecodeError:
        raise InvalidError(f"{path} is not UTF-8 text", help="check that it is the right file") from None
    except OSError as error:
        told = error.strerror or type(error).__name__
        raise InvalidError(f"{path} cannot be read: {told}", help="check the path and its rights") from None
    except ValueError as error:
        raise InvalidError(f"{str(path)!r} cannot be opened: {error}", help="check the path") from None


def _head(path: Path) -> ProfileHead:
    name = path.name.removesuffix(_SUFFIX)
    try:
        profile = read_file(path)
    except VedetteError as error:
        return ProfileHead(name, path, None, error.message)
    if profile.id != name:
        return ProfileHead(
            name, path, None, f"{path} holds the profile {profile.id}: rename it to {profile.id}{_SUFFIX}"
        )
    return ProfileHead(name, path, profile)


def _write(path: Path, text: str) -> None:
    """Beside its place first, and then renamed."""
    part = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(part).replace(path)
    except OSError as error:
        if part:
            with suppress(OSError):
                Path(part).unlink(missing_ok=True)
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> VedetteError:
    told = f"{path} cannot be written: {error.strerror or type(error).__name__}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ExhaustedError(told, help="make room on the disk")
    return UnavailableError(told, help="check the folder and its rights")
