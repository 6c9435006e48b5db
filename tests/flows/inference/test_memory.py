"""Memory while images stream through."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]).parent)]
from benchmarks.memory import peak_kib
from benchmarks.pipeline import Images
from fakes import MeanRuntime, colour_manifest, jpeg
from vedette.clock import SystemClock
from vedette.flows.inference.pipeline import Pipeline, Settings
from vedette.flows.inference.preprocess import Preprocess
from vedette.flows.inference.runtime import Instance
from vedette.wiring.process import own_process

class Peaks:
    seen = 0
    def write(self, delivery):
        self.seen += 1
        if self.seen in (100, 2000):
            print(peak_kib())
    def close(self, *, complete):
        pass

own_process()
manifest = colour_manifest(side=224)
images = [jpeg((number % 256, 99, 200), 500, 375) for number in range(50)] * 40
preprocess = Preprocess([manifest.input], True, SystemClock())
instances = [Instance(manifest, MeanRuntime())]
pipeline = Pipeline(Images(images), instances, [Peaks()], preprocess, Settings(4, 2), SystemClock())
asyncio.run(pipeline.run())
"""


def test_peak_memory_is_flat_from_the_100th_to_the_2000th_image(request) -> None:
    """Within 3 %, with batches and annotated pictures, in a process of its own."""
    tests = str(request.config.rootpath / "tests")
    done = subprocess.run([sys.executable, "-c", SCRIPT, tests], capture_output=True, text=True, check=True)

    early, late = (int(line) for line in done.stdout.split())
    assert late <= 1.03 * early
