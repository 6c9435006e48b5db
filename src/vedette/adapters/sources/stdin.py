"""One encoded image from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from vedette.values.frame import Frame, Reject

INPUT_LIMIT = 512 * 1024 * 1024
"""Bytes at most."""

_NAME = "stdin"
_EXAMPLE = "pipe an image in: vedette run - --model NAME < photo.jpg"


@dataclass(frozen=True, slots=True)
class StdinSource:
    """What is piped in, as one image named `stdin`; `stream` takes the place of standard input."""

    stream: BinaryIO | None = None
    limit: int = INPUT_LIMIT

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        piped: TextIO | None = sys.stdin  # None when the shell closed it: <&-
        stream = self.stream or (None if piped is None else piped.buffer)
        if stream is None:
            yield Reject(_NAME, "unavailable", "standard input is closed", _EXAMPLE)
        elif stream.isatty():
            yield Reject(_NAME, "invalid", "standard input is a terminal, not an image", _EXAMPLE)
        else:
            yield self._read(stream)

    def _read(self, stream: BinaryIO) -> Frame | Reject:
        try:
            data = stream.read(self.limit + 1)
        except OSError as error:
            return Reject(_NAME, "unavailable", f"standard input cannot be read: {error.strerror or error}", _EXAMPLE)
        if not data:
            return Reject(_NAME, "invalid", "nothing came in on standard input", f"{_EXAMPLE}; - counts once")
        if len(data) > self.limit:
            message = f"more than {self.limit} bytes came in, which is the limit"
            return Reject(_NAME, "too_large", message, "pipe in one image, not several, or convert it to JPEG")
        return Frame(_NAME, data)
