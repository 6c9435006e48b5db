"""What lies in a model repository right now, and any version of it as a manifest.

    folder --scan--> Found, Found, ...      names, sizes and times only; no file is opened
    Found --read_version--> Manifest        YAML, config.pbtxt or nothing but the file itself

A scan is cheap and imports nothing heavy: a server makes one while it starts and one at each poll. Folders and files
whose name starts with a dot are not seen: tools copy under such names.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from vedette.adapters.config.layout import MANIFEST_FILE, STANDARD_FILES, SUFFIXES, TRITON_FILE, is_version
from vedette.errors import InvalidError, NotFoundError
from vedette.rules.zoo.names import NAME_RULE, SERVED_NAME_RULE, is_name, is_served_name
from vedette.values.found import FileState, FolderKind, Found
from vedette.values.manifest import Manifest, ModelType
from vedette.values.serving import ModelOptions

MAX_FILES = 10_000
"""Files below one model folder; more than that is no model but a folder given by mistake."""

BARE_NOTE = f"no {MANIFEST_FILE} and no {TRITON_FILE}: it is served as a model of plain tensors"


def scan(root: Path) -> tuple[Found, ...]:
    """Every model folder in `root`, in the order of their names; none if `root` is not there or is no folder."""
    try:
        folders = sorted(entry.name for entry in os.scandir(root) if not entry.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    found = (_found(root.absolute() / name) for name in folders)
    return tuple(each for each in found if each is not None)


def read_version(found: Found, version: str) -> Manifest:
    """The manifest of one version of a model folder; `file` is an absolute path.

    Raises:
        UsageError: its `model.yaml` or `config.pbtxt` is not well formed.
        UnsupportedError: its `config.pbtxt` asks for what Vedette does not do.
        NotFoundError: this version is not there.
        InvalidError: its file is missing, empty, or of another size than the one that was saved.
    """
    folder = Path(found.folder)
    if found.kind == "vedette":
        from vedette.adapters.config.repository import Repository

        return Repository(folder.parent).entry(found.name, version).manifest
    if version not in found.versions:
        raise NotFoundError(
            f"model {found.name!r} has no version {version!r}",
            help=f"its versions are: {', '.join(found.versions) or 'none'}",
        )
    if found.kind == "triton":
        from vedette.adapters.config.triton import read_triton

        return read_triton(folder, version).manifest
    return _bare(found, version)


def read_options(found: Found) -> ModelOptions | None:
    """How a model folder itself says that it is to be served; None where it says nothing of that.

    Raises:
        UsageError, UnsupportedError: as `read_version`.
    """
    if found.kind != "triton":
        return None
    from vedette.adapters.config.triton import read_config

    return read_config(Path(found.folder)).options


def notes(found: Found) -> tuple[str, ...]:
    """What of a foreign description was taken otherwise than it says, a sentence each.

    Raises:
        UsageError, UnsupportedError: as `read_version`.
    """
    if found.kind == "bare":
        return (BARE_NOTE,)
    if found.kind == "vedette":
        return ()
    from vedette.adapters.config.triton import read_config

    return read_config(Path(found.folder)).notes


def _bare(found: Found, version: str) -> Manifest:
    folder = Path(found.folder) / version
    names = [name for name in STANDARD_FILES if (folder / name).exists()]
    if not names:
        raise InvalidError(
            f"model {found.name!r} is damaged: {folder} holds none of {', '.join(STANDARD_FILES)}",
            help="copy its file there anew",
        )
    path = folder / names[0]
    return Manifest(found.name, version, str(path), SUFFIXES[path.suffix], ModelType.TENSOR, None)


def _found(folder: Path) -> Found | None:
    try:
        if not folder.is_dir():
            return None
        state = tuple(sorted(islice(_files(folder), MAX_FILES + 1), key=lambda file: file.path))
        versions = [entry.name for entry in os.scandir(folder) if is_version(entry.name) and entry.is_dir()]
    except FileNotFoundError:  # it goes away while it is looked at
        return None
    except OSError as error:
        return Found(folder.name, str(folder), "bare", (), (), f"{folder} cannot be read: {error.strerror}")
    kind = _kind({file.path for file in state})
    if kind is None:
        return None
    if kind != "vedette":
        versions = [version for version in versions if not version.startswith("0")]  # as Triton has it
    ordered = tuple(sorted(versions, key=lambda version: (int(version), version)))
    return Found(folder.name, str(folder), kind, ordered, state, _problem(folder, kind, ordered, len(state)))


def _kind(files: set[str]) -> FolderKind | None:
    """A folder with neither description is a model if a version folder of it holds a model file."""
    if MANIFEST_FILE in files:
        return "vedette"
    if TRITON_FILE in files:
        return "triton"
    tops = {tuple(path.split("/")[:2]) for path in files if "/" in path}
    return "bare" if any(is_version(version) and name in STANDARD_FILES for version, name in tops) else None


def _problem(folder: Path, kind: FolderKind, versions: tuple[str, ...], count: int) -> str:
    if kind == "vedette" and not is_name(folder.name):
        return f"{folder.name!r} is no name of a model: {NAME_RULE}"
    if not is_served_name(folder.name):
        return f"{folder.name!r} is no name of a model: {SERVED_NAME_RULE}"
    if count > MAX_FILES:
        return f"{folder} holds more than {MAX_FILES:,} files"
    return "" if versions else f"{folder} has no version folder such as 1/"


def _files(folder: Path) -> Iterator[FileState]:
    """Every regular file below a folder, through links too; a link that leads back to its own parents is left alone."""
    seen: set[tuple[int, int]] = set()
    for root, folders, names in os.walk(folder, followlinks=True, onerror=_raise):
        facts = Path(root).stat()
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()
            continue
        seen.add((facts.st_dev, facts.st_ino))
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from _files_in(Path(root), folder, names)


def _files_in(root: Path, folder: Path, names: list[str]) -> Iterator[FileState]:
    for name in names:
        if name.startswith("."):
            continue
        with suppress(FileNotFoundError):  # a link to nothing, or a file that goes away while it is looked at
            facts = (root / name).stat()
            if stat.S_ISREG(facts.st_mode):
                yield FileState((root / name).relative_to(folder).as_posix(), facts.st_size, facts.st_mtime_ns)


def _raise(error: OSError) -> None:
    raise error
