"""Which image each request carries, and the seed of each repeat.

    same      0 0 0 0 0 0
    cycle     0 1 2 0 1 2
    shuffled  2 0 1 0 2 1     a permutation after the other: after every round each image was sent equally often

A server that keeps answers is found by comparing `same` with the other two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vedette.errors import UsageError
from vedette.values.workload import Order

_DROPPED_BITS = 11


def order_of(order: Order, count: int, n: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Index of the image of each of `n` requests, int32, shape (n,), each 0 to `count` - 1.

    The order of more requests starts with that of fewer from an equal generator.

    Raises:
        ValueError: there is no image, or `n` is negative.
    """
    if count < 1 or n < 0:
        raise ValueError(f"no order of {count} images for {n} requests")
    if order is Order.SAME:
        return np.zeros(n, np.int32)
    if order is Order.CYCLE:
        return (np.arange(n) % count).astype(np.int32)
    rounds = np.tile(np.arange(count, dtype=np.int32), (-(-n // count), 1))
    return rng.permuted(rounds, axis=1).reshape(-1)[:n]


def seed_of(seed: int, repeat: int) -> int:
    """The seed of a repeat, another for each, independent of its neighbours (`numpy.random.SeedSequence`).

    It has 53 bits, so that a reader of JSON that knows only floats keeps it whole.

    Raises:
        UsageError: the seed of the run is negative.
    """
    if seed < 0:
        raise UsageError(f"--seed is {seed}", help="give a whole number, 0 or more")
    state = np.random.SeedSequence(seed, spawn_key=(repeat,)).generate_state(1, np.uint64)
    return int(state[0]) >> _DROPPED_BITS


def generators_of(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """From the seed of a repeat: a generator for its schedule and another for its images, independent of each other.

    Two of them, so that a different number of images leaves the due times as they are.
    """
    arrivals, images = np.random.SeedSequence(seed).spawn(2)
    return np.random.default_rng(arrivals), np.random.default_rng(images)
