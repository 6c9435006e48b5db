"""Filling the batches of one model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.batcher import Batcher
from vedette.flows.inference.gather import Work
from vedette.flows.inference.preprocess import Prepared
from vedette.values.frame import Frame, Size
from vedette.values.timeline import Span


def work(ordinal: int = 0) -> Work:
    arrival = Arrival(ordinal, str(ordinal), Frame("x", b""), Span("acquire", 0, 1))
    row = np.zeros((2, 2, 3), np.uint8)
    return Work(arrival, Prepared(Size(2, 2), (row,), None, (Span("preprocess", 1, 10),)))


def test_the_last_one_missing_gets_the_batch() -> None:
    """Whoever completes it runs it."""
    batcher, works = Batcher(3), [work(number) for number in range(3)]

    assert batcher.offer(works[0]) == []
    assert batcher.offer(works[1]) == []
    assert batcher.offer(works[2]) == works
    assert batcher.flush() == []


def test_a_batch_of_one_never_waits() -> None:
    """The default."""
    first = work()

    assert Batcher(1).offer(first) == [first]


def test_a_batch_that_grows_too_large_in_memory_runs_before_it_is_full() -> None:
    """64 high-definition pictures are not held for the sake of a number."""
    batcher = Batcher(64, max_bytes=20)

    assert batcher.offer(work()) == []
    assert len(batcher.offer(work())) == 2


def test_what_is_left_at_the_end_is_flushed_once() -> None:
    """The last batch is short."""
    batcher, only = Batcher(8), work()
    batcher.offer(only)

    assert batcher.flush() == [only]
    assert batcher.flush() == []


def test_many_threads_lose_and_double_nothing() -> None:
    """Every image is in exactly one batch."""
    batcher = Batcher(7)

    with ThreadPoolExecutor(8) as threads:
        batches = list(threads.map(batcher.offer, [work(number) for number in range(1000)]))

    seen = [each.arrival.ordinal for batch in [*batches, batcher.flush()] for each in batch]
    assert sorted(seen) == list(range(1000))
    assert {len(batch) for batch in batches} == {0, 7}
