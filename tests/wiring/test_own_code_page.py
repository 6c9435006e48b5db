"""The code on the page `docs/own-code.md`, as it stands there."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fakes import colour_manifest

import vedette
from vedette.adapters.config.serving_file import read_serving
from vedette.flows.inference.hands import LIMIT_S, MOST_LOST
from vedette.flows.inference.stages import Stages
from vedette.rules.wire.free_json import MOST_DEPTH, MOST_VALUES
from vedette.values.result import Class
from vedette.wiring.stages import StageSource, load_stages

PAGE = (Path(__file__).parents[2] / "docs/own-code.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stages:
    """All three of the page, loaded as its configuration says, each in its place."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "line", raising=False)
    (configuration,) = blocks("yaml")
    (tmp_path / "vedette.yaml").write_text(configuration)
    (tmp_path / "line.py").write_text("\n".join(blocks("python")))
    source = StageSource(tmp_path / "vedette.yaml", tmp_path / "models")
    first, second = (load_stages(model.stages, colour_manifest(), source) for model in read_serving(source.file).models)
    monkeypatch.delitem(sys.modules, "line")
    assert (first.postprocess, second.preprocess, second.decide) == (None, None, None)
    return Stages(first.preprocess, second.postprocess, first.decide)


@pytest.mark.parametrize(
    ("classes", "decision"),
    [
        ((Class("screw", 1, 0.9), Class("nail", 2, 0.1)), {"ok": True, "why": ""}),
        ((Class("nail", 2, 0.9),), {"ok": False, "why": "expected screw, saw nail"}),
        ((Class("screw", 1, 0.42),), {"ok": False, "why": "score 0.42, expected 0.80"}),
        ((), {"ok": False, "why": "nothing was recognised"}),
    ],
)
def test_the_decision_of_the_page(stages: Stages, classes: tuple[Class, ...], decision: dict[str, object]) -> None:
    """OK only for the expected class with a high score; the reason is told."""
    assert stages.decide(SimpleNamespace(classes=classes)) == decision


@pytest.mark.parametrize("angle", [0, 30, 90, 200, 359])
def test_the_postprocess_of_the_page(stages: Stages, angle: int) -> None:
    """Any angle is found again, whatever the length of the vector."""
    vector = [3 * math.sin(math.radians(angle)), 3 * math.cos(math.radians(angle))]

    there = stages.postprocess((np.array([4.0, *vector]),), vedette.Size(8, 8), ())
    gone = stages.postprocess((np.array([-4.0, *vector]),), vedette.Size(8, 8), ())

    assert there["present"] == pytest.approx(math.e**4 / (1 + math.e**4))
    assert there["angle_deg"] == pytest.approx(angle, abs=0.05)
    assert gone["angle_deg"] is None


def test_the_preprocess_of_the_page(stages: Stages) -> None:
    """A picture under a yellow lamp is grey on average again; a grey one stays as it is."""
    scene = np.random.default_rng(5).integers(40, 200, (40, 40, 1)).repeat(3, axis=2).astype(np.uint8)
    yellow = (scene * (1.0, 0.9, 0.5)).astype(np.uint8)
    spec = vedette.InputSpec(name="x", layout="NCHW", size=vedette.Size(40, 40))

    balanced = stages.preprocess(yellow, spec)

    assert np.ptp(yellow.mean((0, 1))) > 50
    assert np.ptp(balanced.mean((0, 1))) < 0.5
    assert (stages.preprocess(scene, spec) == scene).all()


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    """A number that is written twice must be the same."""
    assert f"after {LIMIT_S:g} s without one" in PAGE
    assert f"after {MOST_LOST} (or" in PAGE
    assert f"at most {MOST_DEPTH} levels and {MOST_VALUES:,} values" in PAGE
