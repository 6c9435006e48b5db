"""Memory while images stream through."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("pulled")
def test_peak_memory_is_flat_from_the_100th_to_the_2000th_image(request, tmp_path: Path) -> None:
    """Within 3 %: a real model, in a process of its own."""
    evidence = tmp_path / "memory.json"
    command = [sys.executable, "-m", "benchmarks.memory", "--json", str(evidence)]

    subprocess.run(command, cwd=request.config.rootpath, capture_output=True, check=True)

    peaks = json.loads(evidence.read_text())["peak_kib_after"]
    assert peaks["2000"] <= 1.03 * peaks["100"]
