"""Probes of files that hold one figure each."""

from __future__ import annotations

import math
from pathlib import Path

from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.single import Single, SinglesProbe
from vedette.values.reading import Absence, Feature, Pace, Reckoning


def single(root: Path, name: str, scale: float = 1.0) -> Single:
    return Single(Feature(name, "x", f"/{name}", "a figure", Pace.SLOW, Reckoning.GAUGE), root / name, scale)


def test_what_can_be_opened_is_read_and_the_rest_is_absent(tmp_path: Path) -> None:
    """One file that is missing does not take the others along."""
    plant(tmp_path, {"a": "4\n"})
    probe = SinglesProbe(Pace.SLOW, [single(tmp_path, "a", 0.5), single(tmp_path, "b")])

    assert reading(probe) == {"a": 2.0}
    assert reasons(probe) == {"b": "/b: No such file or directory"}


def test_a_figure_that_becomes_words_is_nan_from_then_on(tmp_path: Path) -> None:
    """`max` is no number."""
    probe = SinglesProbe(Pace.SLOW, [single(plant(tmp_path, {"a": "4\n"}), "a")])
    probe.read()

    plant(tmp_path, {"a": "max\n"})

    assert math.isnan(reading(probe)["a"])
    assert reasons(probe) == {"a": "/a holds no number"}


def test_no_file_at_all_has_the_reason_that_was_given() -> None:
    """The caller knows why a machine has none."""
    assert reasons(SinglesProbe(Pace.SLOW, [], Absence("all", "none here"))) == {"all": "none here"}
