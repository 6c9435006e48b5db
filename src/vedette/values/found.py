"""A model folder of a repository as a scan saw it: not loaded, not even read as a model yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FolderKind = Literal["vedette", "triton", "bare"]
"""`vedette` has a `model.yaml`, `triton` a `config.pbtxt`, `bare` only version folders with a model file."""


@dataclass(frozen=True, slots=True)
class FileState:
    """One file of a model folder: path relative to the folder with `/`, bytes, time of its last change (Unix, ns)."""

    path: str
    size_bytes: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Found:
    """One model folder.

    Attributes:
        name: of the model, that of its folder.
        folder: absolute path.
        kind: which description it carries.
        versions: whole numbers as text, the lowest first.
        state: every file below the folder in the order of their paths; equal for two scans if nothing changed.
        problem: why it cannot be served as it is; empty if a scan sees no reason.
    """

    name: str
    folder: str
    kind: FolderKind
    versions: tuple[str, ...]
    state: tuple[FileState, ...]
    problem: str = ""

    def state_of(self, version: str) -> tuple[FileState, ...]:
        """What matters to one version: its own files, and those that describe the model for all versions."""
        others = {f"{other}/" for other in self.versions if other != version}
        return tuple(file for file in self.state if not any(file.path.startswith(other) for other in others))

    @property
    def changed_ns(self) -> int:
        """When its youngest file changed (Unix, ns); 0 for a folder without files."""
        return max((file.changed_ns for file in self.state), default=0)
