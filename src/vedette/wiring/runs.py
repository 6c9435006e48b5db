"""Stored runs of this user: the home folder's, or any folder that is named.

A run that broke off has rows and no figures; those that its rows support are reckoned when it is opened.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vedette.adapters.config.home import default_home
from vedette.adapters.store.runs import RunHead, RunsFolder
from vedette.rules.bench.unfinished import FINISHED
from vedette.rules.load.images import seed_of
from vedette.values.run import RunData
from vedette.values.workload import LoadKind

__all__ = ["RunHead", "folder_of", "home_runs", "list_runs", "open_run"]


def home_runs() -> Path:
    """The folder in which runs are kept unless another is named: `$VEDETTE_HOME/runs`."""
    return default_home() / "runs"


def open_run(name: str | Path) -> RunData:
    """The run of an id, the start of one, `last`, or a folder.

    Raises:
        NotFoundError: no run, or several, have that name.
        InvalidError: its files are damaged.
    """
    data = RunsFolder(home_runs()).open(name)
    broke_off = any(check.name == FINISHED for check in data.run.verdict.checks) and not data.run.summary.sent
    return _reckoned(data) if broke_off and len(data.requests) else data


def list_runs() -> list[RunHead]:
    """Every run of the home folder, oldest first; one that cannot be read says why."""
    return RunsFolder(home_runs()).all()


def folder_of(name: str | Path) -> Path:
    """The folder of a run; see `open_run`.

    Raises:
        NotFoundError: no run, or several, have that name.
    """
    return RunsFolder(home_runs()).find(name)


def _reckoned(data: RunData) -> RunData:
    """The figures of a run that broke off. A search tries one rate after another: its rows are no one sample."""
    from vedette.rules.stats.summary import summarise

    requests = data.requests.ordered()
    spec = data.run.spec
    if spec.load.kind is LoadKind.PEAK:
        return replace(data, requests=requests)
    seeds = [seed_of(spec.seed, repeat) for repeat in range(int(requests.repeat.max()) + 1)]
    note = "figures are of what was measured until then; answers were not compared with a reference"
    run = replace(data.run, summary=summarise(requests, spec.load, seeds), notes=(*data.run.notes, note))
    return replace(data, run=run, requests=requests)
