"""What the words of a command line name: `-`, an address, a synthetic source, or a path; read one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vedette.adapters.sources.files import FileSource
from vedette.adapters.sources.http import HttpSource
from vedette.adapters.sources.stdin import StdinSource
from vedette.adapters.sources.synthetic import SCHEME, SyntheticSource, parse_synthetic
from vedette.errors import UnsupportedError
from vedette.values.frame import Frame, Reject

AnySource = FileSource | HttpSource | StdinSource | SyntheticSource


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
        UsageError: a synthetic source in another form.
        UnsupportedError: an address of another scheme.
    """
    return InputSource(tuple(_parse(word) for word in words))


def _parse(word: str) -> AnySource:
    if word == "-":
        return StdinSource()
    if word.startswith(SCHEME):
        return parse_synthetic(word)
    if word.lower().startswith(("http://", "https://")):
        return HttpSource(word)
    scheme, separator, _ = word.partition("://")
    if separator and scheme.isalnum():
        raise UnsupportedError(
            f"{word}: {scheme} is no source",
            help="sources are files, folders, patterns, http(s)://, synthetic:// and -",
        )
    return FileSource(word)
