"""Memory while high-definition images stream through, cut in tiles: peak after 20 images and after 100.

Run in a fresh process, because the high-water mark is the process's. The decoded images alive at the same time are
counted where they are decoded and where they are freed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import weakref
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.evidence import environment, json_option, write
from benchmarks.memory import peak_kib
from benchmarks.tile_images import mosaic_files, pipeline_of
from benchmarks.tile_peers import ROOT
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.inference.preprocess import decode_at
from vedette.rules.candidates import Wish
from vedette.rules.vision.decode import Decoded
from vedette.rules.vision.header import Header
from vedette.values.execution import Precision, RuntimeName
from vedette.wiring.instances import open_model
from vedette.wiring.process import own_process

MODEL = "nanodet-m-320"
FIRST, LAST, BATCH = 20, 100, 8
BAR = 1.03


class Marks:
    """A sink that notes the process's peak resident memory after each image."""

    def __init__(self) -> None:
        self.peaks: list[int] = []

    def write(self, delivery: Delivery) -> None:
        """Note one image."""
        del delivery
        self.peaks.append(peak_kib())

    def close(self, *, complete: bool) -> None:
        """Nothing to close."""


class Alive:
    """Counts the decoded images that somebody still holds."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0
        self._lock = threading.Lock()

    def decode(self, data: bytes | memoryview, header: Header, shrink: int) -> Decoded:
        """Decode as the pipeline does, and count the pixels until they are freed."""
        decoded = decode_at(data, header, shrink)
        owner: Any = decoded.pixels
        while isinstance(owner.base, np.ndarray):  # a view may go while its pixels stay
            owner = owner.base
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        weakref.finalize(owner, self._gone)
        return decoded

    def _gone(self) -> None:
        with self._lock:
            self.now -= 1


def measured_apart() -> dict[str, Any]:
    """What this benchmark finds in a process of its own."""
    file = ROOT / "out" / "benchmarks" / "tile_memory.json"
    subprocess.run([sys.executable, "-m", "benchmarks.tile_memory", "--json", str(file)], check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def main() -> None:
    """Measure, print, and write the evidence."""
    file = json_option(__doc__ or "")
    own_process()
    wish = Wish(RuntimeName.OPENVINO, Precision.FP32)
    opened = open_model(MODEL, wish, lambda text: print(text, file=sys.stderr))
    payloads = [path.read_bytes() for path in mosaic_files()]
    alive, marks = Alive(), Marks()
    images = [payloads[number % len(payloads)] for number in range(LAST)]
    pipeline = pipeline_of(opened.instance, images, [marks], BATCH)
    asyncio.run(replace(pipeline, preprocess=replace(pipeline.preprocess, decode=alive.decode)).run())
    first, last = marks.peaks[FIRST - 1], marks.peaks[LAST - 1]
    print(f"peak memory: {first / 1024:.1f} MiB after {FIRST} HD images, {last / 1024:.1f} MiB after {LAST}")
    print(f"ratio {last / first:.4f}, bar {BAR}; decoded images alive at the same time: {alive.most} at most")
    evidence = {
        "benchmark": "tile_memory",
        "ratio": last / first,
        "bar": BAR,
        "met": last / first <= BAR,
        "peak_kib_after": {number: marks.peaks[number - 1] for number in (1, FIRST, LAST // 2, LAST)},
        "decoded_images_alive_at_most": alive.most,
        "decoded_images_alive_at_the_end": alive.now,
        "settings": {"model": MODEL, "execution": str(opened.instance.runtime.execution), "batch": BATCH},
        "environment": environment(),
    }
    write(file, evidence)


if __name__ == "__main__":
    main()
