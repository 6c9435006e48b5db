"""Runs that are kept in a folder: found, listed, read."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from made_runs import made_environment, made_requests, made_run, made_spec

from vedette.adapters.store.request_table import RequestStream
from vedette.adapters.store.run_document import spec_hash
from vedette.adapters.store.run_folder import SAMPLES_LOG
from vedette.adapters.store.runs import RunsFolder, new_run_id
from vedette.adapters.store.samples_log import SampleWriter
from vedette.errors import InvalidError, NotFoundError
from vedette.rules.bench.unfinished import FINISHED, unfinished
from vedette.values.reading import Feature, Pace, Reckoning
from vedette.values.requests import Requests
from vedette.values.run import RunData
from vedette.values.trial import Introduction, Scope


def kept(root: Path, *ids: str, hour: int = 3) -> RunsFolder:
    """A folder with finished runs that began an hour after each other."""
    runs = RunsFolder(root)
    for number, run_id in enumerate(ids):
        data = made_run(id=run_id, repeats=1, count=20)
        started = f"2026-01-02T{hour + number:02}:04:05+00:00"
        runs.create(run_id).finish(replace(data, run=replace(data.run, started=started)))
    return runs


def begun(runs: RunsFolder, run_id: str) -> Path:
    """A run that broke off after 40 requests; its folder."""
    folder = runs.create(run_id)
    folder.begin(
        unfinished(run_id, "2026-01-03T00:00:00+00:00", made_spec(), made_environment(), Introduction(Scope.IMAGE))
    )
    stream = RequestStream(folder.stream)
    stream.append(made_requests(repeats=1, count=40))
    stream.close()
    return folder.path


def test_run_comes_back_with_its_tables(tmp_path: Path) -> None:
    """Document, requests and samples are equal to what was stored."""
    data = made_run(id="a", failed=2, warm_up=3)
    runs = RunsFolder(tmp_path)
    runs.create("a").finish(data)

    back = runs.open("a")

    assert back.run == data.run
    for field in fields(Requests):
        np.testing.assert_array_equal(getattr(back.requests, field.name), getattr(data.requests, field.name))
    _assert_same_samples(back, data)


def _assert_same_samples(one: RunData, other: RunData) -> None:
    assert one.samples is not None
    assert other.samples is not None
    np.testing.assert_array_equal(one.samples.at_ns, other.samples.at_ns)
    assert one.samples.features == other.samples.features
    for name, column in other.samples.columns.items():
        np.testing.assert_array_equal(one.samples.columns[name], column)


def test_run_is_found_by_id_start_folder_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id, the start of one that no other shares, a folder and its run.json all name a run."""
    runs = kept(tmp_path / "runs", "20260102-a", "20260103-b")
    elsewhere = runs.create("c", tmp_path / "out").finish(made_run(id="c", repeats=1, count=20))
    monkeypatch.chdir(tmp_path)

    names = ("20260102-a", "20260102", tmp_path / "runs/20260102-a", str(tmp_path / "runs/20260102-a/run.json"))
    assert {runs.open(name).run.id for name in names} == {"20260102-a"}
    assert {runs.open(name).run.id for name in (elsewhere, "out", "./out")} == {"c"}


def test_whole_id_wins_over_the_start_of_another(tmp_path: Path) -> None:
    """`a` names the run a although a-2 begins with it."""
    runs = kept(tmp_path, "a")
    runs.create("a").finish(made_run(id="a-2", repeats=1, count=20))

    assert runs.open("a").run.id == "a"


def test_last_is_the_newest_finished_run(tmp_path: Path) -> None:
    """`last` goes by the time at which runs began, and passes over those that broke off."""
    runs = kept(tmp_path, "z", "m", "a")
    begun(runs, "later")

    assert runs.open("last").run.id == "a"


@pytest.mark.parametrize(
    ("name", "message", "step"),
    [
        ("2026", "2 runs begin with 2026", "20260102-a, 20260103-b"),
        ("20260102-x", "no run in .* is named '20260102-x'", "did you mean 20260102-a"),
        ("x", "no run in .* is named 'x'", "20260102-a or 20260103-b"),
        ("", "no run in .* is named ''", "vedette bench list"),
        ("x" * 5000, "no run in .* is named 'x", "vedette bench list"),
        ("/" + "x" * 5000, "is no folder of a run", "vedette bench list"),
        ("a\0b", "no run in .* is named", "vedette bench list"),
        ("./a\0b", "is no folder of a run", "vedette bench list"),
        ("./nowhere", "nowhere is no folder of a run", "vedette bench list"),
        ("..", "is no folder of a run", "vedette bench list"),
    ],
)
def test_name_that_fits_no_run_is_told_what_is_near(tmp_path: Path, name: str, message: str, step: str) -> None:
    """An unknown name lists the nearest ids; one that fits several lists them."""
    runs = kept(tmp_path / "runs", "20260102-a", "20260103-b")

    with pytest.raises(NotFoundError, match=message) as caught:
        runs.open(name)
    assert step in caught.value.help


def test_empty_home_says_how_to_measure(tmp_path: Path) -> None:
    """Without a run there is no list, and the next step is to make one."""
    runs = RunsFolder(tmp_path / "none")

    assert runs.all() == []
    for name in ("last", "a"):
        with pytest.raises(NotFoundError) as caught:
            runs.open(name)
        assert "vedette bench run" in caught.value.help


def test_run_that_broke_off_can_be_read(tmp_path: Path) -> None:
    """What was measured is there; the run is INVALID, and its note says why."""
    runs = RunsFolder(tmp_path)
    begun(runs, "a")

    data = runs.open("a")

    assert len(data.requests) == 40
    assert data.samples is None
    assert data.run.spec == made_spec()
    assert [check.name for check in data.run.verdict.checks] == [FINISHED]
    assert data.run.notes == ("incomplete: it was interrupted, or is still going on",)


def test_samples_of_a_run_that_broke_off_are_read(tmp_path: Path) -> None:
    """What the monitor appended until then is there."""
    runs = RunsFolder(tmp_path)
    log = SampleWriter(begun(runs, "a") / SAMPLES_LOG)
    log.columns(Pace.FAST, [Feature("system.load", "1", "/proc/loadavg", "load", Pace.FAST, Reckoning.GAUGE)])
    log.row(Pace.FAST, 5, 1, [0.5])
    log.row(Pace.FAST, 6, 1, [0.75])
    log.flush()
    log.close()

    samples = runs.open("a").samples

    assert samples is not None
    assert samples.columns["system.load"].tolist() == [0.5, 0.75]


def test_torn_stream_of_a_broken_run_is_read_to_its_last_batch(tmp_path: Path) -> None:
    """Bytes of a batch that was being written do not hide those before."""
    runs = RunsFolder(tmp_path)
    stream = begun(runs, "a") / "requests.arrows"
    with stream.open("ab") as file:
        file.write(b"\xff\xff\xff\xff\x10\x01\0\0 torn")

    assert len(runs.open("a").requests) == 40


def test_list_is_in_order_and_tells_what_it_cannot_read(tmp_path: Path) -> None:
    """Runs are listed from the oldest; a damaged one is named with the reason, other folders are not runs."""
    runs = kept(tmp_path, "b", "a")
    begun(runs, "c")
    (tmp_path / "a/requests.parquet").unlink()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/run.json").write_text("{")
    (tmp_path / "dead.partial").mkdir()
    (tmp_path / "notes").mkdir()

    heads = runs.all()

    assert [(head.id, head.finished) for head in heads] == [
        ("bad", True),
        ("dead", False),
        ("b", True),
        ("a", True),
        ("c", False),
    ]
    assert "is not JSON" in heads[0].problem
    assert "broke off before it began" in heads[1].problem
    assert [head.run.id for head in heads if head.run] == ["b", "a", "c"]


def test_damaged_files_are_named(tmp_path: Path) -> None:
    """A file of a run that cannot be read is an error that names it."""
    runs = kept(tmp_path, "a")
    document = tmp_path / "a/run.json"

    (tmp_path / "a/samples.parquet").write_bytes(b"PAR1")
    with pytest.raises(InvalidError, match=r"samples\.parquet"):
        runs.open("a")
    document.write_text(json.dumps(json.loads(document.read_text()) | {"order": ["x"]}))
    with pytest.raises(InvalidError, match=r"run\.json: order\[0\]: a whole number is expected"):
        runs.open("a")
    document.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidError, match="is not UTF-8 text"):
        runs.open("a")
    document.unlink()
    document.mkdir()
    with pytest.raises(InvalidError, match="cannot be read"):
        runs.open("a")


def test_id_is_time_in_utc_and_hash() -> None:
    """The id is made of the time in UTC, wherever the clock's zone, and of the spec."""
    spec = made_spec()
    east = timezone(timedelta(hours=2))

    expected = f"20260102-030405-{spec_hash(spec)[:8]}"
    assert new_run_id(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), spec) == expected
    assert new_run_id(datetime(2026, 1, 2, 5, 4, 5, tzinfo=east), spec) == expected
