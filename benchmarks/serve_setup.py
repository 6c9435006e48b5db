"""What all parts of `benchmarks.serve` share: images, jobs of the engines, right answers, and how long is measured."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.bench_runs import write_images
from benchmarks.peers.engine import Job
from benchmarks.serve_bare import reference
from benchmarks.serve_contenders import MODEL, Best, Contender, job_file
from benchmarks.serve_load import cores
from vedette.adapters.config.home import default_home
from vedette.adapters.runtimes.image_plan import composed_file
from vedette.rules.candidates import Wish
from vedette.values.execution import Execution
from vedette.wiring.instances import open_model

Engine = tuple[str, str]
"""Runtime and precision."""

COMMON: Engine = ("onnxruntime", "fp32")
"""The engine of peers as they come, whose answers are the reference for what has no other."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: rounds, seconds of one measurement, and the seed of every order."""

    rounds: int
    seconds: float
    seed: int

    @property
    def warm_up_s(self) -> float:
        """Load before a measurement that does not count; wrk knows whole seconds only."""
        return 1.0

    def order(self, part: str, number: int) -> random.Random:
        """The generator of the order of one round of one part."""
        return random.Random(f"{self.seed}-{part}-{number}")  # noqa: S311 - an order is no secret


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that was made before the first server starts.

    Attributes:
        folder: scratch, with the images and the jobs.
        execution: what Vedette chose.
        images: encoded.
        answers: best class and score of each image, by engine.
        effort: see there.
    """

    folder: Path
    execution: Execution
    images: Sequence[bytes]
    answers: Mapping[Engine, Sequence[Best]]
    effort: Effort

    @property
    def chosen(self) -> Engine:
        """The engine that Vedette chose."""
        return self.execution.runtime.value, self.execution.precision.value

    @property
    def image_folder(self) -> Path:
        """Where the images lie."""
        return self.folder / "images"

    @property
    def job(self) -> Path:
        """The job of the engine that Vedette chose."""
        return self.folder / f"job-{self.chosen[0]}-{self.chosen[1]}.json"

    @property
    def cores(self) -> int:
        """Cores of everything here."""
        return cores()

    def expected(self, contender: Contender) -> Sequence[Best]:
        """The right answers of a contender: those of its engine in process, else of the common one."""
        return self.answers.get((contender.runtime, contender.precision), self.answers[COMMON])

    def job_of(self, contender: Contender) -> Path:
        """The job of a contender's engine."""
        return job_file(self.folder, contender)


def make_setup(folder: Path, effort: Effort) -> Setup:
    """Choose the engine as `vedette serve` does, write images and jobs, and find the right answers."""
    opened = open_model(MODEL, Wish(), print)
    manifest, execution = opened.instance.manifest, opened.instance.runtime.execution
    assert manifest.input is not None, "a model of images"
    files = write_images(folder / "images")
    graph = composed_file(Path(manifest.file), manifest.input, default_home() / ".cache" / "graphs")
    answers: dict[Engine, Sequence[Best]] = {}
    for runtime, precision in {COMMON, (execution.runtime.value, execution.precision.value)}:
        job = Job(str(graph), manifest.input.size.width, manifest.input.crop_fraction, runtime, precision)
        file = folder / f"job-{runtime}-{precision}.json"
        file.write_text(json.dumps(asdict(job)), encoding="utf-8")
        answers[runtime, precision] = reference(file, folder / "images")
    return Setup(folder, execution, [file.read_bytes() for file in files], answers, effort)
