"""Sizes and frames."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from vedette.values.frame import Frame, Size, size_of


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (0, 0), (-3, 5), (5, -3)])
def test_a_size_has_at_least_one_pixel(width: int, height: int) -> None:
    """A side below 1 is refused and the message names both."""
    with pytest.raises(ValueError, match=f"{width}x{height}"):
        Size(width, height)


def test_a_size_is_written_width_first() -> None:
    """2100 wide and 2700 high reads 2100x2700 and counts its pixels."""
    size = Size(2100, 2700)

    assert str(size) == "2100x2700"
    assert size.pixels == 5_670_000


def test_sizes_are_compared_by_value() -> None:
    """Equal sides make equal sizes, swapped sides do not."""
    assert Size(3, 2) == Size(3, 2)
    assert Size(3, 2) != Size(2, 3)
    assert len({Size(3, 2), Size(3, 2), Size(2, 3)}) == 2


def test_a_size_never_changes() -> None:
    """Assigning a side is an error."""
    size = Size(3, 2)

    with pytest.raises(FrozenInstanceError):
        size.width = 4  # type: ignore[misc]


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1), (2, 3, 3)])
def test_the_size_of_an_array_is_its_columns_by_its_rows(shape: tuple[int, ...]) -> None:
    """An array of 2 rows and 3 columns is 3x2, however many channels it has."""
    size = size_of(np.zeros(shape, np.uint8))

    assert size == Size(width=3, height=2)
    assert type(size.width) is int


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"12345", 5),
        (b"", 0),
        (memoryview(b"1234567"), 7),
        (memoryview(np.zeros(4, np.float32)), 16),
        (np.zeros((4, 5, 3), np.uint8), 60),
    ],
)
def test_a_frame_knows_the_bytes_that_it_holds(payload: bytes, expected: int) -> None:
    """Encoded bytes, a view of a buffer and decoded pixels all count in bytes."""
    assert Frame("x.jpg", payload).size_bytes == expected


def test_a_frame_is_a_single_image_unless_it_says_otherwise() -> None:
    """Index 0 and no time are what a photo has."""
    frame = Frame("x.jpg", b"")

    assert (frame.index, frame.time_s) == (0, None)
    with pytest.raises(FrozenInstanceError):
        frame.index = 1  # type: ignore[misc]
