"""Stored runs of this user."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_runs import made_environment, made_requests, made_run, made_spec

from vedette.adapters.store.request_table import RequestStream
from vedette.adapters.store.runs import RunsFolder
from vedette.errors import NotFoundError
from vedette.rules.bench.unfinished import unfinished
from vedette.rules.load.images import seed_of
from vedette.rules.stats.summary import summarise
from vedette.values.requests import Requests
from vedette.values.trial import Introduction, Scope, TrialSpec
from vedette.values.workload import LoadKind
from vedette.wiring.runs import folder_of, home_runs, list_runs, open_run


def broken_off(run_id: str, spec: TrialSpec, requests: Requests) -> None:
    folder = RunsFolder(home_runs()).create(run_id)
    folder.begin(unfinished(run_id, "", spec, made_environment(), Introduction(Scope.IMAGE)))
    stream = RequestStream(folder.stream)
    stream.append(requests)
    stream.close()


def test_runs_are_kept_in_the_home_folder(home: Path) -> None:
    """Runs lie in `$VEDETTE_HOME/runs`, are listed from there, and are opened by their id."""
    assert list_runs() == []
    data = made_run(id="a", repeats=1, count=20)
    RunsFolder(home_runs()).create("a").finish(data)

    assert home_runs() == home / "runs"
    assert [head.id for head in list_runs()] == ["a"]
    assert folder_of("a") == home / "runs/a"
    assert open_run("last").run == data.run


def test_unknown_run_is_not_found() -> None:
    """A name that no run has is an error with the next step."""
    with pytest.raises(NotFoundError, match="no run in"):
        open_run("nothing")


def test_run_that_broke_off_has_the_figures_of_its_rows() -> None:
    """Rows come in the order of their schedule, figures are reckoned from them, and the run stays INVALID."""
    requests = made_requests(repeats=2, count=50)
    shuffled = requests.where(np.random.default_rng(0).permutation(len(requests)))
    spec = made_spec(seed=5)
    broken_off("a", spec, shuffled)

    data = open_run("a")

    np.testing.assert_array_equal(data.requests.scheduled, requests.scheduled)
    assert data.run.summary == summarise(requests, spec.load, [seed_of(5, 0), seed_of(5, 1)])
    assert data.run.summary.sent == 100
    assert not data.run.verdict.valid
    assert data.run.notes[0].startswith("incomplete: ")
    assert "not compared with a reference" in data.run.notes[1]


def test_search_that_broke_off_has_rows_and_no_figures() -> None:
    """Requests at many rates are no one sample, so that nothing is reckoned from them together."""
    spec = made_spec()
    requests = made_requests(repeats=2, count=50)
    broken_off("a", replace(spec, load=replace(spec.load, kind=LoadKind.PEAK)), requests)

    data = open_run("a")

    assert len(data.requests) == 100
    assert data.run.summary.latency is None


def test_full_disk_is_what_the_run_says(home: Path) -> None:
    """A stream that found no room leaves word, which is shown with what was measured."""
    broken_off("a", made_spec(), made_requests(repeats=1, count=50))
    (home / "runs/a.partial/no-room").write_text("disk was full")

    assert open_run("a").run.notes[0] == "incomplete: disk was full"
    assert open_run(home / f"runs{os.sep}a").run.summary.sent == 50
