"""`vedette models new NAME`: a folder with own code for a model, its test, and a configuration that serves it."""

from __future__ import annotations

import re
from pathlib import Path

from vedette.errors import ConflictError, ExhaustedError, UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)

_STAGES = '''"""Own code around __MODEL__: three classes, each optional; `vedette.yaml` says which of them are used.

Vedette makes one object of each class and calls it from several threads at once. `threads = 1` in a class lets it be
called one at a time.
"""

import numpy as np

import vedette


class Preprocess:
    """Makes what the model takes out of pixels."""

    def __call__(self, pixels, spec):
        """Args: pixels, uint8 (height, width, 3), RGB, read-only; spec, the model's input.

        Returns: uint8 (spec.size.height, spec.size.width, spec.channels).
        """
        return vedette.fit_input(pixels, spec)  # change pixels before it, or replace it


class Postprocess:
    """Reads the outputs of the model."""

    def __call__(self, outputs, size, labels):
        """Args: outputs, one array for each output of the model; size, width and height of its input; its labels.

        Returns: a list of vedette.Class; or of vedette.Detection, boxes in pixels of the model's input; or a dict,
        which becomes the "answer" of the result.
        """
        logits = outputs[0].astype(np.float64).ravel()
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        best = np.argsort(-shares)[:5]
        return [vedette.Class(labels[number], int(number), float(shares[number])) for number in best]


class Decide:
    """Decides on a result; what it returns becomes the "decision" of the result."""

    least = 0.5

    def __call__(self, result):
        """Args: result, a vedette.Result. Returns: a dict that JSON has words for."""
        best = max(result.classes or result.detections or (), key=lambda one: one.score, default=None)
        sure = best is not None and best.score >= self.least
        return {"ok": sure, "label": best.label if best else None}
'''

_TEST = '''"""Run with: python -m pytest"""

import types

import numpy as np
from stages import Decide, Postprocess, Preprocess

import vedette


def test_the_preprocess_gives_a_row_of_the_model():
    """Any picture becomes uint8 of the size that the model takes."""
    spec = vedette.InputSpec(name="input", layout="NCHW", size=vedette.Size(32, 24))
    pixels = np.full((48, 64, 3), (200, 100, 50), np.uint8)

    row = Preprocess()(pixels, spec)

    assert row.dtype == np.uint8
    assert row.shape == (24, 32, 3)
    assert (row == (200, 100, 50)).all()


def test_the_postprocess_gives_the_best_classes_first():
    """Scores are shares of 1."""
    outputs = (np.array([0.0, np.log(6.0), np.log(3.0)], np.float32),)

    classes = Postprocess()(outputs, vedette.Size(32, 24), ("cat", "dog", "fox"))

    assert [one.label for one in classes] == ["dog", "fox", "cat"]
    assert np.allclose([one.score for one in classes], [0.6, 0.3, 0.1])


def test_the_decision_is_made_by_the_score():
    """An answer that is not sure is not OK."""
    sure = types.SimpleNamespace(classes=(vedette.Class("dog", 1, 0.9),), detections=None)
    unsure = types.SimpleNamespace(classes=(vedette.Class("dog", 1, 0.2),), detections=None)

    assert Decide()(sure) == {"ok": True, "label": "dog"}
    assert Decide()(unsure) == {"ok": False, "label": "dog"}
'''

_CONFIG = """# Every key: docs/serving-configuration.md
models:
  - name: __MODEL__
    stages:
      preprocess: stages:Preprocess
      postprocess: stages:Postprocess
      decide: stages:Decide
"""

_README = """# __NAME__

Own code around __MODEL__. In this folder:

```
python -m pytest
vedette serve --config vedette.yaml
curl --data-binary @photo.jpg http://127.0.0.1:8000/infer/__MODEL__
```

The first tests it, the second serves it, the third asks it. `stages.py` is yours: change it and its test together.
Delete a line under `stages` in `vedette.yaml`, and Vedette does that step itself.
"""

FILES = {"stages.py": _STAGES, "test_stages.py": _TEST, "vedette.yaml": _CONFIG, "README.md": _README}


def write_skeleton(name: str, folder: Path, model: str) -> Path:
    """Write `folder/name` with everything in it; nothing that is there is changed.

    Raises:
        UsageError: the name cannot be one of a folder, or the model's not one of a model.
        ConflictError: there is something of this name.
        ExhaustedError: it cannot be written.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"{name[:80]!r} is no name", help="take letters, digits, - and _")
    if re.fullmatch(r"[A-Za-z0-9][\w.-]*", model, re.ASCII) is None:
        raise UsageError(f"{model[:80]!r} is no name of a model", help="`vedette models list` shows those there are")
    made = folder / name
    try:
        made.mkdir(parents=True)
        for file, text in FILES.items():
            (made / file).write_text(text.replace("__NAME__", name).replace("__MODEL__", model), encoding="utf-8")
    except FileExistsError as error:
        raise ConflictError(f"{made} is there already", help="take another name, or another --dir") from error
    except OSError as error:
        raise ExhaustedError(f"{made} cannot be written: {error.strerror}", help="take another --dir") from error
    return made
