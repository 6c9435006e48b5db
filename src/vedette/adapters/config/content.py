"""The files of one model on disk: which they are, how many bytes, and the fingerprint of their content."""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(path: Path) -> str:
    """The sha256 of a model file; of several files that of their list `sha256  name`, in the order of names."""
    files = model_files(path)
    if len(files) == 1:
        return _sha256(files[0])
    root = path if path.is_dir() else path.parent
    lines = [f"{_sha256(file)}  {file.relative_to(root).as_posix()}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def model_files(path: Path) -> tuple[Path, ...]:
    """The files of one model: all in its folder, or the file with all that lie in its version folder."""
    root = path if path.is_dir() else path.parent
    return tuple(sorted(file for file in root.rglob("*") if file.is_file()))


def size_of_files(path: Path) -> int:
    """Bytes of all files of a model."""
    return sum(file.stat().st_size for file in model_files(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
