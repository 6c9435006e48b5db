"""Peak memory while images stream through: the high-water mark after 100 images and after 2000, of a fresh process."""

from __future__ import annotations

import asyncio
import faulthandler
import sys
from pathlib import Path

from benchmarks.evidence import environment, json_option, write
from benchmarks.pipeline import MODEL, SEED, Images
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.candidates import Wish
from vedette.values.frame import Size
from vedette.wiring.instances import open_model, seeded_crops
from vedette.wiring.process import own_process
from vedette.wiring.stream import Order, build_pipeline

FIRST, LAST = 100, 2000
BAR = 1.03


STUCK_S = 180
"""A run takes half a minute; one that is stuck shows where every thread is, and ends."""


class HighWater:
    """A sink that notes the process's peak resident memory after certain numbers of images."""

    def __init__(self) -> None:
        self.seen = 0
        self.peaks: dict[int, int] = {}

    def write(self, delivery: Delivery) -> None:
        """Count one image."""
        del delivery
        self.seen += 1
        if self.seen % FIRST == 0:
            self.peaks[self.seen] = peak_kib()

    def close(self, *, complete: bool) -> None:
        """Nothing to close."""


def peak_kib() -> int:
    """VmHWM of this process in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure, print, and write the evidence."""
    file = json_option(__doc__ or "")
    faulthandler.dump_traceback_later(STUCK_S, exit=True)
    own_process()
    opened = open_model(MODEL, Wish(), lambda text: print(text, file=sys.stderr))
    crops = seeded_crops(FIRST, Size(500, 375), SEED)
    sink = HighWater()
    images = Images([crops[number % len(crops)] for number in range(LAST)])
    asyncio.run(build_pipeline(images, [opened.instance], [sink], Order((), (MODEL,))).run())
    ratio = sink.peaks[LAST] / sink.peaks[FIRST]
    print(
        f"peak memory: {sink.peaks[FIRST] / 1024:.1f} MiB after {FIRST}, {sink.peaks[LAST] / 1024:.1f} MiB after {LAST}"
    )
    print(f"ratio {ratio:.4f}, bar {BAR}")
    evidence = {
        "benchmark": "memory",
        "ratio": ratio,
        "bar": BAR,
        "met": ratio <= BAR,
        "peak_kib_after": sink.peaks,
        "settings": {"model": MODEL, "execution": str(opened.instance.runtime.execution)},
        "environment": environment(),
    }
    write(file, evidence)


if __name__ == "__main__":
    main()
