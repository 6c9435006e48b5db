"""Real engines in processes of their own, as the server loads them."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import colour_manifest, write_colour_model

from vedette.clock import SystemClock
from vedette.errors import InvalidError
from vedette.values.execution import Execution, Plan, RuntimeName
from vedette.wiring.isolation import isolated_loader
from vedette.wiring.plugins import Loaders


@pytest.mark.parametrize("engine", [RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO])
@pytest.mark.parametrize("plan", list(Plan))
def test_an_engine_in_its_own_process_says_what_it_says_in_this_one(engine, plan, tmp_path) -> None:
    """Second truth: the same loader without isolation; answers and signature are equal."""
    manifest = colour_manifest(write_colour_model(tmp_path / "colour.onnx"))
    draw = np.random.default_rng(3)
    batch = draw.integers(0, 256, (5, 8, 8, 3), np.uint8)
    if plan is Plan.TENSOR:
        batch = draw.random((5, 3, 8, 8), np.float32)
    isolated = isolated_loader(tmp_path, SystemClock()).load(manifest, Execution(engine), plan)
    direct = Loaders(tmp_path)[engine].load(manifest, Execution(engine), plan)

    assert isolated.signature == direct.signature
    np.testing.assert_array_equal(isolated.infer(batch)[0], direct.infer(batch)[0])
    with pytest.raises(InvalidError, match=r"\(1, 9, 9, 3\)"):
        isolated.infer(np.zeros((1, 9, 9, 3), batch.dtype))
    isolated.close()


def test_a_model_that_cannot_be_loaded_is_the_error_that_its_process_had(tmp_path) -> None:
    """Told here as if it had been loaded here."""
    file = tmp_path / "text.onnx"
    file.write_text("hello")

    with pytest.raises(InvalidError, match=r"text\.onnx"):
        isolated_loader(tmp_path, SystemClock()).load(colour_manifest(file), Execution(RuntimeName.ONNXRUNTIME))
