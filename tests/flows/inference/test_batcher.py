"""Filling the batches of one model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.batcher import Batcher
from vedette.flows.inference.gather import Piece, Work
from vedette.values.frame import Frame, Size
from vedette.values.timeline import Span


def piece(ordinal: int = 0) -> Piece:
    arrival = Arrival(ordinal, str(ordinal), Frame("x", b""), Span("acquire", 0, 1))
    work = Work(arrival, Size(2, 2), ((),), None, Span("decode", 1, 10))
    return Piece(work, 0, np.zeros((2, 2, 3), np.uint8), 10)


def test_the_last_one_missing_gets_the_batch() -> None:
    """Whoever completes it runs it."""
    batcher, pieces = Batcher(3), [piece(number) for number in range(3)]

    assert batcher.offer(pieces[:1]) == []
    assert batcher.offer(pieces[1:2]) == []
    assert batcher.offer(pieces[2:]) == [pieces]
    assert batcher.flush() == []


def test_a_batch_of_one_never_waits() -> None:
    """The default."""
    first = piece()

    assert Batcher(1).offer([first]) == [[first]]


def test_the_tiles_of_an_image_fill_several_batches_and_leave_the_rest_for_the_next_image() -> None:
    """Seven tiles in batches of three."""
    batcher, pieces = Batcher(3), [piece(number) for number in range(9)]

    assert batcher.offer(pieces[:7]) == [pieces[:3], pieces[3:6]]
    assert batcher.offer(pieces[7:]) == [pieces[6:]]


def test_a_batch_that_grows_too_large_in_memory_runs_before_it_is_full() -> None:
    """64 high-definition pictures are not held for the sake of a number."""
    batcher = Batcher(64, max_bytes=20)

    assert batcher.offer([piece()]) == []
    assert [len(batch) for batch in batcher.offer([piece()])] == [2]


def test_what_is_left_at_the_end_is_flushed_once() -> None:
    """The last batch is short."""
    batcher, only = Batcher(8), piece()
    batcher.offer([only])

    assert batcher.flush() == [only]
    assert batcher.flush() == []


def test_many_threads_lose_and_double_nothing() -> None:
    """Every row is in exactly one batch."""
    batcher = Batcher(7)

    with ThreadPoolExecutor(8) as threads:
        offers = list(threads.map(batcher.offer, [[piece(number), piece(number)] for number in range(1000)]))

    batches = [batch for offer in offers for batch in offer]
    seen = [each.work.arrival.ordinal for batch in [*batches, batcher.flush()] for each in batch]
    assert sorted(seen) == sorted(2 * list(range(1000)))
    assert {len(batch) for batch in batches} == {7}
