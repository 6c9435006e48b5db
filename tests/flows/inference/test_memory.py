"""Peak memory of a long run, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.timeout(400)
def test_peak_memory_is_flat_from_the_100th_to_the_2000th_image(pulled_once: Path, tmp_path: Path) -> None:
    """Nothing is kept of an image that has left."""
    command = [sys.executable, "-m", "benchmarks.memory", "--json", str(tmp_path / "memory.json")]
    environment = os.environ | {"VEDETTE_HOME": str(pulled_once)}

    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, stderr=subprocess.PIPE, text=True)

    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "memory.json").read_text())["ratio"] <= 1.03
