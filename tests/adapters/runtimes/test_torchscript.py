"""TorchScript, with torch and without."""

from __future__ import annotations

import importlib.util
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fakes import colour_manifest

from vedette.adapters.runtimes.torchscript import TorchScriptLoader
from vedette.errors import InvalidError, UnavailableError, UnsupportedError
from vedette.values.execution import Execution, Plan, Precision, RuntimeName
from vedette.values.manifest import ModelFormat

HAS_TORCH = importlib.util.find_spec("torch") is not None
EXECUTION = Execution(RuntimeName.TORCHSCRIPT)

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def manifest(file: Path, **changes):
    return colour_manifest(file, format=ModelFormat.TORCHSCRIPT, **changes)


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, Path]:
    """A pickle that would make a file if it were ever read."""
    trace = tmp_path / "executed"

    class Trap:
        def __reduce__(self):
            return (Path.touch, (trace,))

    file = tmp_path / "model.pt"
    file.write_bytes(pickle.dumps(Trap()))
    return file, trace


if HAS_TORCH:
    import torch

    class Colour(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return pictures.mean(dim=(2, 3))

    @pytest.fixture
    def scripted(tmp_path: Path) -> Path:
        file = tmp_path / "colour.pt"
        torch.jit.script(Colour()).save(str(file))
        return file

    @pytest.mark.parametrize("rgb", [True, False])
    def test_the_image_plan_normalises_as_the_manifest_says(scripted, rgb) -> None:
        """The same contract as the other engines."""
        batch = np.random.default_rng(5).integers(0, 256, (3, 8, 8, 3), np.uint8)
        mean, scale = (103.5, 116.3, 123.7), (57.4, 57.1, 58.4)

        loaded = manifest(scripted, mean_values=mean, scale_values=scale, reverse_input_channels=rgb)
        (scores,) = TorchScriptLoader().load(loaded, EXECUTION).infer(batch)

        pixels = (batch if rgb else batch[..., ::-1]).astype(np.float64)
        np.testing.assert_allclose(scores, ((pixels - mean) / scale).mean(axis=(1, 2)), atol=1e-5)

    def test_the_tensor_plan_takes_the_original_input(scripted) -> None:
        """Float NCHW in."""
        tensor = np.random.default_rng(1).random((2, 3, 8, 8), np.float32)

        (scores,) = TorchScriptLoader().load(manifest(scripted), EXECUTION, Plan.TENSOR).infer(tensor)

        np.testing.assert_allclose(scores, tensor.mean(axis=(2, 3)), atol=1e-6)

    def test_a_pickle_posing_as_torchscript_is_refused_and_never_executed(trap) -> None:
        """Nothing of it is run."""
        file, trace = trap

        with pytest.raises(InvalidError, match="could run any code"):
            TorchScriptLoader().load(manifest(file), EXECUTION)
        assert not trace.exists()

    def test_a_state_dict_in_a_zip_is_refused_as_a_pickle(tmp_path) -> None:
        """What torch.save writes by default."""
        file = tmp_path / "state.pt"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("state/data.pkl", b"whatever")

        with pytest.raises(InvalidError, match="not TorchScript"):
            TorchScriptLoader().load(manifest(file), EXECUTION)

else:

    def test_without_torch_the_error_prints_the_line_that_installs_it(tmp_path) -> None:
        """An extra that is missing says how to get it."""
        with pytest.raises(UnavailableError) as caught:
            TorchScriptLoader().load(manifest(tmp_path / "model.pt"), EXECUTION)
        assert "pip install 'vedette[torch]'" in caught.value.help


def test_a_precision_that_would_be_ignored_is_refused(tmp_path) -> None:
    """TorchScript computes in the precision of the file."""
    with pytest.raises(UnsupportedError, match="bf16"):
        TorchScriptLoader().load(manifest(tmp_path / "x.pt"), Execution(RuntimeName.TORCHSCRIPT, Precision.BF16))
