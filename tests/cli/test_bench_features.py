"""`vedette bench features` lists what can be recorded here and why the rest cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vedette.cli.bench_features import features
from vedette.cli.tables import Format

pytestmark = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="the monitor reads /proc")


def test_json_has_every_feature_with_its_source_and_every_absence_with_its_reason(capsys) -> None:
    """Values are numbers, never null; names are unique."""
    features(Format.JSON)

    found = json.loads(capsys.readouterr().out)
    names = [one["name"] for one in found["features"]]
    assert len(names) == len(set(names)) >= 164
    assert all(isinstance(one["now"], float) and one["source"] and one["meaning"] for one in found["features"])
    assert all(one["reason"] for one in found["absent"])
    assert not set(names) & {one["name"] for one in found["absent"]}


def test_the_table_names_features_and_absences(capsys) -> None:
    """The count stands on standard error."""
    features(Format.TABLE)

    printed = capsys.readouterr()
    assert "system.cpu.user" in printed.out
    assert "absent" in printed.out
    assert "features can be recorded here" in printed.err
