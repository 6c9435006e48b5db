"""Until when an answer is wanted, and how much that matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeadlineClass(StrEnum):
    """How much a deadline matters; admission and plans use the same four words.

    `hard`: refused unless an upper bound of the time it takes holds. `soft`: refused if the time it is expected to
    take is too long. `relaxed`: never refused for its deadline. `best-effort`: runs where nothing else waits.
    """

    HARD = "hard"
    SOFT = "soft"
    RELAXED = "relaxed"
    BEST_EFFORT = "best-effort"


@dataclass(frozen=True, slots=True)
class Deadline:
    """`at_ns` is an instant of the monotonic clock, None without one. What has not begun by then is not run."""

    kind: DeadlineClass = DeadlineClass.RELAXED
    at_ns: int | None = None

    def __post_init__(self) -> None:
        if self.kind is DeadlineClass.HARD and self.at_ns is None:
            raise ValueError("a hard deadline needs an instant")
