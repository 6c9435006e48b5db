"""The number under way, against a hand-made trace and a sum over every piece of time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.stats.under_way import mean_under_way

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)
spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=30)


def test_a_trace_by_hand() -> None:
    """Two requests of 2 s, the second 1 s after the first: 1, 2 and 1 under way."""
    assert mean_under_way([0.0, 1.0], [2.0, 3.0], [0, 1, 2, 3, 4]).tolist() == [1.0, 2.0, 1.0, 0.0]


@prove
@given(spans, st.sets(st.integers(-5, 80), min_size=2, max_size=6))
def test_it_is_the_overlap_of_all_requests_over_the_time(pairs: list[tuple[int, int]], instants: set[int]) -> None:
    """Each request adds the part of its time that lies within."""
    edges = sorted(instants)
    begin = [first for first, _ in pairs]
    end = [first + lasted for first, lasted in pairs]

    brute = [
        sum(max(0, min(e, right) - max(b, left)) for b, e in zip(begin, end, strict=True)) / (right - left)
        for left, right in pairwise(edges)
    ]

    assert mean_under_way(np.array(begin), np.array(end), edges) == pytest.approx(brute, abs=1e-9)
