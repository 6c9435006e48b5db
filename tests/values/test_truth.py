"""Marked objects as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.values.truth import Objects


def test_columns_have_one_row_an_object() -> None:
    """Anything else is a mistake of the caller."""
    ones = np.ones(2, np.int64)

    assert len(Objects(ones, ones, np.ones((2, 4)), np.ones(2), np.ones(2, bool))) == 2
    with pytest.raises(ValueError, match="one row an object"):
        Objects(ones, ones, np.ones((3, 4)), np.ones(2), np.ones(2, bool))
    with pytest.raises(ValueError, match="one row an object"):
        Objects(ones, ones, np.ones((2, 4)), np.ones(2), np.ones(1, bool))


def test_columns_are_frozen() -> None:
    """What is known does not change."""
    objects = Objects(np.ones(1, np.int64), np.ones(1, np.int64), np.ones((1, 4)), np.ones(1), np.ones(1, bool))

    with pytest.raises(ValueError, match="read-only"):
        objects.boxes[0, 0] = 5
