"""The models of a server as it tells of them: state of each version, and what happened to requests so far."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ModelState(StrEnum):
    """State of one version, in the words of the repository index of the Open Inference Protocol's extension."""

    LOADING = "LOADING"
    READY = "READY"
    UNLOADING = "UNLOADING"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model as a request names it; without a version the newest that is ready."""

    name: str
    version: str | None = None

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name} version {self.version}"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One version of one model in the index.

    Attributes:
        name, version, state: of it; the version is empty where there is none.
        reason: why it is not ready, or why a newer try failed.
        wanted: it is to be served; a model that was not chosen and a version that the policy leaves out are not.
    """

    name: str
    version: str
    state: ModelState
    reason: str = ""
    wanted: bool = True


class PipelineState(StrEnum):
    """State of a pipeline of the uniform interface."""

    IDLE = "idle"
    READY = "ready"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"
