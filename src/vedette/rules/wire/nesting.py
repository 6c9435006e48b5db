"""How deep a JSON text nests, told before anything is built of it."""

from __future__ import annotations

import re

import numpy as np

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_LEVEL = np.zeros(256, np.int8)
_LEVEL[list(b"[{")] = 1
_LEVEL[list(b"]}")] = -1


def nesting(data: bytes | memoryview, enough: int = 0) -> int:
    """How many arrays and objects are open at once at most; brackets in strings do not count.

    A text with no more than `enough` opening brackets in all is not looked at further: the answer is their number.
    Text that is no JSON has an answer too.
    """
    text = bytes(data)
    opened = text.count(b"[") + text.count(b"{")
    if opened <= enough:
        return opened
    levels = _LEVEL[np.frombuffer(_STRING.sub(b"", text), np.uint8)]
    brackets = levels[levels != 0]
    return int(np.cumsum(brackets, dtype=np.int64).max(initial=0))
