"""Where the time of a start goes, for `--profile-start`."""

from __future__ import annotations

from vedette.cli.tables import note
from vedette.clock import since_process_start_s


class StartProfile:
    """Marks since the operating system started the process."""

    def __init__(self, first: str) -> None:
        self._marks = [(first, since_process_start_s())]

    def mark(self, name: str) -> None:
        """Say that `name` is done."""
        self._marks.append((name, since_process_start_s()))

    def print(self) -> None:
        """Print each step and the sum on standard error."""
        before = 0.0
        for name, at in self._marks:
            note(f"{name:<26}{(at - before) * 1e3:8.0f} ms")
            before = at
        note(f"{'process start to answer':<26}{before * 1e3:8.0f} ms")
