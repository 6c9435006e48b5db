"""Waiting for all that belongs to one image."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product

from fakes import colour_manifest, plain

from vedette.clock import SystemClock
from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.gather import Piece, Work
from vedette.flows.inference.preprocess import Intake, Prepared, Preprocess
from vedette.values.frame import Frame, Size
from vedette.values.tiling import Tiling
from vedette.values.timeline import Span

ARRIVAL = Arrival(0, "id", Frame("x", plain((1, 2, 3), 40, 40)), Span("acquire", 0, 1))


def prepared(models: int, tile: int = 40) -> Prepared:
    intake = Intake(colour_manifest().input, Tiling(Size(tile, tile)))
    assert isinstance(ARRIVAL.item, Frame)
    return Preprocess([intake] * models, keep_pixels=False, clock=SystemClock())(ARRIVAL.item)


def work(models: int, tile: int = 40) -> Work:
    made = prepared(models, tile)
    return Work(ARRIVAL, made.size, made.places, None, Span("decode", 1, 10))


def test_the_last_missing_answer_completes_the_image() -> None:
    """In whatever order the models answer."""
    image = work(3)

    complete = [image.gather(model, 0, (), Span("infer", 20, 30)) for model in (2, 0, 1)]

    assert complete == [False, False, True]


def test_an_image_that_was_cut_waits_for_all_its_tiles() -> None:
    """Four tiles and two models are eight answers."""
    image = work(2, tile=20)

    complete = [image.gather(model, tile, (), Span("infer", 20, 30)) for tile, model in product((3, 0, 2, 1), (1, 0))]

    assert complete == [False] * 7 + [True]


def test_a_tile_that_failed_counts_as_answered_and_is_kept_as_the_error_of_its_model() -> None:
    """The image comes to an end, and says why it has no result."""
    image, error = work(2), ValueError("no")

    assert not image.gather(0, 0, error, Span("infer", 20, 30))
    assert image.gather(1, 0, (), Span("infer", 20, 30))
    assert image.errors == [error, None]


def test_the_time_between_a_ready_row_and_its_inference_is_the_queue() -> None:
    """Waiting is a stage of its own."""
    image = work(1)
    piece = Piece(image, 0, prepared(1).row(0, 0), 12)

    piece.answered(0, (), Span("infer", 25, 30), Span("postprocess", 30, 31))

    assert image.spans[0] == [Span("queue", 12, 25), Span("infer", 25, 30), Span("postprocess", 30, 31)]


def test_preprocess_lasts_from_the_decoded_image_to_the_last_row() -> None:
    """It touches decode."""
    image = work(1)
    image.rows_made_ns = 17

    assert image.prepared == (Span("decode", 1, 10), Span("preprocess", 10, 17))


def test_exactly_one_of_many_threads_completes_an_image() -> None:
    """Models answer from several threads at once."""
    with ThreadPoolExecutor(8) as threads:
        for _ in range(50):
            image = work(8)
            spans = [Span("infer", 20, 30)] * 8
            complete = threads.map(image.gather, range(8), [0] * 8, [()] * 8, spans)
            assert sum(complete) == 1


def test_a_piece_weighs_what_its_row_does() -> None:
    """What batches count."""
    assert Piece(work(1), 0, prepared(1, tile=20).row(0, 3), 0).size_bytes == 8 * 8 * 3
