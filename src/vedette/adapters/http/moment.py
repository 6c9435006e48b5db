"""All figures of a server at one instant: what `/metrics` takes in the event loop and writes down in a thread."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.served import IndexEntry
from vedette.values.serving import Limits
from vedette.values.statistics import ModelStatistics, TrafficCount


@dataclass(frozen=True, slots=True)
class Work:
    """What is under way, and what may be."""

    images: int
    size_bytes: int
    workers: int
    idle_workers: int
    tasks_waiting: int
    draining: bool
    limits: Limits


@dataclass(frozen=True, slots=True)
class Moment:
    """All figures at one instant; `models` has those that serve, with name and version."""

    models: tuple[tuple[str, str, ModelStatistics], ...]
    index: tuple[IndexEntry, ...]
    traffic: tuple[TrafficCount, ...]
    work: Work
    version: str
    connections: tuple[int, int] | None
    dropped_lines: int | None
