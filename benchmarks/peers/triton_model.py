"""The model of Triton's python backend: a batch of encoded images in, the five best classes of each out, as JSON.

It becomes `model.py` in Triton's repository. The stub of the python backend embeds an interpreter that knows neither
our virtual environment nor PYTHONPATH: `paths.json` beside it names the folders, the job and the number of instances.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TOLD = json.loads((Path(__file__).parent / "paths.json").read_text(encoding="utf-8"))
sys.path[:0] = TOLD["folders"]

import numpy as np  # noqa: E402 - found only now
import triton_python_backend_utils as backend  # noqa: E402

from benchmarks.peers.engine import classifier, read_job  # noqa: E402


class TritonPythonModel:
    """One instance: a process of its own, one thread."""

    def initialize(self, args: dict[str, str]) -> None:
        """Compile the model; several instances that bind threads would share the first core."""
        del args
        self._classify = classifier(read_job(TOLD["job"]), 1, 1, pinned=TOLD["instances"] == 1)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer the requests that Triton's dynamic batching put together, in one inference."""
        parts = [backend.get_input_tensor_by_name(one, "image").as_numpy().reshape(-1) for one in requests]
        found = iter(self._classify([image for part in parts for image in part]))
        return [self._answer([next(found) for _ in part]) for part in parts]

    def _answer(self, best: list[list[dict[str, float]]]) -> Any:
        texts = np.array([json.dumps(one).encode() for one in best], dtype=np.object_).reshape(-1, 1)
        return backend.InferenceResponse(output_tensors=[backend.Tensor("top5", texts)])
