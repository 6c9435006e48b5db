"""How the models of each family usually see an image."""

from __future__ import annotations

import pytest

from vedette.rules.zoo.defaults import DEFAULTS
from vedette.values.manifest import ModelType


def test_every_family_has_a_row() -> None:
    """No detector is left to chance."""
    assert set(DEFAULTS) == {model_type for model_type in ModelType if model_type.is_detector}


@pytest.mark.parametrize(
    ("model_type", "mean", "deviation"),
    [
        ("detr", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("centernet", (0.40789654, 0.44719302, 0.47026115), (0.28863828, 0.27408164, 0.27809835)),
    ],
)
def test_constants_are_those_of_the_projects(model_type: str, mean, deviation) -> None:
    """They are published for pixels of 0..1 and entered for 0..255."""
    row = DEFAULTS[ModelType(model_type)]

    assert [float(x) for x in str(row["mean_values"]).split()] == pytest.approx([x * 255 for x in mean], abs=1e-4)
    assert [float(x) for x in str(row["scale_values"]).split()] == pytest.approx([x * 255 for x in deviation], abs=1e-4)
