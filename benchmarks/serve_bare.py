"""The bare loop beside the servers: `peers/bare.py` in a process of its own, at the best of its settings."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serve_peers import FOUND, PROGRAMS
from benchmarks.serve_process import cpu_of, pss_of

BATCHES = (1, 8)


@dataclass(frozen=True, slots=True)
class Setting:
    """Images in a call of the engine, calls at once, threads of each."""

    batch: int
    streams: int
    threads: int

    def __str__(self) -> str:
        return f"batch {self.batch}, {self.streams} x {self.threads} threads"


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare loop that is ready."""

    setting: Setting
    process: subprocess.Popen[str]

    def answers(self) -> list[tuple[int, float]]:
        """The best class of every image and its score."""
        return [(int(class_id), float(score)) for class_id, score in self._order({"do": "answers"})]

    def run(self, seconds: float) -> dict[str, float]:
        """Rate, p50 and p99 of one run."""
        found: dict[str, float] = self._order({"do": "run", "seconds": seconds})
        return found

    def pss_bytes(self) -> int:
        """Memory in use; see `Server.pss_bytes`."""
        return pss_of(self.process.pid)

    def cpu_s(self) -> float:
        """CPU time so far."""
        return cpu_of(self.process.pid)

    def _order(self, order: dict[str, Any]) -> Any:
        assert self.process.stdin is not None, "a pipe was asked for"
        assert self.process.stdout is not None, "a pipe was asked for"
        print(json.dumps(order), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the bare loop ended with exit code {self.process.wait()}")
        return json.loads(line)


@contextmanager
def bare_loop(job: Path, images: Path, setting: Setting) -> Iterator[Bare]:
    """A bare loop, ended at the end."""
    command = [sys.executable, "-m", f"{PROGRAMS}.bare", str(job), str(images), "--batch", str(setting.batch)]
    command += ["--streams", str(setting.streams), "--threads", str(setting.threads)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ | FOUND) as process:
        yield Bare(setting, process)  # leaving closes stdin, which ends it


def best_setting(job: Path, images: Path, cores: int, seconds: float) -> tuple[Setting, dict[str, float]]:
    """The quickest of batch {1, 8} x streams {1, cores}, by the median of three interleaved runs, and all rates."""
    settings = [Setting(batch, streams, cores // streams) for streams in dict.fromkeys((1, cores)) for batch in BATCHES]
    rates: dict[Setting, list[float]] = {setting: [] for setting in settings}
    for _ in range(3):
        for setting in settings:
            with bare_loop(job, images, setting) as bare:
                bare.run(seconds / 4)
                rates[setting].append(bare.run(seconds)["rate"])
    medians = {setting: statistics.median(found) for setting, found in rates.items()}
    return max(medians, key=lambda one: medians[one]), {str(setting): rate for setting, rate in medians.items()}


def reference(job: Path, images: Path) -> Sequence[tuple[int, float]]:
    """The answers of one image at a time."""
    with bare_loop(job, images, Setting(1, 1, 1)) as bare:
        return bare.answers()
