"""The bare loop as a process: threads that take images from one counter, and nothing around them.

stdin, a line an order    {"do": "answers"} or {"do": "run", "seconds": 5}
stdout, a line an answer  [[class_id, score], ...] or {"rate": 81.3, "p50_ms": 24.1, "p99_ms": 30.2}

    python -m benchmarks.peers.bare JOB IMAGES --batch 1 --streams 2 --threads 1

Percentiles are those of one call: of a whole batch.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.engine import Classifier, classifier, read_job

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 64 * 1024 * 1024


def run(classify: Classifier, images: Sequence[bytes], seconds: float, batch: int, streams: int) -> dict[str, float]:
    """Go round the images until the time is over; the rate is that of all calls that began in it."""
    starts = itertools.count(0, batch)
    took: list[float] = []
    started = time.perf_counter()

    def work() -> None:
        while (begun := time.perf_counter()) < started + seconds:
            first = next(starts)
            classify([images[(first + offset) % len(images)] for offset in range(batch)])
            took.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=work) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p50, p99 = np.percentile(np.array(took) * 1e3, (50, 99)).tolist()
    lasted = time.perf_counter() - started
    return {"rate": len(took) * batch / lasted, "p50_ms": p50, "p99_ms": p99, "seconds": lasted}


def keep_buffers() -> None:
    """Let glibc keep freed buffers: the bare loop is a limit, so it gets what Vedette gives itself."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, 4 * KEPT_BYTES)


def main() -> None:
    """Answer orders until stdin ends."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("job")
    parser.add_argument("images", type=Path)
    for name in ("--batch", "--streams", "--threads"):
        parser.add_argument(name, type=int, required=True)
    chosen = parser.parse_args()
    keep_buffers()
    images = [file.read_bytes() for file in sorted(chosen.images.glob("*.jpg"))]
    classify = classifier(read_job(chosen.job), chosen.streams, chosen.threads)
    classify(images[: chosen.batch])
    for line in sys.stdin:
        order = json.loads(line)
        found: Any
        if order["do"] == "answers":
            found = [[best[0]["class_id"], best[0]["score"]] for image in images for best in classify([image])]
        else:
            found = run(classify, images, order["seconds"], chosen.batch, chosen.streams)
        print(json.dumps(found), flush=True)
    os._exit(0)  # engines that are torn down at exit have nothing left to save


if __name__ == "__main__":
    main()
