"""Waiting for all that belongs to one image."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.gather import Work
from vedette.flows.inference.preprocess import Prepared
from vedette.values.frame import Frame, Size
from vedette.values.timeline import Span


def work(models: int) -> Work:
    arrival = Arrival(0, "id", Frame("x", b"12345"), Span("acquire", 0, 1))
    row = np.zeros((2, 2, 3), np.uint8)
    return Work(arrival, Prepared(Size(2, 2), (row,) * models, None, (Span("preprocess", 1, 10),)))


def test_the_last_missing_answer_completes_the_image() -> None:
    """In whatever order the models answer."""
    image = work(3)

    complete = [image.gather(model, (), Span("infer", 20, 30)) for model in (2, 0, 1)]

    assert complete == [False, False, True]


def test_the_time_between_preprocess_and_inference_is_the_queue() -> None:
    """Waiting is a stage of its own."""
    image = work(1)

    image.gather(0, (), Span("infer", 25, 30))

    assert image.spans[0] == (Span("queue", 10, 25), Span("infer", 25, 30))


def test_exactly_one_of_many_threads_completes_an_image() -> None:
    """Models answer from several threads at once."""
    with ThreadPoolExecutor(8) as threads:
        for _ in range(50):
            image = work(8)
            complete = threads.map(image.gather, range(8), [()] * 8, [Span("infer", 20, 30)] * 8)
            assert sum(complete) == 1


def test_an_image_weighs_its_bytes_and_its_rows() -> None:
    """What the queues count."""
    assert work(2).size_bytes == 5 + 2 * 12
