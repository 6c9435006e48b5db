"""The spread of dimensions, checked against NumPy and the statistics module."""

from __future__ import annotations

import statistics
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.dataset.dimensions import ImageFacts, histogram, measure, summarise
from vedette.values.frame import Size

WHOLE = st.lists(st.integers(1, 100_000), min_size=1, max_size=200)
RATIOS = st.lists(st.builds(lambda a, b: a / b, st.integers(1, 9999), st.integers(1, 9999)), min_size=1, max_size=99)


def facts(width: int, height: int, file_bytes: int = 1000, image_format: str = "jpeg") -> ImageFacts:
    return ImageFacts(image_format, Size(width, height), file_bytes)


@given(WHOLE)
def test_the_spread_is_that_of_numpy(values: list[int]) -> None:
    """Quartiles are NumPy's percentiles, the mean is the statistics module's."""
    found = measure("width", values)

    assert (found.min, found.max) == (min(values), max(values))
    assert [found.quartile_1, found.median, found.quartile_3] == pytest.approx(np.percentile(values, [25, 50, 75]))
    assert found.mean == pytest.approx(statistics.mean(values))


@given(WHOLE | RATIOS, st.integers(1, 10))
def test_every_value_lies_in_one_bin(values: list[float], most: int) -> None:
    """The bins join without gaps, hold all values, and agree with a count by hand."""
    bins = histogram(values, most=most)

    assert sum(one.count for one in bins) == len(values)
    assert len(bins) <= most + 1
    assert all(left.high == right.low for left, right in pairwise(bins))
    if len(bins) > 1:
        assert [one.count for one in bins] == [sum(one.low <= value < one.high for value in values) for one in bins]
        assert bins[0].count > 0
        assert bins[-1].count > 0


def test_edges_are_round() -> None:
    """A person reads 300, 400, 500, not 283.7."""
    bins = histogram([301, 399, 450, 512], most=3)

    assert [(one.low, one.high, one.count) for one in bins] == [(300, 400, 2), (400, 500, 1), (500, 600, 1)]


def test_whole_numbers_get_whole_edges() -> None:
    """Widths 10, 11 and 12 fall into three bins, not into ten of which most can hold nothing."""
    assert [one.count for one in histogram([10, 11, 12], most=10)] == [1, 1, 1]


def test_equal_values_make_one_bin() -> None:
    """Images of one size make one bin whose edges are that size."""
    (one,) = histogram([224, 224, 224], most=10)

    assert (one.low, one.high, one.count) == (224, 224, 3)


def test_one_image_is_its_own_median() -> None:
    """A set of one has a spread of nothing."""
    found = measure("width", [640])

    assert {found.min, found.quartile_1, found.median, found.mean, found.quartile_3, found.max} == {640}


def test_a_summary_has_the_five_measures() -> None:
    """Width, height, megapixels, aspect and bytes come from the facts."""
    summary = summarise([facts(2100, 2700, 500), facts(400, 200, 700)])
    largest = {one.name: one.max for one in summary.measures}

    assert largest == {"width": 2100, "height": 2700, "megapixels": 5.67, "aspect": 2.0, "file_bytes": 700}


def test_formats_are_counted_most_frequent_first() -> None:
    """Equal counts come in the order of their names."""
    summary = summarise([facts(1, 1, 1, name) for name in ("png", "jpeg", "bmp", "jpeg")])

    assert summary.formats == (("jpeg", 2), ("bmp", 1), ("png", 1))


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1))
def test_frequent_sizes_agree_with_a_counter(sizes: list[tuple[int, int]]) -> None:
    """The five most frequent sizes have the counts that a Counter finds; 2x3 and 3x2 are two sizes."""
    summary = summarise([facts(*size) for size in sizes])
    counted = Counter(sizes)

    assert summary.distinct_sizes == len(counted)
    assert [count for _, count in summary.frequent_sizes] == [count for _, count in counted.most_common(5)]
    assert all(counted[size.width, size.height] == count for size, count in summary.frequent_sizes)
