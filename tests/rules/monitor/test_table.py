"""The page of features."""

from __future__ import annotations

from vedette.rules.monitor.table import features_page
from vedette.values.reading import Feature, Pace, Reckoning


def test_a_row_each_feature_sorted_by_name() -> None:
    """A bar in a text does not end its cell, and what stands twice is said once."""
    b = Feature("b", "s", "/b", "this | that", Pace.SLOW, Reckoning.COUNTER)
    a = Feature("a", "bytes", "/a", "all", Pace.FAST, Reckoning.GAUGE)

    rows = features_page([b, a, b]).splitlines()[-2:]

    assert rows == ["| `a` | bytes | fast | gauge | /a | all |", r"| `b` | s | slow | counter | /b | this \| that |"]
