"""JSON bodies with a bound on how deep they nest."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.http.strict_json import read_json
from vedette.errors import InvalidError, TooLargeError

VALUES = st.recursive(st.text() | st.integers(-9, 9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(VALUES)
def test_the_standard_library_reads_the_same(value: object) -> None:
    """What is not too deep comes out as it went in, brackets in texts included."""
    assert read_json(json.dumps(value).encode(), 64) == value


def test_depth_is_bounded_and_brackets_in_texts_are_none() -> None:
    """One level more than allowed is refused before anything is built; what is no JSON is told."""
    assert read_json(b'[["[[[{{"]]', 2) == [["[[[{{"]]
    with pytest.raises(TooLargeError, match="deeper than 2"):
        read_json(b"[[[]]]", 2)
    with pytest.raises(TooLargeError):
        read_json(b"[" * 100_000, 64)
    with pytest.raises(InvalidError):
        read_json(b"[NaN]", 2)
