"""SAHI and supervision beside us: their interpreter, made on demand, and a child process of it for each of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.tile_engine import Task, save
from vedette.values.detection import Detections, detections

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "out" / "benchmarks" / "tiles-peers"

PINNED = {"sahi": "0.12.8", "supervision": "0.31.2"}
"""The peers; numpy, OpenCV and the engines have the versions that we run with."""

OURS = ("numpy", "opencv-python-headless", "onnxruntime", "openvino", "simplejpeg")

BATCHES = (1, 8)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a peer is run: tiles in a call of the model, and threads that call it."""

    batch: int
    workers: int = 1

    def __str__(self) -> str:
        return f"batch {self.batch}, {self.workers} workers"


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer's process."""

    name: str
    process: subprocess.Popen[str]

    def ask(self, image: Path, setting: Setting) -> tuple[float, Detections]:
        """Seconds for one image, and its boxes.

        Raises:
            RuntimeError: the process ended; what it said is on stderr.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"image": str(image), "batch": setting.batch, "workers": setting.workers}
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with exit code {self.process.wait()}")
        answer = json.loads(line)
        return answer["seconds"], detections(answer["boxes"], answer["scores"], answer["class_ids"])


def settings_of(name: str, cores: int) -> tuple[Setting, ...]:
    """What is tried of a peer before the run; SAHI calls the model from one thread."""
    workers = (1,) if name == "sahi" else tuple(dict.fromkeys((1, cores)))
    return tuple(Setting(batch, count) for batch in BATCHES for count in workers)


@contextmanager
def running(name: str, task: Task, cores: int) -> Iterator[Peer]:
    """A peer's process for one model, ended at the end."""
    python = interpreter()
    file = PEERS / f"{task.manifest.name}-{task.runtime}.pickle"
    save(task, file)
    process = subprocess.Popen(
        [str(python), "-m", "benchmarks.tile_peer", name, str(file), str(cores)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
    )
    try:
        yield Peer(name, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def interpreter() -> Path:
    """Python with the peers in it; made now if it is not there or holds other versions."""
    python, stamp = PEERS / "bin" / "python", PEERS / "versions.json"
    wanted = versions()
    if stamp.exists() and json.loads(stamp.read_text()) == wanted:
        return python
    print(f"installing {', '.join(PINNED)} in an environment of their own ...", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(PEERS)], check=True)
    packages: Sequence[str] = [f"{name}=={number}" for name, number in wanted.items()]
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    stamp.write_text(json.dumps(wanted))
    return python


def versions() -> dict[str, Any]:
    """The peers' versions, and those of ours that they share."""
    return PINNED | {name: version(name) for name in OURS}
