"""A folder of models.

    <home>/<model>/model.yaml
    <home>/<model>/<version>/model.onnx      or model.xml + model.bin, saved_model/, model.tflite, model.pt

A model appears whole or not at all: it is built in a hidden folder beside the others and renamed. Folders whose name
starts with a dot are no models.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from vedette.adapters.config import document
from vedette.adapters.config.content import fingerprint, size_of_files
from vedette.adapters.config.layout import STANDARD_FILES, SUFFIXES, is_version
from vedette.adapters.config.schema import ModelFile
from vedette.errors import ConflictError, ExhaustedError, InvalidError, NotFoundError, UnavailableError, UsageError
from vedette.rules.zoo.names import NAME_RULE, is_name, nearest
from vedette.values.manifest import Manifest, ModelFormat

_STAGING = ".incoming-"
_LEFTOVER_S = 24 * 3600
_INLINE_LABELS = 20
_INLINE_ANCHORS = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """A model as its folder holds it; sha256 and size are those recorded when it was saved, empty and None without."""

    manifest: Manifest
    sha256: str
    size_bytes: int | None


class Repository:
    """The models in one folder. The folder need not exist until something is saved."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()

    def names(self) -> tuple[str, ...]:
        """The models that are there, in the order of their names."""
        try:
            folders = sorted(self.home.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return ()
        return tuple(path.name for path in folders if is_name(path.name) and (path / document.FILE_NAME).is_file())

    def strays(self) -> tuple[str, ...]:
        """What looks like a model and is not seen as one, each with the reason."""
        if not self.home.is_dir():
            return ()
        known, found = self.names(), []
        for path in sorted(self.home.iterdir()):
            if path.name in known or path.name.startswith(".") or not path.is_dir():
                continue
            if (path / document.FILE_NAME).is_file():
                found.append(f"{path}: its name is not one of a model: {NAME_RULE}")
            elif any(inner.is_dir() and inner.name.isdecimal() for inner in path.iterdir()):
                found.append(f"{path}: it has a version folder and no {document.FILE_NAME}")
        return tuple(found)

    def find(self, name: str) -> Manifest:
        """The highest version of a model; its file is there and has the recorded size, its hash is not computed.

        Raises:
            NotFoundError: no model of this name.
            UsageError: its `model.yaml` is not well formed.
            InvalidError: its file is missing, empty, or of another size.
        """
        return self.entry(name).manifest

    def entry(self, name: str, version: str | None = None) -> Entry:
        """As `find`, with what was recorded of the file; of another version than the highest if one is named."""
        folder = self._folder(name)
        yaml_file = folder / document.FILE_NAME
        model = document.parse(document.read(yaml_file), str(yaml_file), folder=folder, name=name)
        version = _highest_version(folder, name) if version is None else _that_version(folder, name, version)
        path, model_format = _model_file(folder / version, model, name)
        size = _intact_size(path, model_format, name)
        recorded = model.size_bytes.get(version)
        if recorded is not None and recorded != size:
            raise _damaged(name, f"{path} has {size:,} bytes, {recorded:,} were saved")
        manifest = model.manifest(name, version, str(path), model_format)
        return Entry(manifest, model.sha256.get(version, ""), recorded)

    def verify(self, name: str, version: str | None = None) -> Entry:
        """As `entry`, and the content of the file is the one that was saved.

        Raises:
            InvalidError: the sha256 is not the recorded one.
        """
        entry = self.entry(name, version)
        actual = fingerprint(Path(entry.manifest.file))
        if entry.sha256 and entry.sha256 != actual:
            raise _damaged(name, f"{entry.manifest.file} has sha256 {actual}, {entry.sha256} was saved")
        return entry

    def save(self, manifest: Manifest, files: Mapping[str, bytes | Path]) -> Manifest:
        """Add a model.

        Args:
            manifest: its `file` is a name among `files`, or the folder of several of them.
            files: what goes into the version folder: relative path to content, or to the path of a copy's origin.

        Returns:
            The manifest with the absolute path of its file.

        Raises:
            ConflictError: a model of this name is there.
            ExhaustedError, UnavailableError: the folder takes no more, or cannot be written.
        """
        _check_name(manifest.name)
        target = self.home / manifest.name
        if target.exists():
            raise _taken(manifest.name)
        staging: Path | None = None
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.home))
            self._sweep(staging)
            _fill(staging, manifest, files)
            staging.chmod(0o755)
            staging.rename(target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and target.exists():
                raise _taken(manifest.name) from None
            raise _unwritable(self.home, error) from error
        finally:
            if staging is not None:
                shutil.rmtree(staging, ignore_errors=True)
        return replace(manifest, file=str(target / manifest.version / manifest.file))

    def remove(self, name: str) -> None:
        """Delete a model with all its versions.

        Raises:
            NotFoundError: no model of this name.
        """
        folder = self._folder(name)
        try:
            if folder.is_symlink():
                folder.unlink()
                return
            hidden = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.home))
            folder.rename(hidden / name)
            shutil.rmtree(hidden)
        except OSError as error:
            raise _unwritable(self.home, error) from error

    def _folder(self, name: str) -> Path:
        folder = self.home / name
        if is_name(name) and (folder / document.FILE_NAME).is_file():
            return folder
        near = nearest(name, self.names())
        raise NotFoundError(
            f"no model {name!r} in {self.home}{_nearest_text(near)}", help="`vedette models list` shows what is there"
        )

    def _sweep(self, fresh: Path) -> None:
        """Delete what a killed process left half-made a day or more before `fresh` was made."""
        now_s = fresh.stat().st_mtime
        for path in self.home.glob(f"{_STAGING}*"):
            if now_s - path.stat().st_mtime > _LEFTOVER_S:
                shutil.rmtree(path, ignore_errors=True)


def _fill(staging: Path, manifest: Manifest, files: Mapping[str, bytes | Path]) -> None:
    version = staging / manifest.version
    for relative, content in files.items():
        inner = PurePosixPath(relative)
        if inner.is_absolute() or ".." in inner.parts:
            raise InvalidError(f"{relative!r} leaves the folder of the model", help="export the model anew")
        path = version / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            shutil.copyfile(content, path)
    file = version / manifest.file
    size = _intact_size(file, manifest.format, manifest.name)
    labels_file, anchors_file = "", ""
    if len(manifest.labels) > _INLINE_LABELS and not any(
        "\n" in name or name != name.strip() for name in manifest.labels
    ):
        labels_file = "labels.txt"
        (staging / labels_file).write_text("\n".join(manifest.labels) + "\n", encoding="utf-8")
    anchors = () if manifest.detector is None else manifest.detector.anchors
    if len(anchors) > _INLINE_ANCHORS:
        anchors_file = "anchors.txt"
        (staging / anchors_file).write_text(_lines_of_four(anchors), encoding="utf-8")
    text = document.write(
        manifest, labels_file=labels_file, anchors_file=anchors_file, sha256=fingerprint(file), size_bytes=size
    )
    (staging / document.FILE_NAME).write_text(text, encoding="utf-8")


def _lines_of_four(numbers: tuple[float, ...]) -> str:
    """Numbers as text that reads back as the same numbers, four a line."""
    lines = [" ".join(repr(float(number)) for number in numbers[at : at + 4]) for at in range(0, len(numbers), 4)]
    return "\n".join(lines) + "\n"


def _versions(folder: Path) -> list[str]:
    return sorted((path.name for path in folder.iterdir() if path.is_dir() and is_version(path.name)), key=int)


def _highest_version(folder: Path, name: str) -> str:
    versions = _versions(folder)
    if not versions:
        raise _damaged(name, f"{folder} has no version folder such as 1/")
    return versions[-1]


def _that_version(folder: Path, name: str, version: str) -> str:
    versions = _versions(folder)
    if version in versions:
        return version
    raise NotFoundError(
        f"model {name!r} has no version {version!r}", help=f"its versions are: {', '.join(versions) or 'none'}"
    )


def _model_file(version: Path, model: ModelFile, name: str) -> tuple[Path, ModelFormat]:
    names = [model.file] if model.file else [file for file in STANDARD_FILES if (version / file).exists()]
    if not names:
        raise _damaged(name, f"{version} holds none of {', '.join(STANDARD_FILES)}")
    path = version / names[0]
    found = model.format or SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise UsageError(
            f"{version.parent / document.FILE_NAME}: format: missing: the suffix of {path.name} does not tell it",
            help=f"add format: with one of {', '.join(ModelFormat)}",
        )
    return path, found


def _intact_size(path: Path, model_format: ModelFormat, name: str) -> int:
    needed = [path]
    if model_format is ModelFormat.OPENVINO:
        needed.append(path.with_suffix(".bin"))
    elif model_format is ModelFormat.SAVED_MODEL:
        needed = [path / "saved_model.pb"]
    for file in needed:
        if not file.is_file():
            raise _damaged(name, f"{file} is missing")
        if file.stat().st_size == 0 and file.suffix != ".bin":
            raise _damaged(name, f"{file} is empty")
    return size_of_files(path)


def _check_name(name: str) -> None:
    if not is_name(name):
        raise UsageError(f"{name!r} is no name of a model", help=f"take {NAME_RULE}: --name NAME")


def _nearest_text(near: tuple[str, ...]) -> str:
    return f"; the nearest: {', '.join(near)}" if near else ""


def _taken(name: str) -> ConflictError:
    return ConflictError(
        f"a model {name!r} is there already", help=f"take another --name, or `vedette models remove {name}` first"
    )


def _damaged(name: str, what: str) -> InvalidError:
    return InvalidError(
        f"model {name!r} is damaged: {what}", help=f"`vedette models remove {name}`, then pull or add it again"
    )


def _unwritable(home: Path, error: OSError) -> ExhaustedError | UnavailableError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExhaustedError(f"no space left in {home}", help="free some space, or set VEDETTE_HOME to another folder")
    return UnavailableError(
        f"{error.filename or home} cannot be written: {error.strerror}",
        help="check its rights, or set VEDETTE_HOME to a folder that you may write",
    )
