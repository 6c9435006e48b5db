"""Which image is sent, and the seeds of repeats."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import UsageError
from vedette.rules.load.images import generators_of, order_of, seed_of
from vedette.values.workload import Order

prove = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def order(kind: Order, count: int, n: int, seed: int = 1) -> list[int]:
    images = order_of(kind, count, n, np.random.default_rng(seed))
    assert images.dtype == np.int32
    return images.tolist()


def test_same_is_always_the_first() -> None:
    """One image, however many there are."""
    assert order(Order.SAME, 5, 4) == [0, 0, 0, 0]


def test_cycle_goes_round() -> None:
    """In order, and from the first again."""
    assert order(Order.CYCLE, 3, 7) == [0, 1, 2, 0, 1, 2, 0]


@prove
@given(st.integers(1, 30), st.integers(0, 200), st.integers(0, 99))
def test_shuffled_sends_every_image_once_a_round(count: int, n: int, seed: int) -> None:
    """Every whole round is a permutation, so that no image was sent more than once more often than another."""
    images = order(Order.SHUFFLED, count, n, seed)

    assert len(images) == n
    for begin in range(0, n - count + 1, count):
        assert sorted(images[begin : begin + count]) == list(range(count))
    sent = Counter(images)
    assert n == 0 or max(sent.values()) - min(sent[image] for image in range(count)) <= 1


@pytest.mark.parametrize("kind", Order)
def test_more_requests_start_with_fewer(kind: Order) -> None:
    """The order does not depend on how many are asked for."""
    assert order(kind, 7, 100)[:20] == order(kind, 7, 20)


def test_rounds_differ_from_each_other_and_from_other_seeds() -> None:
    """A second round is no copy of the first, nor is another seed; the same seed is."""
    images = order(Order.SHUFFLED, 20, 40)

    assert images[:20] != images[20:]
    assert images != order(Order.SHUFFLED, 20, 40, seed=2)
    assert images == order(Order.SHUFFLED, 20, 40)


def test_every_place_of_a_round_is_as_likely() -> None:
    """Over 4000 rounds image 0 is at each of 5 places 800 times, within five standard deviations."""
    places = np.array(order(Order.SHUFFLED, 5, 20_000)).reshape(-1, 5).argmin(axis=1)

    assert np.all(np.abs(np.bincount(places, minlength=5) - 800) < 5 * np.sqrt(4000 * 0.2 * 0.8))


@pytest.mark.parametrize(("count", "n"), [(0, 3), (2, -1)])
def test_no_images_is_a_mistake(count: int, n: int) -> None:
    """There must be an image to send, and no fewer than no requests."""
    with pytest.raises(ValueError, match=f"no order of {count} images for {n} requests"):
        order(Order.CYCLE, count, n)


def test_every_repeat_has_a_seed_of_its_own() -> None:
    """A thousand repeats of two seeds have two thousand seeds, the same each time, that a float keeps whole."""
    seeds = [seed_of(seed, repeat) for seed in (0, 1) for repeat in range(1000)]

    assert len(set(seeds)) == 2000
    assert seeds[:3] == [seed_of(0, repeat) for repeat in range(3)]
    assert all(seed >= 0 and int(float(seed)) == seed for seed in seeds)


def test_a_negative_seed_is_refused() -> None:
    """The message has the seed and what to give instead."""
    with pytest.raises(UsageError, match="--seed is -1"):
        seed_of(-1, 0)


def test_due_times_and_images_are_drawn_apart() -> None:
    """The two generators of a seed differ from each other, and are the same each time."""
    arrivals, images = generators_of(7)
    again, _ = generators_of(7)
    first = arrivals.random(5).tolist()

    assert first == again.random(5).tolist()
    assert first != images.random(5).tolist()
