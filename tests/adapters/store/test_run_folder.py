"""The folder of a run while it is made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from made_runs import made_environment, made_requests, made_run, made_spec
from scarce import room_for

from vedette.adapters.store.request_table import RequestStream
from vedette.adapters.store.runs import RunsFolder
from vedette.errors import ConflictError, ExhaustedError, UnavailableError
from vedette.rules.bench.unfinished import unfinished
from vedette.values.trial import Introduction, Scope

DATA = made_run(id="a")
DRAFT = unfinished("a", "2026-01-02T03:04:05+00:00", made_spec(), made_environment(), Introduction(Scope.IMAGE))


def test_folder_appears_whole(tmp_path: Path) -> None:
    """The run's own name exists only when everything is in it, and what was needed meanwhile is gone."""
    runs = RunsFolder(tmp_path)
    folder = runs.create("a")
    folder.begin(DRAFT)
    stream = RequestStream(folder.stream)
    stream.append(DATA.requests)
    stream.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.partial"]

    made = folder.finish(DATA)

    assert made == tmp_path / "a"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
    assert sorted(entry.name for entry in made.iterdir()) == ["requests.parquet", "run.json", "samples.parquet"]


def test_run_without_a_monitor_has_no_samples(tmp_path: Path) -> None:
    """Samples that were not taken are no file."""
    made = RunsFolder(tmp_path).create("a").finish(made_run(monitored=False))

    assert sorted(entry.name for entry in made.iterdir()) == ["requests.parquet", "run.json"]


def test_taken_ids_get_a_number(tmp_path: Path) -> None:
    """Two runs of the same second and spec have folders of their own, also when the first is finished."""
    runs = RunsFolder(tmp_path)
    first = runs.create("a")
    second = runs.create("a")
    first.finish(DATA)
    third = runs.create("a")

    assert [one.id for one in (first, second, third)] == ["a", "a-2", "a-3"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "a-2.partial", "a-3.partial"]


def test_many_at_once_never_share_a_folder(tmp_path: Path) -> None:
    """Whoever comes at the same time gets another folder."""
    runs = RunsFolder(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: runs.create("a"), range(40)))

    assert len({folder.path for folder in folders}) == 40


def test_output_may_be_new_or_empty(tmp_path: Path) -> None:
    """A run can be put into a folder that the user names, if nothing is in it."""
    (tmp_path / "empty").mkdir()
    runs = RunsFolder(tmp_path / "home")

    for name in ("new", "empty", "deep/er"):
        made = runs.create("a", tmp_path / name).finish(DATA)
        assert made == tmp_path / name
        assert runs.open(made).run == DATA.run
    assert not (tmp_path / "home").exists()


def test_output_that_holds_something_is_refused(tmp_path: Path) -> None:
    """A folder with files, a file, and a run that is going on are not written over."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").touch()
    (tmp_path / "file").touch()
    runs = RunsFolder(tmp_path / "home")
    runs.create("a", tmp_path / "busy")

    with pytest.raises(ConflictError, match="full is there already"):
        runs.create("a", tmp_path / "full")
    with pytest.raises(ConflictError, match="file is there already"):
        runs.create("a", tmp_path / "file")
    with pytest.raises(ConflictError, match=r"busy\.partial is there already"):
        runs.create("a", tmp_path / "busy")
    with pytest.raises((ConflictError, UnavailableError), match=r"is no folder|Not a directory"):
        runs.create("a", tmp_path / "file/inside")


def test_place_taken_meanwhile_costs_nothing(tmp_path: Path) -> None:
    """If something lies where the run should go in the end, the run stays whole under its first name."""
    runs = RunsFolder(tmp_path / "home")
    folder = runs.create("a", tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").touch()

    with pytest.raises(ConflictError, match=r"the run is in .*out\.partial"):
        folder.finish(DATA)
    assert len(runs.open(tmp_path / "out.partial").requests) == len(DATA.requests)


def test_full_disk_at_the_end_keeps_what_was_measured(tmp_path: Path) -> None:
    """Where the tables find no room, the stream stays and the run is shown as incomplete, with the reason."""
    runs = RunsFolder(tmp_path)
    folder = runs.create("a")
    folder.begin(DRAFT)
    stream = RequestStream(folder.stream)
    stream.append(made_requests(repeats=1, count=20))
    stream.close()
    with room_for(5_000), pytest.raises(ExhaustedError, match=r"requests\.parquet cannot be written"):
        folder.finish(DATA)

    data = runs.open("a")
    assert len(data.requests) == 20
    assert not data.run.verdict.valid
    assert data.run.notes == ("incomplete: the largest size of a file was reached",)
