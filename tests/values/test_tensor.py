"""What a graph's signature tells of its batch."""

from __future__ import annotations

import pytest

from vedette.values.tensor import Signature, TensorSpec


@pytest.mark.parametrize(
    ("shapes", "fixed"),
    [
        (((4, 3, 8, 8),), 4),
        (((1, 3, 8, 8),), 1),
        (((-1, 3, 8, 8),), None),
        (((0, 3),), None),
        (((),), None),
        (((4, 3), (4, 2)), None),
        ((), None),
    ],
)
def test_the_first_side_of_the_one_input_is_the_fixed_batch(
    shapes: tuple[tuple[int, ...], ...], fixed: int | None
) -> None:
    """A side of any length fixes nothing; of several inputs it is not known which has the batch in front."""
    inputs = tuple(TensorSpec(f"x{number}", "FP32", shape) for number, shape in enumerate(shapes))

    assert Signature(inputs, ()).fixed_batch == fixed
