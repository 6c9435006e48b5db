"""`vedette bench run` when something breaks: disk, data, answers, processes. What was measured stays, and is named."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench_command import bench, command, printed
from ended_processes import PATIENCE_S, has_ended
from fakes import jpeg
from scarce import room_for
from servers import Behaviour, Call, answer, posts, serving

import vedette
from vedette.wiring.runs import open_run

SOURCES = Path(vedette.__file__).parent


def started(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("run", *words, "--format", "json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def picture(folder: Path) -> Path:
    """A small image, so that nothing but rows and samples needs room."""
    file = folder / "red.jpg"
    file.write_bytes(jpeg((250, 5, 5), 64, 48))
    return file


@contextmanager
def asked_often(times: int, **options) -> Iterator[tuple[str, threading.Event]]:
    """A server that answers at once, and an event that is set once it was asked so often."""
    reached = threading.Event()

    def behave(call: Call) -> bytes:
        if call.number >= times:
            reached.set()
        return answer(b"{}")

    with serving(behave, **options) as url:
        yield url, reached


def children_of(pid: int) -> dict[str, int]:
    """The generator and the monitor of a conductor, by name."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            if "vedette.wiring.children" in words:
                found[words[words.index("vedette.wiring.children") + 1]] = int(child)
    return found


@contextmanager
def struck(name: str, url: str, reached: threading.Event, *words: object) -> Iterator[tuple[subprocess.Popen, dict]]:
    """A run whose conductor, generator or monitor is killed in the middle, and the processes it had."""
    process = started(url, *words)
    try:
        assert reached.wait(PATIENCE_S)
        family = children_of(process.pid)
        os.kill(family.get(name, process.pid), signal.SIGKILL)
        yield process, family
    finally:
        process.kill()
        process.communicate()


# --- disk -------------------------------------------------------------------------------------------------------------


def test_a_file_that_may_not_grow_ends_the_run_and_what_fits_is_kept(home: Path, tmp_path: Path) -> None:
    """Some 47 bytes a request, a batch a second: what comes after 80 kB is refused, and the run is INVALID."""
    with room_for(80_000):
        ran = bench(
            *("run", "null:1ms", "--load", "constant", "--rate", 1000, "--duration", "30s"),
            *("--input", picture(tmp_path), "--monitor-hz", 0, "--format", "json"),
        )

    found = printed(ran)
    assert ran.returncode == 1
    assert "the largest size of a file was reached" in found["reasons"][0]
    assert found["p50_ms"] is not None
    kept = open_run(Path(found["folder"]))
    assert 0 < len(kept.requests) == found["requests"] < 2000


def test_a_disk_that_is_full_leaves_a_run_that_can_be_shown(tmp_path: Path) -> None:
    """Not even the tables have room at the end: the folder keeps its `.partial`, its rows, and the word about it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        ran = bench(
            *("run", "null:1ms", "--load", "constant", "--rate", 1000, "--duration", "30s"),
            *("--input", picture(tmp_path), "--monitor-hz", 10, "--output", disk / "run"),
        )
        shown = printed(bench("show", disk / "run", "--format", "json"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)

    assert ran.returncode == 3
    assert "disk was full" in ran.stderr
    assert "help:" in ran.stderr
    assert shown["verdict"] == "INVALID"
    assert "disk was full" in shown["reasons"][0]
    assert shown["requests"] >= 500
    assert shown["p50_ms"] is not None


# --- two runs at once -------------------------------------------------------------------------------------------------


def test_runs_at_once_have_folders_of_their_own_and_one_folder_takes_one_run(home: Path, tmp_path: Path) -> None:
    """Two with the same spec in the home folder are both whole; of two into one folder one is refused."""
    words = ("null", "--requests", 300, "--think", "5ms", "--input", picture(tmp_path), "--monitor-hz", 0)
    runs = [started(*words), started(*words)]
    rivals = [started(*words, "--output", tmp_path / "out") for _ in range(2)]
    told = [process.communicate(timeout=100) for process in (*runs, *rivals)]

    folders = [Path(json.loads(out)["folder"]) for out, _ in told[:2]]
    assert len(set(folders)) == 2
    assert all(len(open_run(folder).requests) == 300 for folder in folders)
    assert sorted(folder.name for folder in (home / "runs").iterdir()) == sorted(folder.name for folder in folders)
    codes = [process.returncode for process in rivals]
    assert 2 in codes
    refused = told[2 + codes.index(2)][1]
    assert "is there already" in refused
    assert "help:" in refused
    assert len(open_run(tmp_path / "out").requests) == 300


# --- data and answers -------------------------------------------------------------------------------------------------


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """A folder of two images and two files that are none, and `right.jsonl` beside it, which calls both red."""
    folder = tmp_path / "colours"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(jpeg((250, 5, 5), 64, 48))
    (folder / "b.jpg").write_bytes(b"\xff\xd8\xff no more")
    (folder / "c.png").write_bytes(b"")
    (folder / "d.jpg").write_bytes(jpeg((5, 250, 5), 64, 48))
    (tmp_path / "right.jsonl").write_bytes((RED + b"\n") * 2)
    return folder


RED = json.dumps([{"label": "red", "score": 0.9}]).encode()


def every(number: int, odd: Behaviour, usual: bytes) -> Behaviour:
    """The last of so many POSTs is answered otherwise."""
    count = iter(range(10**6))
    return posts(lambda call: odd(call) if next(count) % number == number - 1 else answer(usual))


def test_images_that_cannot_be_read_are_left_out_and_named(colours: Path, tmp_path: Path) -> None:
    """Two of four are sent; garbage among their answers is told apart from wrong ones, and makes the run INVALID."""
    with serving(every(4, lambda call: answer(b"<html>busy</html>"), RED)) as url:
        ran = bench(
            *("run", url, "--requests", 40, "--input", colours, "--reference", tmp_path / "right.jsonl"),
            *("--quality", "top1=0.5", "--monitor-hz", 0, "--format", "json"),
        )

    found = printed(ran)
    assert found["spec"]["inputs"]["count"] == 2
    left_out = [line for line in ran.stderr.splitlines() if line.startswith("left out:")]
    assert [Path(line.split(": ")[1]).name for line in left_out] == ["b.jpg", "c.png"]
    assert found["failures"] == {"garbage": 10}
    assert found["quality"]["shares"] == [["top1", 0.75]]
    assert found["verdict"] == "INVALID"
    assert any("10 garbage" in reason for reason in found["reasons"])
    assert open_run(Path(found["folder"])).requests.ok.sum() == 30


def test_a_server_that_hangs_now_and_then_has_timeouts_and_figures_of_the_rest(tmp_path: Path) -> None:
    """Every fifth answer does not come within 100 ms: those are failures by name, never left out of the count."""
    with serving(every(5, lambda call: threading.Event().wait(1.0) or answer(b"{}"), b"{}")) as url:
        found = printed(
            bench(
                *("run", url, "--requests", 20, "--timeout", "100ms", "--input", picture(tmp_path)),
                *("--monitor-hz", 0, "--format", "json"),
            )
        )

    assert found["failures"] == {"timeout": 4}
    assert found["requests"] == 20
    assert found["p50_ms"] < 100
    assert found["verdict"] == "INVALID"
    assert any("no answer within 0.1 s" in note for note in found["notes"])


def test_a_run_in_which_nothing_was_due_says_so(tmp_path: Path) -> None:
    """A duration that is over before the first request: INVALID, exit code 3, every figure absent with its reason."""
    ran = bench(
        *("run", "null", "--load", "poisson", "--rate", 1, "--duration", "1ms", "--input", picture(tmp_path)),
        *("--format", "json"),
    )

    found = printed(ran)
    assert ran.returncode == 3
    assert found["requests"] == 0
    assert "no request was sent" in found["reasons"][0]
    figures = [name for name in found if name.endswith("_ms") and name != "first_ten_ms"]
    assert figures
    assert all(found[name] is None and found["absent"][name] for name in figures)
    costed = bench("cost", found["run"], "--images", 10, "--accept-invalid")
    assert costed.returncode == 0, costed.stderr
    assert "gives no interval: no request was sent" in costed.stdout
    assert bench("show", found["run"]).returncode == 0


def test_too_few_requests_have_no_tail_and_no_price(tmp_path: Path) -> None:
    """20 requests: there is a median, the 99th percentile is absent; a device without a price is named."""
    found = printed(
        bench("run", "null", "--requests", 20, "--input", picture(tmp_path), "--monitor-hz", 0, "--format", "json")
    )
    costed = bench("cost", found["run"], "--images", 10, "--device", "abacus", "--accept-invalid")

    assert found["p50_ms"] is not None
    assert (found["p99_ms"], found["intervals"]["p99_ms"]) == (None, None)
    assert "662" in found["absent"]["p99_ms"]
    assert costed.returncode == 2
    assert "abacus" in costed.stderr
    assert "help:" in costed.stderr


# --- processes that are killed ----------------------------------------------------------------------------------------


def test_a_generator_that_is_killed_is_named_and_its_rows_are_kept(home: Path, tmp_path: Path) -> None:
    """Rows leave it once a second: those are there; the monitor's samples too; nothing runs on."""
    words = ("--load", "constant", "--rate", 100, "--duration", "60s", "--input", picture(tmp_path))
    with asked_often(250) as (url, reached), struck("generator", url, reached, *words) as (process, family):
        _, told = process.communicate(timeout=PATIENCE_S)
        assert all(has_ended(pid) for pid in family.values())

    (folder,) = (home / "runs").iterdir()
    assert process.returncode == 3
    assert "the generator process ended unasked (killed by SIGKILL)" in told
    assert str(folder) in told
    assert "Traceback" not in told
    shown = printed(bench("show", folder, "--format", "json"))
    assert shown["verdict"] == "INVALID"
    assert shown["requests"] >= 90
    kept = open_run(folder)
    assert kept.samples is not None
    assert len(kept.samples.at_ns) >= 5


def test_a_monitor_that_is_killed_is_missed_and_the_load_goes_on(tmp_path: Path) -> None:
    """Every request is sent; samples end early, and a note says so."""
    words = ("--load", "constant", "--rate", 100, "--requests", 400, "--input", picture(tmp_path))
    with asked_often(200) as (url, reached), struck("monitor", url, reached, *words) as (process, family):
        out, told = process.communicate(timeout=PATIENCE_S)
        assert all(has_ended(pid) for pid in family.values())

    found = json.loads(out)
    assert process.returncode in (0, 1), told
    assert (found["requests"], found["failed"]) == (400, 0)
    assert [note for note in found["notes"] if "monitor process ended unasked (killed by SIGKILL)" in note]
    kept = open_run(Path(found["folder"]))
    assert kept.samples is not None
    assert 0 < kept.samples.at_ns.max() < kept.requests.done.max()
    assert bench("show", found["run"]).returncode == 0


def test_the_children_of_a_conductor_that_is_killed_end_by_themselves(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of their stdin tells them; the rows until then can be read."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # nobody is left to remove what it kept there
    words = ("--load", "constant", "--rate", 100, "--duration", "60s", "--input", picture(tmp_path))
    with asked_often(250) as (url, reached), struck("conductor", url, reached, *words) as (process, family):
        assert set(family) == {"generator", "monitor"}
        assert has_ended(process.pid)
        assert all(has_ended(pid) for pid in family.values())

    (folder,) = (home / "runs").iterdir()
    assert folder.name.endswith(".partial")
    assert len(open_run(folder).requests) >= 90
    listed = bench("list")
    assert listed.returncode == 0
    assert folder.name.removesuffix(".partial") in listed.stdout


# --- the wall clock ---------------------------------------------------------------------------------------------------

WALL = {
    "time": {"time", "time_ns", "ctime", "localtime", "gmtime", "strftime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}


def wall_reads(source: str) -> list[str]:
    """Every place at which a text of Python names a reading of the wall clock."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in WALL.get(owner, ()) or node.attr in {"CLOCK_REALTIME", "wall"}:
                found.append(f"{owner}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [f"time.{name.name}" for name in node.names if name.name in WALL["time"]]
    return found


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "from time import time_ns",
        "import datetime\ndatetime.datetime.now()",
        "clock.wall()",
    ],
)
def test_the_search_for_readings_of_the_wall_clock_finds_them(text: str) -> None:
    """As they are usually written; a monotonic clock is none."""
    assert wall_reads(text)
    assert not wall_reads("import time\ntime.perf_counter_ns()\nclock.now_ns()\nload.wall_s")


def test_no_figure_knows_the_wall_clock() -> None:
    """A step of the wall clock changes the label of a run, a profile or a plan, and no figure: only those ask for it.

    Beside them the live repository does, which compares it with the times of files.
    """
    rooms = (
        *(SOURCES / "flows").rglob("*.py"),
        *(SOURCES / "rules").rglob("*.py"),
        *(SOURCES / "values").rglob("*.py"),
        *(
            file
            for name in ("targets", "probes", "processes", "referees", "store")
            for file in (SOURCES / "adapters" / name).rglob("*.py")
        ),
        *(SOURCES / "wiring").rglob("*.py"),
    )

    readers = {str(file.relative_to(SOURCES)) for file in rooms if wall_reads(file.read_text(encoding="utf-8"))}
    assert len(rooms) > 100
    assert wall_reads((SOURCES / "clock.py").read_text(encoding="utf-8"))
    labels = {"wiring/bench.py", "wiring/profile.py", "wiring/plan_rate.py", "wiring/plan_refresh.py"}
    labels |= {"flows/planning/planner.py", "flows/planning/verify.py", "flows/planning/verify_turns.py"}
    assert readers == {*labels, "flows/inference/repository.py"}
