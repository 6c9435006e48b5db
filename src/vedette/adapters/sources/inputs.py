"""What the words of a command line name: `-`, an address, a synthetic source, or a path; read one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vedette.adapters.sources.files import FileSource
from vedette.adapters.sources.http import HttpSource
from vedette.adapters.sources.shown import without_login
from vedette.adapters.sources.stdin import StdinSource
from vedette.adapters.sources.synthetic import SyntheticSource, parse_synthetic
from vedette.errors import UnsupportedError, UsageError
from vedette.values.frame import Frame, Reject

AnySource = FileSource | HttpSource | StdinSource | SyntheticSource

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SOURCES = "sources are files, folders, patterns in quotes, http(s)://, synthetic:// and -"


@dataclass(frozen=True, slots=True)
class InputSource:
    """Several sources as one."""

    parts: tuple[AnySource, ...]

    def frames(self) -> Iterator[Frame | Reject]:
        """See `Source.frames`."""
        for part in self.parts:
            yield from part.frames()

    def count(self) -> int:
        """How many images to expect; a video, an address and standard input count as one."""
        return sum(part.count() if isinstance(part, FileSource | SyntheticSource) else 1 for part in self.parts)


def parse_inputs(words: Sequence[str]) -> InputSource:
    """The source that the words name, in their order.

    Raises:
        UsageError: an empty word, or a synthetic source in another form.
        UnsupportedError: an address of another scheme.
    """
    return InputSource(tuple(_parse(word) for word in words))


def _parse(word: str) -> AnySource:
    if word == "-":
        return StdinSource()
    scheme = _SCHEME.match(word)
    if scheme is None:
        if not word:
            raise UsageError("an input is empty", help="check the variable that it was to come from")
        return FileSource(word)
    match scheme[1].lower():
        case "http" | "https":
            return HttpSource(word)
        case "synthetic":
            return parse_synthetic(word)
        case "file":
            raise UnsupportedError(f"{without_login(word)}: file is no source", help="give the path alone")
        case other:
            raise UnsupportedError(f"{without_login(word)}: {other} is no source", help=_SOURCES)
