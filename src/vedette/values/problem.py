"""Something in a configuration or a repository that keeps a server from working as it is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, told so that it can be put right without looking it up.

    Attributes:
        file: where it is; empty for something that no file says, such as a flag.
        key: the path of the key in it, as `models[2].versions`; empty where the whole file is meant.
        value: what is there, as text; a secret is never told.
        expected: what should be there.
        fix: the next step.
        line: of the file, the first is 1; None where it has none.
    """

    file: str
    key: str
    value: str
    expected: str
    fix: str
    line: int | None = None

    @property
    def place(self) -> str:
        """Where it is: `vedette.yaml:12: models[2].versions`."""
        file = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (file, self.key) if part)

    def __str__(self) -> str:
        return f"{self.place}: {self.value}: expected {self.expected}"
