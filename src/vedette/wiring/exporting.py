"""`vedette bench export`: a stored run for other tools.

RunData -> requests.csv, samples.csv, summary.csv    RunData -> Journal -> wandb
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vedette.adapters.config.home import default_home
from vedette.errors import ConflictError, ExhaustedError, UnavailableError
from vedette.rules.bench.figures import Figure, figures
from vedette.values.run import Run, RunData

REQUESTS, SAMPLES, SUMMARY = "requests.csv", "samples.csv", "summary.csv"


def export_csv(data: RunData, folder: Path) -> list[Path]:
    """Write a run as CSV files to a folder, which is made; the files are returned.

    Raises:
        ConflictError: one of them is there already.
        ExhaustedError: there is no room.
        UnavailableError: they cannot be written.
    """
    from vedette.adapters.exporters.csv import write_figures_csv, write_requests_csv
    from vedette.adapters.store.samples import write_csv

    samples = data.samples
    writers: dict[str, Callable[[Path], None]] = {
        REQUESTS: lambda file: write_requests_csv(data.requests, file),
        SUMMARY: lambda file: write_figures_csv(figures(data.run.summary), file),
    }
    if samples is not None:
        writers[SAMPLES] = lambda file: write_csv(samples, file)
    files = {folder / name: write for name, write in writers.items()}
    if there := next((file for file in files if file.exists()), None):
        raise ConflictError(f"{there} is there already", help="name another folder, or remove it")
    _write(folder, files)
    return list(files)


def _write(folder: Path, files: Mapping[Path, Callable[[Path], None]]) -> None:
    from vedette.adapters.store.room import lack_of_room

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, write in files.items():
            write(file)
    except OSError as error:
        for file in files:
            with suppress(OSError):
                file.unlink(missing_ok=True)
        if lack := lack_of_room(error):
            raise ExhaustedError(f"{folder} cannot be written: {lack}", help="make room, or name another") from None
        raise UnavailableError(
            f"{folder} cannot be written: {error.strerror or error}", help="check the folder and its rights"
        ) from None


def export_wandb(data: RunData, *, project: str, folder: Path | None, offline: bool) -> Path:
    """Hand a run to Weights & Biases; the folder in which it keeps it is returned.

    Args:
        data: the run.
        project: name of the project there.
        folder: where wandb writes; None: `$WANDB_DIR`, else the home folder.
        offline: whether nothing is sent.

    Raises:
        UnavailableError: wandb is not installed, or does not answer.
    """
    from vedette.adapters.exporters.wandb import Journal, export

    run = data.run
    journal = Journal(run.id, _config(run), _summary(run), tuple(_steps(run)))
    given = os.environ.get("WANDB_DIR")
    return export(
        journal, project=project, folder=folder or (Path(given) if given else default_home()), offline=offline
    )


def _config(run: Run) -> dict[str, Any]:
    return {
        "spec": asdict(run.spec),
        "environment": asdict(run.environment),
        "introduction": asdict(run.introduction),
        "campaign": run.campaign,
        "started": run.started,
    }


def _summary(run: Run) -> dict[str, Any]:
    found = {name: value for figure in figures(run.summary) for name, value in _told(figure).items()}
    failed = {f"failed.{name}": count for name, count in run.summary.failed}
    verdict = {"verdict": "VALID" if run.verdict.valid else "INVALID", "reasons": list(run.verdict.reasons)}
    return {**verdict, "requests": run.summary.sent, **failed, **found}


def _told(figure: Figure) -> dict[str, float]:
    """A figure with the ends of its interval; what is absent is left out, not 0."""
    one = figure.estimate
    parts = {"": one.value, ".low": one.low, ".high": one.high}
    return {f"{figure.name}{suffix}": value for suffix, value in parts.items() if value is not None}


def _steps(run: Run) -> list[dict[str, float]]:
    steps = []
    for one in run.summary.repeats:
        told: dict[str, float | None] = {
            "repeat": one.repeat,
            "repeat.p50_ms": one.latency.median.value if one.latency else None,
            "repeat.mean_ms": one.latency.mean.value if one.latency else None,
            "repeat.max_ms": one.latency.maximum if one.latency else None,
            "repeat.throughput": one.throughput.value,
            "repeat.in_flight": one.in_flight,
            "repeat.lateness_p99_ms": one.lateness_p99_ms,
        }
        steps.append({name: value for name, value in told.items() if value is not None})
    return steps
