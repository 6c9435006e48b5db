"""Depth of JSON, held against the depth of what the standard library builds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.wire.nesting import nesting

_LEAVES = st.none() | st.booleans() | st.integers() | st.text(alphabet='[]{}"\\a\n', max_size=8)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\', max_size=3), inner, max_size=3),
)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth(one) for one in value.values()), default=0)
    return 1 + max((depth(one) for one in value), default=0) if isinstance(value, list) else 0


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(_VALUES)
def test_the_depth_is_that_of_the_value(value: object) -> None:
    """Brackets and quotes in strings, escaped or not, do not count."""
    assert nesting(json.dumps(value).encode()) == depth(value)


@pytest.mark.parametrize(
    ("text", "found"), [(b"", 0), (b"]]]", 0), (b'"[[', 0), (b'[["[', 2), (b"[" * 100_000, 100_000)]
)
def test_what_is_no_json_has_a_depth(text: bytes, found: int) -> None:
    """Garbage costs no more than JSON, and cannot overflow a stack."""
    assert nesting(text) == found


def test_few_brackets_are_not_looked_at() -> None:
    """With no more brackets than are enough the answer is their number."""
    assert nesting(b"[][][]", 3) == 3
    assert nesting(b"[][][]", 2) == 1
