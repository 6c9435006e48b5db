"""Free JSON of the operator's own code."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.wire.free_json import MOST_DEPTH, MOST_VALUES, frozen, plain

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
TREES = st.dictionaries(
    TEXT,
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)),
    max_size=4,
)


@given(TREES)
def test_json_comes_out_as_it_came(tree: dict[str, Any]) -> None:
    """Two encoders of other people write what was given, and read it again."""
    out = plain(frozen(tree))

    assert out == tree
    assert json.loads(json.dumps(out)) == tree
    assert orjson.loads(orjson.dumps(out)) == tree


def test_what_is_frozen_cannot_be_changed_by_anybody() -> None:
    """Neither through it nor through what it was made of."""
    given_ = {"a": {"b": [1, 2]}}
    kept = frozen(given_)
    given_["a"]["b"].append(3)

    assert plain(kept) == {"a": {"b": [1, 2]}}
    with pytest.raises(TypeError):
        kept["a"]["c"] = 1
    with pytest.raises(AttributeError):
        kept["a"]["b"].append(4)


def test_numbers_and_arrays_of_numpy_become_those_of_python() -> None:
    """Own code works with them."""
    tree = {"i": np.int64(3), "f": np.float32(0.5), "b": np.bool_(1), "a": np.arange(4).reshape(2, 2), "z": np.array(7)}

    out = plain(frozen(tree))

    assert out == {"i": 3, "f": 0.5, "b": True, "a": [[0, 1], [2, 3]], "z": 7}
    assert orjson.dumps(out) == b'{"i":3,"f":0.5,"b":true,"a":[[0,1],[2,3]],"z":7}'


def _self_holding() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    tree["again"] = tree
    return tree


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": {"b": [1, float("nan")]}}, "a.b[1] is nan"),
        ({"a": np.array([1, np.inf])}, "a[1] is inf"),
        ({"a": b"bytes"}, "a is a bytes"),
        ({"a": {1, 2}}, "a is a set"),
        ({"a": np.array([object()])}, "a[0] is a object"),
        ({1: 2}, "the answer has the key 1, which is no text"),
        ({"a": {None: 2}}, "a has the key None, which is no text"),
        ({"a": 2**64}, "a is a number beyond 64 bits"),
        ({"a": -(2**63) - 1}, "a is a number beyond 64 bits"),
        ({"a": "\ud800"}, "a holds text that is no Unicode"),
        ({"\ud800": 1}, "a key holds text that is no Unicode"),
        (_self_holding(), f"is more than {MOST_DEPTH} levels deep"),
        ({"a": [0] * MOST_VALUES}, f"there are more than {MOST_VALUES:,} values"),
        ({"a": np.zeros(MOST_VALUES + 1)}, f"a has {MOST_VALUES + 1:,} values"),
    ],
)
def test_what_json_has_no_word_for_is_refused_with_its_path(tree: dict[Any, Any], message: str) -> None:
    """So that an answer never fails on its way out."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        frozen(tree)

    assert message in str(caught.value)
