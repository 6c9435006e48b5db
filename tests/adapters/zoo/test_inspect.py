"""A file of the user's: recognised, read and run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_models import classifier, save, save_ir, save_saved_model, save_tflite

from vedette.adapters.zoo.inspect import inspect
from vedette.errors import InvalidError


@pytest.mark.parametrize(
    ("make", "name", "shape", "classes"),
    [
        (lambda path: save(classifier(), path), "m.onnx", (1, 3, 32, 48), 4),
        (lambda path: save_ir(classifier(), path), "m.xml", (1, 3, 32, 48), 4),
        (save_saved_model, "m", (1, 8, 8, 3), 4),
        (save_tflite, "m.tflite", (1, 4, 4, 3), 3),
    ],
)
def test_every_format_is_read_and_runs(tmp_path: Path, make, name: str, shape: tuple[int, ...], classes: int) -> None:
    """One way in for all formats."""
    inspection = inspect(make(tmp_path / name))
    (output,) = inspection.run((shape,))

    assert output.shape == (1, classes)
    assert inspection.contents.files


def test_a_model_that_contradicts_itself_does_not_run(tmp_path: Path) -> None:
    """Weights for five channels and an image of three: the engine says why."""
    inspection = inspect(save(classifier(channels=5), tmp_path / "m.onnx"))

    with pytest.raises(InvalidError, match=r"m\.onnx does not run with image \[1, 3, 32, 48\].*channels"):
        inspection.run(((1, 3, 32, 48),))


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    """Whatever they are, they are no model."""
    (tmp_path / "m.onnx").write_bytes(np.random.default_rng(0).bytes(3000))

    with pytest.raises(InvalidError, match="not a readable ONNX file"):
        inspect(tmp_path / "m.onnx")
