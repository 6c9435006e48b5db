"""`vedette bench run` as a child process, as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from vedette.errors import SOME_FAILED
from vedette.values.frame import Size
from vedette.wiring.instances import seeded_crops

IMAGES, SEED = 16, 20260


def write_images(folder: Path) -> list[Path]:
    """The images that every client sends: 16 seeded crops of the shipped photos, 500 x 375, quality 90."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:02}.jpg" for number in range(IMAGES)]
    for file, image in zip(files, seeded_crops(IMAGES, Size(500, 375), SEED), strict=True):
        file.write_bytes(image)
    return files


def bench_run(target: str, *options: str, output: Path) -> dict[str, Any]:
    """The JSON of one run, stored in `output`; an INVALID run is an answer, not an error."""
    command = [sys.executable, "-m", "vedette", "bench", "run", target, *options]
    command += ["--output", str(output), "--format", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode not in (0, SOME_FAILED):
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
