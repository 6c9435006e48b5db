"""Which images of many are drawn, and what they are called in the folder that they are copied to.

    names in any order -> sorted -> shuffled by the seed -> the first N that can be read
    "a/cat.jpg", "b/cat.jpg" -> "cat.jpg", "cat-2.jpg"

A draw depends on the names and the seed only: not on the order of the file system, and not on the version of Python
(of the random module, only the sequence of `random()` is promised never to change). The draw of 100 starts with the
draw of 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from random import Random


def draw_order(names: Sequence[str], seed: int) -> Iterator[int]:
    """Indices of `names`, each once, in the order in which the seed draws them (Fisher and Yates, one step a draw)."""
    left = sorted(range(len(names)), key=lambda index: names[index])
    generator = Random(seed)  # noqa: S311 - a repeatable draw, no secret
    while left:
        chosen = int(generator.random() * len(left))
        left[chosen], left[-1] = left[-1], left[chosen]
        yield left.pop()


def flat_names(sources: Sequence[str], suffix: str | None = None) -> tuple[str, ...]:
    """A file name for each source, all different even where a file system ignores capitals.

    Args:
        sources: relative paths with `/`.
        suffix: the new suffix, with its dot; None keeps each one's own.
    """
    taken: set[str] = set()
    names = []
    for source in sources:
        path = PurePosixPath(source)
        name = _free(path.stem, path.suffix if suffix is None else suffix, taken)
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def _free(stem: str, suffix: str, taken: set[str]) -> str:
    name, number = stem + suffix, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}{suffix}"
    return name
