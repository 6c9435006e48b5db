"""How much may be under way at once."""

from __future__ import annotations

import threading

from vedette.flows.inference.window import Window


def entering(window: Window, size: int) -> tuple[threading.Thread, list[bool]]:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(window.enter(size)), daemon=True)
    thread.start()
    return thread, answers


def test_the_next_image_waits_until_one_has_left() -> None:
    """The number is bounded."""
    window = Window(2)
    assert window.enter(1)
    assert window.enter(1)
    thread, answers = entering(window, 1)
    thread.join(0.05)
    assert thread.is_alive()

    window.leave(1)
    thread.join(5)

    assert answers == [True]


def test_bytes_are_bounded_as_well_as_images() -> None:
    """Many small images or few large ones."""
    window = Window(100, 1, 10)
    assert window.enter(8)
    thread, answers = entering(window, 3)
    thread.join(0.05)
    assert thread.is_alive()

    window.leave(8)
    thread.join(5)

    assert answers == [True]


def test_an_image_larger_than_the_limit_enters_alone() -> None:
    """A limit never blocks for ever."""
    assert Window(4, 1, 10).enter(1_000_000)


def test_bytes_do_not_hold_back_what_a_batch_needs() -> None:
    """A batch of large images must be able to fill."""
    window = Window(100, 3, 10)

    assert [window.enter(8) for _ in range(3)] == [True] * 3
    thread, _ = entering(window, 8)
    thread.join(0.05)
    assert thread.is_alive()
    window.stop()


def test_a_stopped_window_turns_everybody_away() -> None:
    """A thread that waits learns that the run is over."""
    window = Window(1, 1, 10)
    assert window.enter(1)
    thread, answers = entering(window, 1)

    window.stop()
    thread.join(5)

    assert answers == [False]
    assert not window.enter(1)
