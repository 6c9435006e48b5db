"""Image folders: found, read, and written so that a set is either whole or says that it is not.

    INPUT (file, folder, glob) -> Source(name relative to it, path), sorted by name
    claim(folder, names)  manifest.json, complete: false, names of old and new files   nothing is replaced yet
    write(folder, ...)    .part-* -> os.replace -> image                               never a half-written image
    seal(folder, ...)     files of the old set that the new one lacks go; manifest.json, complete: true

A set that was cut off can therefore be made anew with force, and nobody takes it for a whole one.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from glob import glob, has_magic
from hashlib import sha256
from pathlib import Path, PurePath
from secrets import token_hex
from typing import Any

from vedette.errors import ConflictError, ExhaustedError, NotFoundError, UnavailableError, VedetteError
from vedette.rules.vision.suffixes import IMAGE_SUFFIXES, is_image

MANIFEST = "manifest.json"
SCHEMA = "vedette.dataset/1"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Source:
    """An image file: `name` is its path relative to the INPUT that gave it, with `/`."""

    name: str
    path: Path


# --- finding ----------------------------------------------------------------------------------------------------------


def find_images(inputs: Sequence[str], *, outside: Path | None = None) -> tuple[Source, ...]:
    """The images that files, folders (with all folders below, hidden ones left out) and globs name, sorted by name.

    A file that is named directly counts whatever its suffix; in folders and globs the suffix decides. A file that is
    named twice counts once. Links to files are followed, links to folders below an INPUT are not.

    Args:
        inputs: what the user typed.
        outside: the output folder; what lies in it is left out.

    Raises:
        NotFoundError: an INPUT does not exist or holds no image.
        ConflictError: an INPUT lies in `outside`, so that reading and writing would meet.
    """
    barred = outside.resolve() if outside is not None else None
    found: dict[str, Source] = {}
    for given in inputs:
        sources = tuple(_expand(given, barred))
        if not sources:
            raise NotFoundError(f"no image in {given}", help=f"images end in {' '.join(sorted(IMAGE_SUFFIXES))}")
        for source in sources:
            found.setdefault(os.path.abspath(source.path), source)  # noqa: PTH100 - links stay apart
    return tuple(sorted(found.values(), key=lambda source: source.name))


def _expand(given: str, barred: Path | None) -> Iterator[Source]:
    path = Path(given).expanduser()
    pattern = has_magic(given) and not path.exists()
    start = _fixed_part(path) if pattern else path
    if _within(start, barred):
        raise ConflictError(
            f"{given} lies in the output folder", help="name a folder to make that holds none of the images to read"
        )
    if pattern:
        yield from _matches(path, start, barred)
    elif path.is_dir():
        yield from (Source(file.relative_to(path).as_posix(), file) for file in _walk(path, barred))
    elif path.exists():
        yield Source(path.name, path)
    else:
        near = get_close_matches(path.name, _listing(path.parent), n=1)
        hint = f"did you mean {path.with_name(near[0])}?" if near else "check the path"
        raise NotFoundError(f"{given} does not exist", help=hint)


def _matches(pattern: Path, start: Path, barred: Path | None) -> Iterator[Source]:
    for name in sorted(glob(str(pattern), recursive=True)):
        match = Path(name)
        if _within(match, barred):
            continue
        files = _walk(match, barred) if match.is_dir() else [match] if is_image(match) else []
        yield from (Source(file.relative_to(start).as_posix(), file) for file in files)


def _walk(folder: Path, barred: Path | None) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, onerror=_refused):
        folders[:] = [name for name in folders if not name.startswith(".") and Path(here, name).resolve() != barred]
        yield from (Path(here, name) for name in files if is_image(name) and not name.startswith("."))


def _refused(error: OSError) -> None:
    raise UnavailableError(f"cannot list {error.filename}: {error.strerror}", help="check its permissions") from error


def _listing(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names, not paths
    except OSError:
        return []


def _fixed_part(pattern: Path) -> Path:
    """The folder above the first part of a pattern that has a wildcard."""
    parts = pattern.parts
    return Path(*parts[: next(i for i, part in enumerate(parts) if has_magic(part))])


def _within(path: Path, barred: Path | None) -> bool:
    return barred is not None and path.resolve().is_relative_to(barred)


# --- reading ----------------------------------------------------------------------------------------------------------


def read(path: Path, most: int = -1) -> bytes:
    """The bytes of a file, or its first `most` bytes."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist", help="check the path, or where the link points to") from None
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}", help="check the file and its rights") from error


def size_bytes(path: Path) -> int:
    """The length of a file."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}", help="check the file and its rights") from error


# --- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of a set: its file, the source that it was made of, and what proves both."""

    file: str
    source: str
    sha256: str
    source_sha256: str
    width: int
    height: int


def set_digest(entries: Sequence[Entry]) -> str:
    """One figure for a whole set: `sha256sum * | sha256sum` over its images, sorted by name, gives the same."""
    lines = (f"{entry.sha256}  {entry.file}\n" for entry in sorted(entries, key=lambda entry: entry.file))
    return sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder that is ours to write to, and the files of an earlier set that the new one has no place for."""

    folder: Path
    stale: frozenset[str]


def claim(folder: Path, names: Sequence[str], *, force: bool) -> Claim:
    """Make a folder, or take an existing one, for the files `names`.

    Raises:
        ConflictError: the folder holds something and `force` is off, or a file in the way is in no manifest of ours.
    """
    if folder.exists() and not folder.is_dir():
        raise ConflictError(f"{folder} is a file, not a folder", help="name another --output")
    there = set(_listing(folder))
    if there and not force:
        raise ConflictError(
            f"{folder} is not empty", help="name another --output, or replace the set there with --force"
        )
    listed = _listed(folder) if there else frozenset()
    strangers = sorted(there & set(names) - listed)
    if strangers:
        raise ConflictError(
            f"{folder / strangers[0]} is in no {MANIFEST}, so --force does not replace it",
            help="move it away, or name another --output",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, folder.name, error) from error
    files = [{"file": name} for name in sorted(listed.union(names))]
    write_json(folder, MANIFEST, {"schema": SCHEMA, "complete": False, "images": files})
    return Claim(folder, listed - set(names))


def seal(claimed: Claim, document: Mapping[str, Any]) -> None:
    """Remove what only an earlier set held, and write the manifest of the whole set."""
    for name in sorted(claimed.stale):
        try:
            (claimed.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise _failed(claimed.folder, name, error) from error
    write_json(claimed.folder, MANIFEST, {"schema": SCHEMA, "complete": True, **document})


def write(folder: Path, name: str, data: bytes) -> None:
    """Write a file under a temporary name, then give it its own: it is there whole or not at all.

    Raises:
        ExhaustedError: disk, quota or file size limit is full.
        UnavailableError: the folder cannot be written to.
    """
    part = folder / f".part-{token_hex(8)}"
    try:
        try:
            with part.open("xb") as file:
                file.write(data)
            part.replace(folder / name)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(folder, name, error, len(data)) from error


def write_json(folder: Path, name: str, document: Mapping[str, Any]) -> None:
    """Write a JSON file as `write` does."""
    write(folder, name, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def _failed(folder: Path, name: str, error: OSError, size: int = 0) -> VedetteError:
    if error.errno in _FULL:
        return ExhaustedError(
            f"no space left in {folder} for {name} ({size} bytes): {error.strerror}",
            help="free some space, or name an --output on another disk",
        )
    return UnavailableError(f"cannot write {folder / name}: {error.strerror}", help="check the folder and its rights")


def _listed(folder: Path) -> frozenset[str]:
    """The files that a manifest of ours in this folder lists; they may be replaced."""
    manifest = folder / MANIFEST
    try:
        document = json.loads(manifest.read_bytes())
        files = [*document["images"], *document.get("beside", [])]
        names = [file["file"] for file in files] if document["schema"] == SCHEMA else None
    except (OSError, ValueError, KeyError, TypeError):
        names = None
    if names is None or not all(_plain(folder, name) for name in names):
        raise ConflictError(
            f"{folder} is not empty and holds no {MANIFEST} of an image set, so --force replaces nothing there",
            help="name another --output",
        )
    return frozenset(names)


def _plain(folder: Path, name: object) -> bool:
    """Whether a name is that of a file right in the folder: a forged manifest must not reach beyond it."""
    if not isinstance(name, str) or PurePath(name).name != name or name in {"", "..", MANIFEST} or "\0" in name:
        return False
    path = folder / name
    return path.is_symlink() or not path.is_dir()
