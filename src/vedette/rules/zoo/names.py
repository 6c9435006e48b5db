"""Names of models, and the nearest right word for a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

NAME_RULE = "lower-case letters, digits, '.', '_' and '-', starting with a letter or digit, 100 at most"
_ALIKE = 0.5
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
SERVED_NAME_RULE = "letters, digits, '.', '_' and '-', starting with a letter or digit, 100 at most"
_SERVED_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def is_name(text: str) -> bool:
    """Whether `text` may name a model; such a name is also a safe name of a folder."""
    return _NAME.fullmatch(text) is not None


def is_served_name(text: str) -> bool:
    """Whether `text` may name a model of a foreign repository, as one of Triton's; also a safe name of a folder."""
    return _SERVED_NAME.fullmatch(text) is not None


def name_from(text: str) -> str:
    """The name nearest to a free text such as a file name; empty if nothing of it can stay."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("._-")[:100]


def nearest(word: str, among: Iterable[str]) -> tuple[str, ...]:
    """Up to three of `among` that resemble `word`, the most similar first, then in the order of the alphabet."""
    alike = {other: difflib.SequenceMatcher(None, word.lower(), other).ratio() for other in among}
    close = [other for other in alike if alike[other] >= _ALIKE]
    return tuple(sorted(close, key=lambda other: (-alike[other], other))[:3])
