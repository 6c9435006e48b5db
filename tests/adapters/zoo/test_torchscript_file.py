"""TorchScript, where torch is and where it is not."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from tiny_models import save_zip

from vedette.adapters.zoo.torchscript_file import TorchScriptFile
from vedette.errors import InvalidError, UnavailableError

HAS_TORCH = importlib.util.find_spec("torch") is not None


@pytest.mark.skipif(HAS_TORCH, reason="torch is installed")
def test_without_torch_the_pip_line_is_told(tmp_path: Path) -> None:
    """The extra that brings torch is in the help."""
    file = save_zip(tmp_path / "net.pt", {"net/code/__torch__.py": b"", "net/constants.pkl": b""})

    with pytest.raises(UnavailableError, match="needs torch") as caught:
        TorchScriptFile().read(file)
    assert "pip install 'vedette[torch]'" in caught.value.help


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.skipif(not HAS_TORCH, reason="needs torch: make setup-torch")
def test_a_scripted_module_is_read_and_run(tmp_path: Path) -> None:
    """Names of the inputs, number of weights, and the answer; shapes are not known."""
    import torch

    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 4)).eval()
    file = tmp_path / "net.pt"
    torch.jit.save(torch.jit.script(module), str(file))
    contents = TorchScriptFile().read(file)
    pixels = np.ones((1, 3, 2, 2), np.float32)
    ((_, answer),) = TorchScriptFile().run(file, [pixels])

    assert contents.signature.inputs[0].shape is None
    assert contents.signature.parameters == 52
    np.testing.assert_allclose(answer, module(torch.from_numpy(pixels)).detach().numpy(), rtol=1e-5)


@pytest.mark.skipif(not HAS_TORCH, reason="needs torch: make setup-torch")
def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    """The reason is torch's, on one line."""
    file = save_zip(tmp_path / "net.pt", {"net/code/__torch__.py": b"", "net/constants.pkl": b""})

    with pytest.raises(InvalidError, match=r"torch cannot load net\.pt") as caught:
        TorchScriptFile().read(file)
    assert "\n" not in caught.value.message
