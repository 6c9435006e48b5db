"""One encoded image from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from vedette.values.frame import Frame, Reject

INPUT_LIMIT = 512 * 1024 * 1024
"""Bytes at most."""


@dataclass(frozen=True, slots=True)
class StdinSource:
    """What is piped in, as one image named `stdin`."""

    stream: BinaryIO = field(default_factory=lambda: sys.stdin.buffer)

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        data = self.stream.read(INPUT_LIMIT + 1)
        if len(data) > INPUT_LIMIT:
            yield Reject("stdin", "too_large", f"more than {INPUT_LIMIT} bytes came in", "give the file by its name")
        else:
            yield Frame("stdin", data)
