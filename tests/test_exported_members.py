"""The library's public door."""

from __future__ import annotations

import subprocess
import sys

import pytest

import vedette


def test_the_door_has_these_names_and_no_others() -> None:
    """A new public name is a decision; this list is where it is taken."""
    own_code = {"Class", "Detection", "InputSpec", "Result", "Size", "VedetteError", "fit_input"}
    library = {"Class", "Failure", "Model", "Result", "VedetteError", "load_model", "plan"}

    assert set(vedette.__all__) == own_code | library
    assert dir(vedette) == vedette.__all__


@pytest.mark.parametrize("name", vedette.__all__)
def test_every_public_name_is_there_and_documented(name) -> None:
    """What the door promises can be imported."""
    assert getattr(vedette, name).__doc__


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    """As in any module."""
    with pytest.raises(AttributeError, match="serve_everything"):
        _ = vedette.serve_everything


def test_importing_the_package_imports_nothing_heavy() -> None:
    """A program pays when it loads a model, not before."""
    heavy = "('numpy', 'cv2', 'onnxruntime', 'openvino', 'pydantic', 'typer')"
    code = f"import sys, vedette; print([name for name in {heavy} if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
